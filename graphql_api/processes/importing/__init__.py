"""Importing a file of enrolments, opening balances, earns and spends; docs/reference/import-format.md is the format."""
