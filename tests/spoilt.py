"""A detector whose scores are no numbers, and a disk that is full."""

import dataclasses
import errno
import os

import torch

from core import files
from core.contracts import Detector


def spoil_scores(monkeypatch, first, number):
    """Have every detector score a frame, and those behind it, by something else than a number."""
    stream = Detector.stream

    def spoilt(self, frames):
        for answer in stream(self, frames):
            late = torch.arange(len(answer.score)) + answer.first >= first
            yield dataclasses.replace(answer, score=answer.score.float().masked_fill(late, number))

    monkeypatch.setattr(Detector, "stream", spoilt)


class Full(OSError):
    def __init__(self):
        super().__init__(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fill_disk(monkeypatch, count):
    """Have the disk be full once so many files were written; the list that is returned has how many are left."""
    flush, left_over = files._flush, [count]

    def full(path):
        if path.is_file():
            left_over[0] -= 1
            if left_over[0] < 0:
                raise Full
        flush(path)

    monkeypatch.setattr(files, "_flush", full)
    return left_over
