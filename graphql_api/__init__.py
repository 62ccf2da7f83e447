"""The outermost room: GraphQL schema, HTTP endpoint, processes and the composition root."""
