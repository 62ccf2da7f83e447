"""Members: enrolled, frozen, unfrozen; known by the bank's own external id. Closing needs points and stands there."""
