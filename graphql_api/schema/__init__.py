"""The GraphQL schema: one file per noun, with its types, queries and mutations. It knows no process and no transport."""
