"""What the ledger and its libraries log while a command runs that is not there to stay."""

import logging
import sys

import structlog


def log_beside_answers() -> None:
    """Log on standard error, as standard output is the answer's, perhaps JSON.

    The driver's pool tells each connection that it misses with a traceback; the command says itself how it ended.
    """
    logging.getLogger("asyncpg").addHandler(logging.NullHandler())
    structlog.configure(logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr))
