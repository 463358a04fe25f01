"""Serves Stream Engine; the same as `python -m stream_engine serve`."""

import sys

from stream_engine.cli import serve_main

if __name__ == "__main__":
    sys.exit(serve_main())
