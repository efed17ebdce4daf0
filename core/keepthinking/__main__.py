"""`python -m keepthinking` is the same program as `keepthinking`."""

import sys

from keepthinking._console import main

if __name__ == "__main__":
    sys.exit(main())
