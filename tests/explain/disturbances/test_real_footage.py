"""Real footage: nothing is told of quiet cameras, and of the small faulty clips what each shows."""

import pytest

from core import video
from core.clock import Clock
from explain.disturbances.monitor import Monitor

pytestmark = [pytest.mark.footage, pytest.mark.slow]
QUIET = ("UCSDped2_mp4/*.mp4", "Avenue/training_videos/*", "Avenue/testing_videos/*", "cameras/motorway-*",
         "cameras/traffic-*", "cameras/car-park.gif", "cameras/one-by-one.mp4",
         "clips/bottle-detection.mp4")  # fmt: skip
FAULTS = {
    "frozen-4s.mp4": [("frozen", 6.0, 10.0)],
    "camera-bump.mp4": [("moved", 9.0, 9.1)],
    "normal-shake.mp4": [("shaken", 6.0, 11.0)],
    "exposure-jump.mp4": [("light", 9.0, 12.0)],
    "signal-loss.mp4": [("no picture", 7.0, 10.0)],
    "headlights.mp4": [("light", 6.0, 10.0)],
    "normal-gap.mkv": [("gap", 7.0, 12.0)],
    **{name: [] for name in (
        "clock-overlay-midnight.mp4", "rain.mp4", "gray-night.mp4", "doubled-frames.mp4", "normal-nothing.mp4",
        "lossy-udp.ts", "vfr-phone.mp4", "hdr-pq.mp4", "dvr-mjpeg-dropped.avi", "interlaced-tff.mp4")},
}  # fmt: skip


def seen(path):
    monitor, times = Monitor(), []
    for chunk in video.read(path):
        monitor.update(chunk)
        times += chunk.times.tolist()
    return monitor.finish(Clock.of(times))


@pytest.mark.parametrize("pattern", QUIET)
def test_nothing_is_told_of_quiet_cameras(footage_root, pattern):
    paths = sorted(path for path in footage_root.glob(pattern) if path.suffix in (".mp4", ".avi", ".gif"))
    assert paths
    for path in paths:
        assert seen(path) == (), path


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_faulty_clip_shows_is_told(footage_root, name):
    found = seen(footage_root / "footage-faults" / name)
    assert [one.kind for one in found] == [kind for kind, *_ in FAULTS[name]]
    for one, (_, start, end) in zip(found, FAULTS[name], strict=True):
        assert abs(one.start - start) <= 0.15 and abs(one.end - end) <= 0.8


def test_light_is_told_where_it_is_all_that_changes(footage_root):
    (one,) = seen(footage_root / "cameras" / "brightness-change.avi")
    assert one.kind == "light" and "in a part of the picture" in one.summary
