"""Members: enrolled, frozen, unfrozen, erased; known by the bank's own external id. Closing needs points and vouchers and
stands with the latter.
"""
