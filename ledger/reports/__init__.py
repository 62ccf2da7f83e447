"""Reports: what the whole book says when it is read from end to end."""
