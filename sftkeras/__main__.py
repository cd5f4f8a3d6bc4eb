"""`python -m sftkeras`: see `sftkeras.cli`."""

import sys

from sftkeras.cli import main

if __name__ == "__main__":
    sys.exit(main())
