"""``python -m cli``, which the launcher ``whycam`` becomes."""

import sys

from cli.main import main

if __name__ == "__main__":
    sys.exit(main())
