"""SHA-256 of the weights of the models that name objects and actions, by the models' names."""

from pathlib import Path

from core import typed_json

CARDS = Path(__file__).resolve().parents[1] / "assets" / "weights"


def card_sha256(name: str) -> str | None:
    """Return the checksum of a compact model's weights; None of a model that has no card here."""
    for path in sorted(CARDS.glob("*/card.json")):
        card = typed_json.read(dict[str, object], path)
        if card.get("name") == name:
            return str(card["sha256"])
    return None


def sha256_of(name: str) -> str | None:
    """Return the checksum of the weights with which a model answers on this machine; None of one without known weights.

    Raises:
        WeightsError: they cannot be read.
    """
    if compact := card_sha256(name):
        return compact
    from core import weights  # with PyTorch, which the cards do without
    from pipeline.official import published

    known = next((one for one in published().values() if one.model and name.startswith(one.model)), None)
    path = weights.find(known.file) if known else None
    return weights.check(path, None) if path else None
