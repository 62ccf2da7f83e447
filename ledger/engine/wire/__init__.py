"""How batches speak to PostgreSQL: their statements in pipelines, their rows in its binary form."""
