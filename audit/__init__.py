"""The audit log: what happened, recorded in the transaction that made it happen. It never imports the ledger."""
