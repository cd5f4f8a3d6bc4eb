"""`python -m sftkeras`: see `sftkeras.commands.main`."""

import sys

from sftkeras.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
