"""The verb ``app``: the web app's server."""

import argparse
import os
import socket
import sys

from cli import ROOT
from cli.arguments import Verb
from core.errors import InputError
from core.hosts import LOOPBACK, host_of


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--port", type=int, default=8501, help="port to listen on (default 8501)")
    verb.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    verb.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME",
        help="name by which browsers may call the server; needed with an address that other machines reach",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Become the web app's server."""
    names = [host_of(name) or _refused(name) for name in options.allow_host]
    if options.host not in LOOPBACK and not names:
        raise InputError(
            f"--host {options.host} lets other machines in, and there is no sign-in, so that whoever reaches it sees "
            "every clip; if that is meant, name with --allow-host what browsers will call it"
        )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except (OSError, OverflowError) as error:
            raise InputError(
                f"the app cannot listen on {options.host}:{options.port} ({error}); choose another --port or --host"
            ) from error
    print(f"Whycam: http://{options.host}:{options.port}  (Ctrl-C ends it)", flush=True)
    server = {"server.address": options.host, "server.port": options.port}
    flags = [f"--{name}={value}" for name, value in server.items()]
    flags += [f"--server.allowedHosts={name}" for name in (*LOOPBACK, *names)] if names else []
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", "server.py", *flags])


def _refused(name: str) -> str:
    raise InputError(f"--allow-host takes a name or an address without a port, got {name!r}")


VERB = Verb(
    "app",
    "start the web app and print its address",
    "Upload a clip, choose its camera, read the report. The page is reachable from this machine alone, unless "
    "--host says otherwise.",
    "app --port 8600",
    _arguments,
    run,
)
