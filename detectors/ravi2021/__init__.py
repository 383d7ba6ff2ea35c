"""Augmented auto-encoders: small networks, strengthened, attentive, drawn into a sphere, or recurrent.

Source: Ravi, "A class of augmented convolutional networks architectures for efficient visual anomaly detection"
(``ravi2021class``), chapters 3 and 4. What the thesis leaves open is settled in
``docs/decisions/0009-thesis-choices.md``.
"""

from functools import partial
from itertools import product
from typing import Any

from core.contracts import DetectorEntry
from detectors.ravi2021._frames import FrameAutoEncoder
from detectors.ravi2021._recurrent import RecurrentAutoEncoder, Shape

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

_FRAMES = {
    name: DetectorEntry(
        partial(FrameAutoEncoder, network), _PAPER, _KEY, about, {"base": 4, "height": side, "width": side}
    )
    for name, (network, side, about) in _ABOUT.items()
}

_RECURRENT: dict[str, Any] = {
    "base": 64, "height": 128, "width": 128, "channels": 3, "inputs": 8, "noise": 0.1, "patch": 0,
    "epochs": 300, "batch": 32, "rate": 1e-3,
}  # fmt: skip
_FORMS = {"{}-ae": "auto-encoder", "bi-{}-ae": "bidirectional auto-encoder", "seq2seq-{}": "prediction"}
_CELLS = {"convrnn": "ConvRNN", "convlstm": "ConvLSTM", "convgru": "ConvGRU"}


def _recurrent(form: str, cell: str, layers: int, upsampling: bool) -> tuple[str, DetectorEntry]:
    name = f"{form.format(cell)}-l{layers}-{'y' if upsampling else 'n'}"
    predicts = form.startswith("seq2seq")
    shape = Shape(cell, form.startswith("bi"), predicts, layers, upsampling)
    about = f"{_CELLS[cell]} {_FORMS[form]}, {layers} recurrent layer{'s' if layers > 1 else ''}"
    about += " in the encoder" if upsampling else " in encoder and decoder"
    small = {"base": 4, "height": 64, "width": 64, "inputs": 3}
    extra, small_extra = ({"future": 4}, {"future": 2}) if predicts else ({}, {})
    return name, DetectorEntry(
        partial(RecurrentAutoEncoder, shape), {**_RECURRENT, **extra}, _KEY, about, {**small, **small_extra}
    )


DETECTORS = {**_FRAMES, **dict(_recurrent(*which) for which in product(_FORMS, _CELLS, (1, 2, 3), (False, True)))}
