"""The finding of a counterfactual in words."""

from collections.abc import Sequence

from core.explanation import Counterfactual
from core.records import Tube
from explain.causes.parts import named


def sentence(found: Counterfactual, tubes: Sequence[Tube]) -> str:
    """Name the tubes that are needed, how far the score falls, and the tubes that did not matter."""
    names = [named(tube, part.label) for tube, part in zip(tubes, found.parts, strict=True)]
    chosen = [name for name, part in zip(names, found.parts, strict=True) if part.needed]
    if found.before < found.threshold:
        return (
            f"The error of the pixels, {found.before_db:.2f} dB, is under the threshold {found.threshold_db:.2f} dB as "
            "it is: another kind of score raised this event, and no change of pixels explains it."
        )
    idle = [
        _other(name) if name in chosen else name
        for name, part in zip(names, found.parts, strict=True)
        if not part.mattered
    ]
    fall = f"the score falls from {found.before_db:.2f} dB to {found.after_db:.2f} dB"
    said = f"Without {_listed(chosen)} {fall}, under the threshold {found.threshold_db:.2f} dB."
    if found.after >= found.threshold:
        said = (f"No set of what was seen is enough: without {_listed(chosen)} {fall}, not under the threshold "
                f"{found.threshold_db:.2f} dB.")  # fmt: skip
    return said + (
        f" It did not matter that {_listed(idle)} {'was' if len(idle) == 1 else 'were'} there." if idle else ""
    )


def _other(name: str) -> str:
    """Tell one that did not matter from its namesake that did."""
    return f"another {name.removeprefix('the ')}" if name.startswith("the ") else f"something else that {name[5:]}"


def _listed(names: Sequence[str]) -> str:
    counted = [_several(name, names.count(name)) for name in dict.fromkeys(names)]
    return counted[0] if len(counted) == 1 else f"{', '.join(counted[:-1])} and {counted[-1]}"


def _several(name: str, count: int) -> str:
    """Count what goes by one name: ``the person``, ``4 persons``, ``4 other persons``."""
    if count == 1:
        return name
    for begins, said in (("the ", ""), ("another ", "other ")):
        if name.startswith(begins):
            return f"{count} {said}{name.removeprefix(begins)}{'es' if name.endswith('s') else 's'}"
    return f"{name} ({count} times)"
