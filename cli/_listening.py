"""Where the web app listens, and how it is encrypted."""

import argparse
import socket
from pathlib import Path

from core.errors import InputError
from people.exposure import Exposure


def encryption(options: argparse.Namespace) -> dict[str, Path]:
    """Return Streamlit's settings of certificate and key; raises an ``InputError`` where one of them is missing."""
    files = {"server.sslCertFile": options.certificate, "server.sslKeyFile": options.key}
    if not any(files.values()):
        return {}
    for option, path in zip(("--certificate", "--key"), files.values(), strict=True):
        if path is None or not path.is_file():
            raise InputError(f"{option} must name a file in PEM format, got {str(path) if path else 'nothing'}; "
                             "a certificate needs its key, and a key its certificate")  # fmt: skip
    return {name: path.resolve() for name, path in files.items()}


def see_that_the_port_is_free(host: str, port: int) -> None:
    """Raise an ``InputError`` where the port cannot be listened on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise InputError(
                f"the app cannot listen on {host}:{port} ({error}); choose another --port or --host"
            ) from error


def address_of(options: argparse.Namespace, exposure: Exposure) -> str:
    """Return the address to open; behind a proxy, the proxy's."""
    if exposure.proxy:
        return f"https://{exposure.proxy}"
    host = f"[{options.host}]" if ":" in options.host else options.host
    place = f"{'https' if exposure.encrypted else 'http'}://{host}:{options.port}"
    return f"{place}/?token={exposure.token}" if exposure.token else place
