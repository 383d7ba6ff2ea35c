"""Starts processes that decode: it has loaded the decoder, and makes a copy of itself in some milliseconds.

``python -m core._cage_server`` talks to its parent over the socket that is its standard input, and ends with it.
"""

import importlib
import os
import pkgutil
import signal
import socket
from typing import NoReturn

import av
import numpy.lib
import numpy.ma

from core import _confine
from core._cage_child import serve
from core._medium import Handed
from core._wire import Link, Message


def main() -> None:
    """Start a process for each clip that the parent hands over, and tell how each ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _load()
    alone = _confine.leave_network()
    link = Link(socket.socket(fileno=0), takes=True)
    link.send({"ready": True})
    while True:
        try:
            asked = link.receive()
        except EOFError:
            return
        if "wait" in asked:
            _, status, used = os.wait4(asked["wait"], 0)
            link.send({"status": status, "peak": used.ru_maxrss})
            continue
        end, file = link.files
        link.files.clear()
        child = os.fork()
        if child == 0:
            link.close()
            _become(Link(socket.socket(fileno=end), takes=True), Handed(file, asked["name"]), asked, alone)
        os.close(end)
        os.close(file)
        link.send({"pid": child})


def _load() -> None:
    """Load what PyAV and NumPy load at first use: there are no files to load it from later."""
    for package in (av, numpy.lib, numpy.ma):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "tests" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def _become(link: Link, file: Handed, asked: Message, alone: bool) -> NoReturn:
    """Serve one clip in a new process, and end it without looking back."""
    code = 1
    try:
        serve(link, file, asked, alone)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
