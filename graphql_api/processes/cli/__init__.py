"""The command line `scrip`: one small module per command or group of commands.

Exit codes: 0 done, 1 differences found or refused, 2 wrong usage or configuration, 3 an error in Scrip itself,
130 ended by Ctrl-C or SIGTERM before it was done; `run`, `serve` and `worker` are done when they are stopped.
"""

import signal
import sys


def main() -> None:
    """Run the command line and exit."""
    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt is signal.default_int_handler:
        # What reports failures is not there yet: Ctrl-C ends the process without an account of its imports.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from graphql_api.processes.memory import relax_collector

    relax_collector()
    from graphql_api.processes.cli.failure import report_failures
    from graphql_api.processes.cli.output import outlive_readers, stand_in_for_closed_streams, written_to_the_end

    stand_in_for_closed_streams()
    outlive_readers()
    signal.signal(signal.SIGINT, interrupt)
    with report_failures(), written_to_the_end():
        from graphql_api.processes.cli.commands import app

        app(prog_name="scrip")
    sys.exit(0)
