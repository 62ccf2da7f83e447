"""The HTTP face of Scrip: endpoint, document store, credentials, limits, health, metrics and logs.

It is given the schema and whatever looks credentials up; of the ledger it knows what a lost database looks like.
"""
