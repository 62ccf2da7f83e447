"""Tests mirror the source; contracts/ holds the house rules and snapshots."""
