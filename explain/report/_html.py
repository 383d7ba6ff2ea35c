"""Text of a user's own, made harmless; numbers and pictures as HTML wants them."""

import base64
import html

import cv2
import numpy as np

from core.arrays import Images


def safe(text: object) -> str:
    """Escape any text for HTML, in content and in attributes; characters that HTML does not allow are replaced.

    >>> safe('../../x"><script>.mp4')
    '../../x&quot;&gt;&lt;script&gt;.mp4'
    """
    shown = "".join(c if c.isprintable() or c in "\n\t " else "\ufffd" for c in str(text))
    return html.escape(shown.encode("utf-8", "replace").decode("utf-8"), quote=True)


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
