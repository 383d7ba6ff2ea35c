"""Questions to code that needs PyTorch are answered here: a process for each test would take seconds."""

import json

import pytest

from pipeline import offload


@pytest.fixture(autouse=True)
def _answered_here(monkeypatch):
    monkeypatch.setattr(offload, "ask", lambda *asked: json.loads(json.dumps(offload.answer(*asked))))
