"""The verb ``setup`` of the command line."""

from pathlib import Path
from typing import Any

from core._arguments import verb


def describe_setup(verbs: Any) -> None:
    """Describe it."""
    more = (
        "The launcher has set up everything else by then. Without an option it says which official models are here. "
        "Without a network the compact models that come with Whycam answer until the official ones were carried over."
    )
    made = verb(verbs, "setup", "get the official object and action models", more, "setup --models")
    made.add_argument("--models", action="store_true", help="fetch the official weights that are not here yet, some "
                      "300 MB; a download that breaks off goes on where it stopped")  # fmt: skip
    made.add_argument("--from", dest="source", type=Path, metavar="DIR",
                      help="take weights that were carried over in this folder; they are checked first")  # fmt: skip
