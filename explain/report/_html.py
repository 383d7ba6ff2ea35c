"""The report's templates, and pictures as HTML wants them."""

import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from markupsafe import Markup

from core.arrays import Images
from core.templates import environment
from explain.causes.summary import attributes, percent, timestamp, wall_clock

KINDS = {"object": "object", "action": "action", "location": "place", "unknown": "not named", "standing": "standing"}
TEMPLATES = environment(Path(__file__).with_name("templates"))
TEMPLATES.filters |= {
    "time": timestamp,
    "wall_clock": wall_clock,
    "css_string": lambda text: Markup(css_string(text)),
    "percent": percent,
    "attributes": attributes,
    "kind": lambda coarse: KINDS.get(coarse, coarse),
    "width": lambda part: f"{100 * min(max(part, 0.0), 1.0):.1f}%",
}


def render(template: str, **values: Any) -> Markup:
    """Return a template with its values put in, escaped; a value of type ``Markup`` is put in as it is."""
    return Markup(TEMPLATES.get_template(template).render(values))


def css_string(text: str, longest: int = 60) -> str:
    r"""Write any text as a string of CSS, every character but letters and digits as its number.

    >>> css_string('a"}</style>')
    '"a\\22 \\7d \\3c \\2f style\\3e "'
    """
    short = text if len(text) <= longest else f"{text[: longest // 2]}…{text[-longest // 2 :]}"
    shown = (c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in short if c.isprintable())
    return f'"{"".join(shown)}"'


def jpeg(image: Images, quality: int = 88) -> str:
    """Return an (H, W, 3) RGB picture as a ``data:`` address."""
    _, coded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return "data:image/jpeg;base64," + base64.b64encode(coded.tobytes()).decode("ascii")


def webp(layer: Images, quality: int = 75) -> str:
    """Return an (H, W, 4) RGBA layer as a ``data:`` address."""
    swapped = np.ascontiguousarray(layer[..., [2, 1, 0, 3]])
    _, coded = cv2.imencode(".webp", swapped, [cv2.IMWRITE_WEBP_QUALITY, quality])
    return "data:image/webp;base64," + base64.b64encode(coded.tobytes()).decode("ascii")
