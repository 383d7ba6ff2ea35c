"""Questions to code that needs PyTorch are answered here: a process for each test would take seconds."""

import json

import pytest

from pipeline import offload, playback


@pytest.fixture(autouse=True)
def _answered_here(monkeypatch):
    monkeypatch.setattr(offload, "ask", lambda *asked: json.loads(json.dumps(offload.answer(*asked))))


@pytest.fixture(autouse=True)
def _copied_already(monkeypatch):
    """No page starts a process for a playback copy; ``test_player.py`` brings its own."""
    monkeypatch.setattr(playback, "find", lambda run: playback.PlaybackCopy(500, (25, 1), 320, 180))
