"""The HTTP face of Scrip: endpoint, document store, credentials, limits, health, metrics and logs.

Nothing here knows a noun of the ledger; the schema is passed in by graphql_api.bootstrap.
"""
