"""Numbers of frames as blocks below a picture: whoever draws a frame can read from its own pixels which one it is.

A browser tells the time of a frame that it presents, yet while a video plays, it may draw the next one already.
The blocks are drawn with the picture. ``frontend/src/marks.ts`` reads them.
"""

import numpy as np

from core.arrays import Images
from core.errors import expect

BLOCK = 8
"""Pixels of a block's side: half a macroblock, so that compression leaves it black or white."""
NUMBER_BITS, CHECK_BITS = 24, 4
BITS = NUMBER_BITS + CHECK_BITS
BLACK, WHITE = 16, 235


def strip_height(width: int) -> int:
    """Return how many lines the blocks take below a picture, a multiple of :data:`BLOCK`.

    >>> strip_height(320), strip_height(40)
    (8, 48)
    """
    return BLOCK * -(-BITS // (width // BLOCK))


def marked(image: Images, number: int) -> Images:
    """Return a picture with its frame's number below.

    Args:
        image: (H, W, 3) uint8; an odd width or height grows by one repeated line.
        number: from 0 to 2^24 - 1.

    Returns:
        (H + :func:`strip_height`, W, 3) uint8, H and W even.
    """
    expect(0 <= number < 1 << NUMBER_BITS, "number", f"0 to {(1 << NUMBER_BITS) - 1}", number)
    height, width = image.shape[0] + image.shape[0] % 2, image.shape[1] + image.shape[1] % 2
    columns, whole = width // BLOCK, np.empty((height + strip_height(width), width, 3), np.uint8)
    whole[:height] = np.pad(image, ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)), mode="edge")
    code = number | check(number) << NUMBER_BITS
    cells = np.zeros(strip_height(width) // BLOCK * columns, np.uint8)
    cells[:BITS] = code >> np.arange(BITS) & 1
    blocks = np.where(cells, WHITE, BLACK).astype(np.uint8).reshape(-1, columns)
    whole[height:] = BLACK
    whole[height:, : columns * BLOCK] = np.kron(blocks, np.ones((BLOCK, BLOCK), np.uint8))[..., None]
    return whole


def check(number: int) -> int:
    """Return the check of a number: 5 and its six groups of four bits, each weighed by its place, modulo 16.

    >>> check(0), check(1), check(0x10)
    (5, 6, 8)
    """
    return (5 + sum((2 * place + 1) * (number >> 4 * place & 15) for place in range(6))) % 16
