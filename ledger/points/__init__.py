"""Points: earn, spend, hold, transfer, adjust, reverse, refund, expire, forecast (semantics 4)."""
