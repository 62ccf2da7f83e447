"""`python -m graphql_api.processes.cli`, which is how `scrip run` starts its children."""

from graphql_api.processes.cli import main

main()
