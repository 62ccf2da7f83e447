"""Activities and campaigns: what members do, which rules look at it, and what they award (semantics 6)."""
