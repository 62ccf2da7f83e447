"""Vouchers: templates, codes, issue, claim, gift, void, expiry; validation, locks and redemption at the counter."""
