"""Tiers: ladders that members climb by what they do, and what standing on them is worth (semantics 6.6)."""
