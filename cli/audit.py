"""The verb ``audit``: who did what, and whether the log is as it was written."""

import argparse
import time

from cli.arguments import Verb, count, json_file
from cli.output import deliver, table


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--last", type=count, metavar="N", help="list the newest N records only")
    verb.add_argument("--who", metavar="NAME", help="list what this account did only")
    json_file(verb)


def run(options: argparse.Namespace) -> int:
    """Check the whole log, then list it."""
    from people import audit

    records = audit.records()
    chosen = [one for one in records if options.who in (None, one.who)][-(options.last or 0) :]
    rows = [
        {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(one.at)), "who": one.who or "this machine",
         "from": one.address, "action": one.action, "what": one.subject, "detail": one.detail}
        for one in chosen
    ]  # fmt: skip
    deliver(rows, options.json, f"{table(rows)}\n{len(records)} records, each follows from the one before\n"
            f"  SHA-256 of the last: {audit.head(records)}")  # fmt: skip
    return 0


VERB = Verb(
    "audit",
    "check and list the log of who did what",
    "Ends with 2 and a sentence where the log was changed or cut. Keep the SHA-256 that it prints apart from this "
    "machine: whoever rewrites the log and the file of accounts alike changes it.",
    "audit --last 20",
    _arguments,
    run,
)
