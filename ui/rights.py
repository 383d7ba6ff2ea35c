"""What the one who asks may not do is shown, but cannot be pressed, with the reason as its help.

The rule is that of :mod:`people.policy`, which refuses it at the object in any case.
"""

from typing import Any

import streamlit as st

from people import policy
from ui.formatting import capital


def needs(action: str, owner: str = "", *, disabled: bool = False, help: str | None = None) -> dict[str, Any]:
    """Return the arguments ``disabled`` and ``help`` of a widget that does something.

    Args:
        action: of :data:`people.policy.NEEDS`.
        owner: account whose object it is, where its owner may do it, too.
        disabled: whether it cannot be used now, whoever asks.
        help: of the widget where it may be used.
    """
    refused = policy.refusal(action, owner)
    return {"disabled": disabled or bool(refused), "help": capital(refused) + "." if refused else help}


def allowed(action: str) -> bool:
    """Tell whether the one who asks may do something; where not, say why in place of the form that does it."""
    if refused := policy.refusal(action):
        st.caption(f"{capital(refused)}.")
    return not refused
