"""Augmented auto-encoders: small networks that reconstruct frames, strengthened, attentive, or drawn into a sphere.

Source: Ravi, "A class of augmented convolutional networks architectures for efficient visual anomaly detection"
(``ravi2021class``), chapters 3 and 4. What the thesis leaves open is settled in
``docs/decisions/0011-thesis-choices.md``.
"""

from functools import partial
from typing import Any

from core.contracts import DetectorEntry
from detectors.thesis._frames import FrameAutoEncoder

_KEY = "ravi2021class"
_PAPER: dict[str, Any] = {
    "base": 64, "height": 128, "width": 128, "channels": 3, "loss": "mse", "patch": 0,
    "epochs": 300, "batch": 256, "rate": 1e-3,
    "svdd": False, "svdd_epochs": 10, "svdd_batch": 128, "svdd_rate": 5e-7, "nu": 0.01,
}  # fmt: skip
_ABOUT = {
    "bcae1": ("bcae1", 80, "reconstructs the frame, baseline 1"),
    "bcae2": ("bcae2", 128, "reconstructs the frame from 300 numbers, baseline 2"),
    "ks-cae": ("ks", 128, "baseline 2 with strengthened kernels"),
    "aa-cae": ("aa", 80, "baseline 1 with attention-augmented convolutions"),
    "se-cae": ("se", 80, "baseline 1 with squeeze and excitation"),
    "sa-cae": ("sa", 80, "baseline 1 behind a soft attention"),
    "ssa-cae": ("ssa", 80, "baseline 1 behind a softmax soft attention"),
}

DETECTORS = {
    name: DetectorEntry(
        partial(FrameAutoEncoder, network), _PAPER, _KEY, about, {"base": 4, "height": side, "width": side}
    )
    for name, (network, side, about) in _ABOUT.items()
}
