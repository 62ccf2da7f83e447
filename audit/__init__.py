"""The audit trail: records of what happened, sealed and appended in the transaction they describe."""
