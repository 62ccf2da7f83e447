"""`python -m benchmarks`. Its processes that generate load import this module again, so it imports nothing early."""

import sys

if __name__ == "__main__":
    from benchmarks.command_line import main

    sys.exit(main())
