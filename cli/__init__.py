"""The command line: ``./whycam VERB``. One module for each family of verbs; it alone reads arguments with argparse."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
