"""The verb ``app``: the web app's server."""

import argparse
import os
import secrets
import sys
from pathlib import Path

from cli import ROOT
from cli._listening import address_of, encryption, see_that_the_port_is_free
from cli.arguments import Verb
from core.errors import InputError
from core.hosts import LOOPBACK, host_of
from people.exposure import Exposure, checked

TOKEN_BYTES = 24


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--port", type=int, default=8501, help="port to listen on (default 8501)")
    verb.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    verb.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME",
        help="name by which browsers may call the server; needed with an address that other machines reach",
    )  # fmt: skip
    verb.add_argument("--token", action="store_true", help="print an address with a token, and answer nobody without "
                      "it: for a machine that several people use")  # fmt: skip
    verb.add_argument("--sign-in", action="store_true", help="ask for an account on this machine, too")
    verb.add_argument("--certificate", type=Path, metavar="FILE", help="certificate (PEM) to encrypt with")
    verb.add_argument("--key", type=Path, metavar="FILE", help="private key of the certificate (PEM)")
    verb.add_argument("--behind-proxy", metavar="NAME", default="", help="name by which browsers call the proxy that "
                      "encrypts, and that passes on X-Forwarded-For and X-Forwarded-Proto")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Bring the user's folder in order, and become the web app's server."""
    from pipeline.tidy import tidy

    proxy = _name("--behind-proxy", options.behind_proxy) if options.behind_proxy else ""
    names = [*(_name("--allow-host", name) for name in options.allow_host), *([proxy] if proxy else [])]
    if options.host not in LOOPBACK and not names:
        raise InputError(
            f"--host {options.host} lets other machines in; name with --allow-host what their browsers will call it"
        )
    encrypted = encryption(options)
    token = secrets.token_urlsafe(TOKEN_BYTES) if options.token else ""
    exposure = checked(Exposure(options.sign_in, token, proxy, bool(encrypted)), options.host, names)
    see_that_the_port_is_free(options.host, options.port)
    for sentence in tidy():
        print(f"whycam: note: {sentence}", file=sys.stderr)
    print(f"Whycam: {address_of(options, exposure)}  (Ctrl-C ends it)", flush=True)
    server = {"server.address": options.host, "server.port": options.port, **encrypted}
    flags = [f"--{name}={value}" for name, value in server.items()]
    flags += [f"--server.allowedHosts={name}" for name in (*LOOPBACK, *names)] if names else []
    if exposure != Exposure():
        os.environ.update(exposure.handed_over())
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", "server.py", *flags])


def _name(option: str, name: str) -> str:
    host = host_of(name)
    if not host:
        raise InputError(f"{option} takes a name or an address without a port, got {name!r}")
    return host


VERB = Verb(
    "app",
    "start the web app and print its address",
    "Upload a clip, choose its camera, read the report. The page is reachable from this machine alone, unless "
    "--host says otherwise; then it needs accounts ('./whycam users') and a certificate, or a proxy that has one.",
    "app --port 8600",
    _arguments,
    run,
)
