"""Importing a file of enrolments, opening balances, earns, spends and activities; docs/reference/import-format.md is
the format.
"""
