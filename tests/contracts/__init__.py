"""House rules and snapshots: what a linter does not check and what must not change unnoticed."""
