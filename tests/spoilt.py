"""A detector whose scores are no numbers."""

import dataclasses

import torch

from core.contracts import Detector


def spoil_scores(monkeypatch, first, number):
    """Have every detector score a frame, and those behind it, by something else than a number."""
    stream = Detector.stream

    def spoilt(self, frames):
        for answer in stream(self, frames):
            late = torch.arange(len(answer.score)) + answer.first >= first
            yield dataclasses.replace(answer, score=answer.score.float().masked_fill(late, number))

    monkeypatch.setattr(Detector, "stream", spoilt)
