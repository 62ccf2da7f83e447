"""The demo: a year of real retail baskets and coupon redemptions, read as events in time order."""
