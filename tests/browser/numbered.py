"""Clips whose frames carry their number as a pattern of blocks, and runs of them for the player."""

import shutil

import numpy as np

from core import video
from core.records import Clip
from pipeline import frame_log, heat_frames
from tests.ui import made

SIZE, BITS = (180, 320), 12
ROWS, COLUMNS = 2, 6
READ = """(canvas) => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let number = 0;
  for (let bit = 0; bit < 12; bit++) {
    const x = Math.floor((bit % 6 + 0.5) * canvas.width / 6);
    const y = Math.floor((Math.floor(bit / 6) + 0.5) * canvas.height / 2);
    if (pixels.data[4 * (y * canvas.width + x)] > 127) number += 2 ** bit;
  }
  return number;
}"""
"""JavaScript that reads the number back from a canvas."""


def pictures(count, size=SIZE):
    """Return frames, (count, H, W, 3) uint8: block ``bit`` is white where that bit of the number is set."""
    bits = (np.arange(count)[:, None] >> np.arange(BITS)) & 1
    blocks = np.where(bits, 235, 20).astype(np.uint8).reshape(count, ROWS, COLUMNS)
    whole = np.repeat(np.repeat(blocks, size[0] // ROWS, 1), -(-size[1] // COLUMNS), 2)[:, :, : size[1]]
    return np.repeat(whole[..., None], 3, -1)


def run_of(path, name="numbered.mp4", unusual=((60, 100), (150, 190))):
    """Keep a finished run of a clip: its frames as Whycam reads them, scores of some events, heat of every frame."""
    run = made.running(name)
    shutil.copy(path, run.path)
    facts = video.probe(path)
    seconds = np.concatenate([part.times for part in video.read(path, fps=facts.fps)])
    frames = len(seconds)
    scores = np.random.default_rng(3).normal(0.0, 0.2, frames).astype(np.float32)
    for first, last in unusual:
        scores[first : last + 1] += (8.0 * np.hanning(last - first + 3)[1:-1]).astype(np.float32)
    frame_log.append(run.folder, seconds, scores, [True] * frames)
    cells = np.arange(144).reshape(9, 16)
    heat_frames.append(run.folder, {n: np.where(cells == n % 144, 255, 0).astype(np.uint8) for n in range(frames)})
    made.write_facts(run, Clip(run.clip, "0" * 64, facts.fps, facts.width, facts.height, frames))
    return made.finish(run)
