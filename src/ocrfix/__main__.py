"""`python -m ocrfix` is the command `ocrfix`."""

import sys

from ocrfix.cli import main

if __name__ == "__main__":
    sys.exit(main())
