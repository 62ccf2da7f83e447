"""How the database comes to its present shape, and the committed dump of that shape."""
