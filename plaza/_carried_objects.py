"""Small things as solids about their own place: suitcase, trolley, umbrella, balls, frisbee, dog, a stool."""

import numpy as np

from core.arrays import Doubles
from plaza._vehicles import RUBBER, STEEL, Part, Y, Z, box, tube


def suitcase(colour: Doubles, size: float, handle: float) -> list[Part]:
    """Make a suitcase that stands on its wheels, (0, 0, 0) below its middle; ``handle`` is drawn out, in metres."""
    long, wide, high = 0.26 * size, 0.42 * size, 0.62 * size
    parts = box((-long / 2, -wide / 2, 0.06), (long, wide, high), colour)
    for k in (0.3, 0.7):
        groove = np.array([long / 2 + 0.01, 0, 0.06 + high * k])
        parts.append(tube(groove - wide / 2 * Y, groove + wide / 2 * Y, 0.012, colour * 0.6))
    parts += [tube(np.array([0, y, 0.03]), np.array([0.02, y, 0.03]), 0.035, RUBBER) for y in (-wide / 3, wide / 3)]
    top = 0.06 + high + handle
    parts += [tube(np.array([0, y, 0.06 + high]), np.array([0, y, top]), 0.014, STEEL) for y in (-0.08, 0.08)]
    parts.append(tube(np.array([0, -0.1, top]), np.array([0, 0.1, top]), 0.022, RUBBER))
    return parts


def trolley(colour: Doubles, high: float, handle: Doubles) -> list[Part]:
    """Make a transport trolley loaded with a box of ``high`` metres; ``handle`` (3,) is where hands push it."""
    parts = box((0.45, -0.35, 0.16), (0.9, 0.7, 0.08), STEEL * 0.6)
    parts += box((0.5, -0.32, 0.24), (0.78, 0.64, high), colour)
    for y in (-0.3, 0.3):
        parts += [tube(np.array([x, y, 0.08]), np.array([x + 0.01, y, 0.08]), 0.08, RUBBER) for x in (0.55, 1.25)]
        parts.append(tube(np.array([0.45, y, 0.2]), handle + y * Y, 0.02, STEEL))
    parts.append(tube(handle - 0.3 * Y, handle + 0.3 * Y, 0.025, RUBBER))
    return parts


def umbrella(colour: Doubles, second: Doubles, grip: Doubles, lean: float) -> list[Part]:
    """Make an open umbrella held at ``grip`` (3,), leaning forward by ``lean`` radians."""
    axis = np.array([np.sin(lean), 0, np.cos(lean)])
    across = np.array([np.cos(lean), 0, -np.sin(lean)])
    top = grip + 0.82 * axis
    turn = np.linspace(0, 2 * np.pi, 9)
    rim = top - 0.2 * axis + 0.52 * (np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * Y)
    inner = top - 0.05 * axis + 0.3 * (np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * Y)
    parts = [tube(grip - 0.1 * axis, top, 0.014, STEEL)]
    for i in range(8):
        wedge = np.stack([top, inner[i], rim[i], rim[i + 1], inner[i + 1]])
        parts.append((wedge, np.full(5, 0.012), (colour if i % 2 else second) * (0.86 + 0.14 * np.sin(turn[i]))))
    return parts


def ball(colour: Doubles, second: Doubles, radius: float, turn: float) -> list[Part]:
    """Make a ball of two colours about (0, 0, 0), rolled by ``turn`` radians."""
    patch = radius * 0.45 * np.array([[np.cos(a + turn), 0.3, np.sin(a + turn)] for a in (0.0, 2.1, 4.2)])
    parts: list[Part] = [(np.zeros((1, 3)), np.full(1, radius), colour)]
    return parts + [(patch[i : i + 1] - 0.02 * Y, np.full(1, radius * 0.4), second) for i in range(3)]


def frisbee(colour: Doubles, tilt: float) -> list[Part]:
    """Make a flying disc about (0, 0, 0), tilted sideways by ``tilt`` radians."""
    turn = np.linspace(0, 2 * np.pi, 11)[:-1]
    rim = 0.15 * np.stack([np.cos(turn), np.sin(turn) * np.cos(tilt), np.sin(turn) * np.sin(tilt)], -1)
    return [(rim, np.full(10, 0.016), colour), (rim * 0.55, np.full(10, 0.02), np.clip(colour * 1.15, 0, 250))]


def dog(colour: Doubles, size: float, phase: float, snout: float) -> list[Part]:
    """Make a dog that trots; ``phase`` radians of its gait, ``snout`` the length of its head's front in metres."""
    dark = colour * 0.75
    hips, withers = np.array([-0.32, 0, 0.5]), np.array([0.3, 0, 0.53])
    bob = 0.02 * np.sin(2 * phase) * Z
    spine = np.stack([hips, np.array([0.0, 0, 0.5]), withers]) + bob
    head = withers + np.array([0.24, 0, 0.2]) + bob * 1.5
    parts: list[Part] = [(spine, np.array([0.11, 0.12, 0.15]), colour)]
    parts.append((np.stack([withers + bob, head]), np.array([0.11, 0.085]), colour))
    parts.append((np.stack([head, head + np.array([snout, 0, -0.04])]), np.array([0.095, 0.05]), colour))
    for s in (1, -1):
        ear = head + np.array([[-0.03, s * 0.08, 0.06], [-0.06, s * 0.1, -0.04]])
        parts.append(tube(ear[0], ear[1], 0.03, dark))
    wag = 0.12 * np.sin(phase * 1.7)
    parts.append(tube(hips + bob, hips + np.array([-0.26, wag, 0.2]), 0.03, dark))
    for place, lag in ((hips, 0.0), (withers, np.pi)):
        for s, half in ((1, 0.0), (-1, np.pi)):
            swing = 0.45 * np.sin(phase + lag + half)
            knee = place + np.array([0.16 * np.sin(swing), s * 0.08, -0.26])
            lifted = 0.06 * max(0.0, np.cos(phase + lag + half))
            paw = np.array([place[0] + 0.42 * np.sin(swing), s * 0.08, 0.03 + lifted])
            parts += [tube(place + s * 0.07 * Y, knee, 0.055, colour), tube(knee, paw, 0.035, dark)]
    return [(c * size, r * size, k) for c, r, k in parts]


def stool(colour: Doubles, high: float) -> list[Part]:
    """Make a block to sit on."""
    return box((-0.3, -0.4, 0.0), (0.5, 0.8, high), colour)
