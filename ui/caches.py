"""What the pages keep between two draws; nothing here computes a score."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image

from core.records import Clip
from core.video import probe, read
from pipeline.camera import load, look

PICTURE = (640, 360)
SHORT = 8
"""Longer lists on a card are cut to their ends."""


@st.cache_data(max_entries=64, show_spinner="Reading the clip…")
def clip_facts(path: str) -> Clip:
    """Look at a clip."""
    return probe(path)


@st.cache_data(max_entries=64, show_spinner="Comparing the clip with the camera's footage…")
def clip_warnings(path: str, camera: str, sha256: str) -> tuple[str, ...]:
    """Say how a clip differs from a camera's normal footage; ``sha256`` is that of the camera's weights."""
    return look(load(camera), Path(path))[0]


@st.cache_data(max_entries=256, show_spinner=False)
def first_picture(path: str) -> bytes:
    """Return a clip's first picture, small, as a JPEG.

    Raises:
        ClipError: the clip cannot be read.
    """
    frames = next(iter(read(path, chunk=1)))
    picture, buffer = Image.fromarray(frames.images[0]), io.BytesIO()
    picture.thumbnail(PICTURE)
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _list_text(values: Sequence[Any]) -> str:
    """Write a list in a line; of a long one the first, the last and how many there are."""
    said = [_value_text(value) for value in values]
    return ", ".join(said) if len(said) <= SHORT else f"{said[0]} … {said[-1]} ({len(said)})"


def flatten_card(card: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Flatten a camera's card to lines of name and value.

    >>> flatten_card({"seed": 0, "figures": {"auc": 0.94123, "frames": 2550}, "sizes": [1, 2]})
    [('seed', '0'), ('figures: auc', '0.941'), ('figures: frames', '2,550'), ('sizes', '1, 2')]
    >>> flatten_card({"clips": [f"{i}.mp4" for i in range(16)]})
    [('clips', '0.mp4 … 15.mp4 (16)')]
    """
    lines: list[tuple[str, str]] = []
    for key, value in card.items():
        name = before + str(key).replace("_", " ")
        if isinstance(value, Mapping):
            lines += flatten_card(value, f"{name}: ")
        else:
            lines.append((name, _list_text(value) if isinstance(value, list | tuple) else _value_text(value)))
    return lines


def _value_text(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e-3 or abs(value) >= 100 else f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 1000 else str(value)
