"""What an operator starts: the API, the worker, the command line and the embedded database."""
