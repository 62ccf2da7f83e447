"""Partners, their merchants and the merchants' API keys."""
