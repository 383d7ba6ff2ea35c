"""Says whether the names of causes can be believed."""

from collections.abc import Mapping
from typing import Any

from core.errors import WeightsError
from explain.actions import compact as compact_actions
from explain.backends import read_card
from explain.objects import compact as compact_objects

COMPACT = {"objects": compact_objects.FOLDER, "actions": compact_actions.FOLDER}
"""Folders of the compact models."""


def name_warning(models: Mapping[str, str], camera: Mapping[str, Any]) -> str:
    """Say that names may be wrong; empty where the models that answered know such a camera, or are official.

    A camera is such a one where it was trained on a data set that the model's card lists under ``measured_on``.

    Args:
        models: ``objects`` and ``actions`` to the name of the model that answered.
        camera: its card.
    """
    doubtful, measured = [], set()
    for kind, folder in COMPACT.items():
        try:
            card = read_card(folder)
        except WeightsError:
            continue
        known = {str(name) for name in card.get("measured_on", ())}
        if models.get(kind) == card["name"] and camera.get("trained_on") not in known:
            doubtful.append(kind)
            measured |= known
    if not doubtful:
        return ""
    where = f"was measured on {_listed(sorted(measured))}" if measured else "says of no camera how well it does there"
    return (
        f"Names of {_listed(doubtful)} may be wrong: the compact model gave them, which {where}, and this camera is "
        "another; './whycam setup --models' gets the official models."
    )


def _listed(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
