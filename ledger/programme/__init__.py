"""A programme: its assets, expiry policies, rates, periods, time zone and clock."""
