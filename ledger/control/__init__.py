"""Maker and checker: what one person asks for and another decides (semantics 9.1)."""
