"""Where a person's joints are: walking, running, standing, throwing, riding, gliding, sitting at a wheel.

Joints are metres in the world; the order of the joint axis is that of ``JOINTS``. Gait follows the usual description of
human walking (thigh swings as a sine, the knee bends in the swing, arms swing against the legs), simplified.
"""

import numpy as np

from core.arrays import Doubles

JOINTS = ("hip", "knee", "ankle", "heel", "toe", "shoulder", "elbow", "wrist")
"""Left at 2 i, right at 2 i + 1; the neck is 16, the head 17."""
THIGH, SHIN, FOOT, TRUNK, UPPER_ARM, FOREARM = 0.245, 0.240, 0.095, 0.29, 0.172, 0.145  # shares of stature
SIDE = np.array([1.0, -1.0])


def to_world(local: Doubles, position: Doubles, heading: Doubles) -> Doubles:
    """Turn (N, J, 3) forward/left/up metres into world coordinates, by (N, 2) positions and (N,) headings."""
    c, s = np.cos(heading)[:, None], np.sin(heading)[:, None]
    x = local[..., 0] * c - local[..., 1] * s + position[:, None, 0]
    y = local[..., 0] * s + local[..., 1] * c + position[:, None, 1]
    return np.stack([x, y, local[..., 2]], axis=-1)


def two_link(root: Doubles, end: Doubles, upper: float, lower: float, bend: Doubles) -> Doubles:
    """Find the middle joint of a limb whose ends are fixed; it bends towards ``bend``; all (..., 3)."""
    span = end - root
    reach = np.clip(np.linalg.norm(span, axis=-1, keepdims=True), 1e-6, upper + lower - 1e-6)
    along = span / np.maximum(np.linalg.norm(span, axis=-1, keepdims=True), 1e-6)
    a = (upper**2 - lower**2 + reach**2) / (2 * reach)
    out = bend - (bend * along).sum(-1, keepdims=True) * along
    out /= np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-6)
    middle: Doubles = root + along * a + out * np.sqrt(np.maximum(upper**2 - a**2, 0))
    return middle


def _legs(phase: Doubles, swing: Doubles, knee: Doubles, stature: Doubles) -> Doubles:
    """(N, 5, 2, 3) hip, knee, ankle, heel and toe of both legs, the hips at height 0."""
    turn = np.stack([phase, phase + np.pi], axis=1)
    thigh = 0.06 * np.sign(swing)[:, None] + swing[:, None] * np.sin(turn)
    bend = 0.06 + knee[:, None] * np.clip(np.cos(turn + 0.25), 0, 1) ** 1.4
    shin = thigh - bend
    big = np.clip(swing / 0.4, 0, 1.6)[:, None]
    pitch = big * (0.25 * np.clip(np.sin(turn), 0, 1) ** 2 - 0.6 * np.clip(-np.sin(turn - 0.4), 0, 1) ** 2)
    h = stature[:, None]
    zero = np.zeros_like(thigh)
    side = 0.047 * h * SIDE
    hip = np.stack([zero, side + zero, zero], -1)
    k = hip + THIGH * h[..., None] * np.stack([np.sin(thigh), zero, -np.cos(thigh)], -1)
    a = k + SHIN * h[..., None] * np.stack([np.sin(shin), zero - 0.02 * SIDE, -np.cos(shin)], -1)
    ahead = np.stack([np.cos(pitch), zero + 0.12 * SIDE, np.sin(pitch)], -1)
    below = np.array([0.0, 0.0, -0.018]) * h[..., None]
    heel = a + below - 0.02 * h[..., None] * ahead
    toe = a + below * 1.3 + FOOT * h[..., None] * ahead
    return np.stack([hip, k, a, heel, toe], axis=1)


def trunk(hip: Doubles, stature: Doubles, lean: Doubles, twist: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Shoulders (N, 2, 3), neck and head (N, 3) above hips (N, 3) for a forward lean and a twist in radians."""
    h = stature[:, None]
    axis = np.stack([np.sin(lean), np.zeros_like(lean), np.cos(lean)], -1)
    neck = hip + TRUNK * h * axis
    head = neck + h * (0.095 * np.stack([np.sin(lean * 0.5), 0 * lean, np.cos(lean * 0.5)], -1) + [[0.008, 0, 0]])
    across = np.stack([-np.sin(twist), np.cos(twist), np.zeros_like(twist)], -1)
    shoulder = (neck - 0.012 * h * axis)[:, None] + (0.098 * h)[:, None] * SIDE[None, :, None] * across[:, None]
    return shoulder, neck, head


def walk(
    phase: Doubles,
    stature: Doubles,
    speed: Doubles,
    run: Doubles,
    arm: Doubles | None = None,
    hold: Doubles | None = None,
) -> Doubles:
    """Pose walkers, runners (``run`` > 0) and people who stand (``speed`` = 0).

    Args:
        phase: (N,) radians, one turn is two steps.
        stature: (N,) metres.
        speed: (N,) metres per second.
        run: (N,) 0 for walkers, up to 1 for those who run with the longest steps.
        arm: (N, 2) angles of upper right arm and its elbow that overrule the swing, NaN where none does.
        hold: (N,) share by which the right arm's swing is damped because it carries something.

    Returns:
        (N, 18, 3) local joints.
    """
    stride = np.clip(speed / 1.25, 0, 1.25) ** 0.6
    swing = np.where(run > 0, 0.78 * run, 0.375 * stride)
    legs = _legs(phase, swing, np.where(run > 0, 0.85 + 0.9 * run, 0.95 * stride), stature)
    lift = -legs[:, 3:, :, 2].min(axis=(1, 2)) + 0.02 * stature
    lift += run * stature * 0.035 * (1 - np.cos(2 * phase)) / 2
    legs[..., 2] += lift[:, None, None]
    hip = legs[:, 0].mean(1)
    shoulder, neck, head = trunk(hip, stature, 0.03 + 0.2 * run + 0.02 * stride, 0.2 * swing * np.sin(phase))
    turn = np.stack([phase, phase + np.pi], 1)
    upper = -np.where(run > 0, 0.8 * run, 0.42 * stride)[:, None] * np.sin(turn) + 0.02
    elbow = np.where(run > 0, 1.55, 0.12)[:, None] + 0.25 * stride[:, None] * (1 + np.sin(turn + np.pi))
    if hold is not None:
        upper[:, 1] *= 1 - hold
        elbow[:, 1] *= 1 - 0.8 * hold
    if arm is not None:
        upper[:, 1] = np.where(np.isnan(arm[:, 0]), upper[:, 1], arm[:, 0])
        elbow[:, 1] = np.where(np.isnan(arm[:, 1]), elbow[:, 1], arm[:, 1])
    h, out = stature[:, None, None], 0.16 * SIDE + 0 * upper
    el = shoulder + UPPER_ARM * h * np.stack([np.sin(upper), out, -np.cos(upper)], -1)
    wr = el + FOREARM * h * np.stack([np.sin(upper + elbow), 0.1 * out, -np.cos(upper + elbow)], -1)
    limbs = np.concatenate([legs, np.stack([shoulder, el, wr], 1)], axis=1)
    return np.concatenate([limbs.reshape(len(phase), 16, 3), neck[:, None], head[:, None]], axis=1)


def reach(
    stature: float, hip: Doubles, lean: float, ankles: Doubles, wrists: Doubles, twist: float = 0.0, knees: float = 0.0
) -> Doubles:
    """Pose one person whose hands and feet are given (rider, driver, skater).

    Args:
        stature: metres.
        hip: (3,) local.
        lean: forward, in radians.
        ankles: (2, 3) local, left and right.
        wrists: (2, 3) local, left and right.
        twist: of the shoulders, in radians.
        knees: how far the knees point outwards.

    Returns:
        (18, 3) local joints.
    """
    one = np.array([stature])
    shoulder, neck, head = trunk(hip[None], one, np.array([lean]), np.array([twist]))
    hips = hip + np.stack([np.zeros(2), 0.047 * stature * SIDE, np.zeros(2)], -1)
    outward = np.stack([np.ones(2), knees * SIDE, np.full(2, 0.3)], -1)
    knee = two_link(hips, ankles, THIGH * stature, SHIN * stature, outward)
    down = np.stack([np.full(2, -0.4), 0.5 * SIDE, -np.ones(2)], -1)
    elbow = two_link(shoulder[0], wrists, UPPER_ARM * stature, FOREARM * stature, down)
    below = np.array([0, 0, -0.02 * stature])
    heel, toe = ankles + below - [0.03, 0, 0], ankles + below + [FOOT * stature, 0, 0]
    limbs = np.stack([hips, knee, ankles, heel, toe, shoulder[0], elbow, wrists])
    return np.concatenate([limbs.reshape(16, 3), neck, head])


def hold(joints: Doubles, wrists: Doubles, stature: float) -> Doubles:
    """Bring the hands of one person elsewhere.

    Args:
        joints: (18, 3) local.
        wrists: (2, 3) local, left and right; NaN leaves an arm as it is. Out of reach, an arm is stretched towards it.
        stature: metres.

    Returns:
        (18, 3) local joints.
    """
    moved, shoulder = joints.copy(), joints[10:12]
    way = wrists - shoulder
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    ends = shoulder + way * np.minimum(1, 0.995 * (UPPER_ARM + FOREARM) * stature / np.maximum(length, 1e-6))
    down = np.stack([np.full(2, -0.4), 0.5 * SIDE, -np.ones(2)], -1)
    elbow = two_link(shoulder, ends, UPPER_ARM * stature, FOREARM * stature, down)
    free = np.isnan(wrists).any(-1, keepdims=True)
    moved[12:14], moved[14:16] = np.where(free, joints[12:14], elbow), np.where(free, joints[14:16], ends)
    return moved


def topple(joints: Doubles, angle: float, way: float) -> Doubles:
    """Tilt (18, 3) local joints about the feet by ``angle`` towards ``way``, radians from ahead; none sinks in."""
    axis = np.array([-np.sin(way), np.cos(way), 0.0])
    c, s = np.cos(angle), np.sin(angle)
    turned: Doubles = joints * c + np.cross(axis, joints) * s + axis * (joints @ axis)[:, None] * (1 - c)
    turned[:, 2] = np.maximum(turned[:, 2], 0.1 * min(1.0, angle))
    return turned
