"""The ledger: a double-entry book of lots, and the features that command it.

A newcomer reads `book/`, then `engine/`, then the features in the order of docs/architecture.md.
"""
