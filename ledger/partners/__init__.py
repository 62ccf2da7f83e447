"""Partners, their merchants, and the merchants' terminals and API keys."""
