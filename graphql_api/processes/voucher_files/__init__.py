"""Files of vouchers: members who receive one, and partners' own codes."""
