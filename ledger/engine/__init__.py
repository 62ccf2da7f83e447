"""The write path: one funnel for every command that moves value. It knows the book and names no feature."""
