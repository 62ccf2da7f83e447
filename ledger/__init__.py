"""The book and its features: pure nouns, commands that decide, and the one write path."""
