"""``python -m kmc`` is the ``kmc`` command."""

import sys

from kmc.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
