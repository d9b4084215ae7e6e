"""`python -m vigie`: the command line."""

import sys

from vigie.runtime.cli import main

if __name__ == "__main__":
    sys.exit(main())
