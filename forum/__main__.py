"""`python -m forum` is the command `forum`."""

import sys

from forum.cli import main

if __name__ == "__main__":
    sys.exit(main())
