"""The plaza's camera: a pinhole above the ground, looking down a little.

World coordinates are metres: x to the right along the kerb, y away from the camera, z up; the ground is z = 0.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.arrays import Doubles


@dataclass(frozen=True)
class View:
    """A fixed camera above the origin.

    Attributes:
        width, height: picture in pixels.
        focal: focal length in pixels.
        raised: height above the ground in metres.
        yaw, pitch: turn to the right and downward tilt, in radians.
    """

    width: int
    height: int
    focal: float
    raised: float
    yaw: float
    pitch: float

    @cached_property
    def axes(self) -> Doubles:
        """(3, 3): the rows are the camera's right, down and forward directions in the world."""
        s, c = np.sin(self.yaw), np.cos(self.yaw)
        ps, pc = np.sin(self.pitch), np.cos(self.pitch)
        return np.array([[c, -s, 0.0], [-s * ps, -c * ps, -pc], [s * pc, c * pc, -ps]])

    @cached_property
    def intrinsics(self) -> Doubles:
        """(3, 3) matrix from camera coordinates to homogeneous pixels."""
        return np.array([[self.focal, 0, self.width / 2], [0, self.focal, self.height / 2], [0, 0, 1]])

    def project(self, points: Doubles) -> tuple[Doubles, Doubles]:
        """Project (..., 3) points, in metres.

        Returns:
            (..., 2) pixels and (...) depth along the optical axis in metres.
        """
        camera = (points - np.array([0.0, 0.0, self.raised])) @ self.axes.T
        depth = np.maximum(camera[..., 2], 0.5)
        uv = camera[..., :2] * (self.focal / depth)[..., None]
        return uv + np.array([self.width / 2, self.height / 2]), depth

    def plane(self, origin: Doubles, u: Doubles, v: Doubles) -> Doubles:
        """(3, 3) homography from plane coordinates (a, b), the point ``origin + a u + b v``, to pixels."""
        columns = np.stack([u, v, origin - np.array([0.0, 0.0, self.raised])], axis=1)
        homography: Doubles = self.intrinsics @ self.axes @ columns
        return homography

    def edge(self, y: float, left: bool, margin: float) -> float:
        """World x at distance ``y`` that lies ``margin`` metres outside the left or right border of the picture."""
        k = (-1 if left else 1) * self.width / 2 / self.focal
        s, c = np.sin(self.yaw), np.cos(self.yaw)
        ps, pc = np.sin(self.pitch), np.cos(self.pitch)
        x = (y * (s + k * c * pc) + k * self.raised * ps) / (c - k * s * pc)
        return float(x + (-margin if left else margin))
