"""Render clips of the plaza: ``python -m plaza OUT --seed 7 --frames 1000 [--clips 4] [--anomalies all]``.

Writes one mp4 per clip with its truth beside it, or a single clip where OUT ends in ``.mp4``.
"""

import argparse
import sys
from pathlib import Path

from core import files
from core.errors import WhycamError
from plaza import _clip
from plaza._anomalies import ANOMALIES, STAGED
from plaza._standing import STANDING


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m plaza", description="Render clips of a plaza.")
    parser.add_argument("out", type=Path, help="folder for the clips, or one file ending in .mp4")
    parser.add_argument("--seed", type=int, default=0, help="of the first clip; the next ones count up")
    parser.add_argument("--frames", type=int, default=750, help="frames in each clip, at 25 a second")
    parser.add_argument("--clips", type=int, default=1, help="how many clips")
    parser.add_argument("--scene", type=int, default=0, help="0 is the demo's camera, others are other plazas")
    parser.add_argument("--walkers", type=int, default=14, help="how many people are about")
    parser.add_argument(
        "--anomalies",
        nargs="*",
        default=[],
        help=f"in order of time, out of {', '.join([*ANOMALIES, *STANDING])}; or: all, for the demo's six",
    )
    return parser.parse_args()


def main() -> int:
    """Render what the command line asks for; returns the exit code."""
    args = _arguments()
    names = tuple(STAGED) if args.anomalies == ["all"] else tuple(args.anomalies)
    try:
        for seed in range(args.seed, args.seed + args.clips):
            path = args.out if args.out.suffix == ".mp4" else args.out / f"plaza-{seed:05d}.mp4"
            files.folder(path.parent)
            _clip.film(path, seed, args.frames, names, scene=args.scene, walkers=args.walkers)
            print(path)
    except WhycamError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
