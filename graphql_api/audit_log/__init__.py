"""The audit log as the product uses it: its keys, who reads it, what leaves it, and how it is compared with the ledger."""
