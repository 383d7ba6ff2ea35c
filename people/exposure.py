"""From where the web app can be reached, and what it asks for then: nothing, the token of its address, or a sign-in.

Beyond this machine it starts only with a sign-in, and only encrypted: by a certificate of its own, or behind a proxy
that has one. The command line checks that before it starts the server, and the server checks it again.
"""

import json
import os
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core import typed_json
from core.errors import InputError
from core.hosts import LOOPBACK
from people import accounts

VARIABLE = "WHYCAM_APP"
SECRETS = (Path(__file__).resolve().parent.parent / ".streamlit" / "secrets.toml", Path("~/.streamlit/secrets.toml"))
"""Where Streamlit looks for an identity provider."""


@dataclass(frozen=True)
class Exposure:
    """How the app is started.

    Attributes:
        sign_in: whether an account is needed on this machine, too.
        token: that the first visit's address must have; empty for none.
        proxy: name by which browsers call the proxy before the app; empty where there is none.
        encrypted: whether browsers reach it by https.
    """

    sign_in: bool = False
    token: str = ""
    proxy: str = ""
    encrypted: bool = False

    def handed_over(self) -> dict[str, str]:
        """Return the environment variable that tells the server of it."""
        return {VARIABLE: json.dumps(asdict(self))}


def taken_over() -> Exposure:
    """Return how the command line started the server, and hide that from what the server starts.

    Raises:
        InputError: the variable holds something else.
    """
    told = os.environ.get("WHYCAM_APP")
    os.environ.pop(VARIABLE, None)
    return typed_json.load(Exposure, told, f"the variable {VARIABLE}") if told else Exposure()


def checked(asked: Exposure, address: str, names: Sequence[str]) -> Exposure:
    """Return how the app may be started.

    Args:
        asked: how it is to be started.
        address: on which it listens.
        names: by which browsers may call it, beside the proxy's.

    Raises:
        InputError: other machines can reach it, and there is no sign-in or no encryption.
    """
    beyond = [name for name in (address, *names, asked.proxy) if name and name not in LOOPBACK]
    if not beyond:
        return asked if not asked.sign_in else _with_sign_in(asked, "--sign-in")
    found = _with_sign_in(asked, f"{beyond[0]!r} lets other machines in, which")
    if not (asked.encrypted or asked.proxy):
        raise InputError(
            f"{beyond[0]!r} lets other machines in, and passwords and pictures would cross the network as they are; "
            "give --certificate and --key, or name with --behind-proxy the proxy that encrypts"
        )
    return found


def provider_configured() -> bool:
    """Tell whether Streamlit's secrets name an identity provider.

    Raises:
        InputError: they cannot be read.
    """
    for path in (one.expanduser() for one in SECRETS):
        try:
            if "auth" in tomllib.loads(path.read_text(encoding="utf-8")):
                return True
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise InputError(f"the file of secrets, {path}, cannot be read: {error}") from error
    return False


def _with_sign_in(asked: Exposure, why: str) -> Exposure:
    known = accounts.accounts()
    if not any(one.hash for one in known) and not (known and provider_configured()):
        raise InputError(
            f"{why} needs a sign-in, and nobody could sign in; './whycam users add NAME' makes an account, and "
            "docs/people.md says how an identity provider is used"
        )
    return Exposure(True, "", asked.proxy, asked.encrypted or bool(asked.proxy))
