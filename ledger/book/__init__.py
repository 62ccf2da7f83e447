"""The kernel: what the book is made of, as pure values and functions. No I/O, no clock, no feature."""
