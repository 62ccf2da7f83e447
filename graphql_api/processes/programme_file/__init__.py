"""A programme as a file: read strictly, compared with the database, and applied step by step."""
