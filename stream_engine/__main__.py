"""`python -m stream_engine serve | animate`."""

import sys

from stream_engine.cli import main

if __name__ == "__main__":
    sys.exit(main())
