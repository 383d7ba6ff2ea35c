import json

import cv2
import numpy as np
import pytest

from core.errors import InputError
from pipeline import finished_run, heat_frames, player_data
from pipeline.events import smoothed
from tests.ui import made

TYPES = {"u1": np.uint8, "u2": np.uint16, "u4": np.uint32, "f4": np.float32, "f8": np.float64}


def unpack(data):
    length = int.from_bytes(data[:4], "little")
    head = json.loads(data[4 : 4 + length])
    arrays = {}
    for name, (kind, offset, count) in head.pop("arrays").items():
        assert offset % 8 == 0
        arrays[name] = np.frombuffer(data, TYPES[kind], count, offset)
    return head, arrays


@pytest.mark.parametrize("count", [0, 1, 7, 8, 1000])
def test_arrays_come_back_as_they_were_packed(count):
    given = {"a": np.arange(count, dtype=np.uint8), "bb": np.arange(3.5), "c": np.arange(count, dtype=np.uint32)}
    head, arrays = unpack(player_data.pack({"label": "é" * count, "n": 3}, given))
    assert head == {"label": "é" * count, "n": 3}
    for name, array in given.items():
        np.testing.assert_array_equal(arrays[name], array)


def test_a_timeline_has_the_scores_the_rule_and_what_is_known():
    run = made.done()
    head, arrays = unpack(player_data.timeline(run.folder, [(120, 180, "<b>")]))
    kept = finished_run.read(run.folder)
    np.testing.assert_array_equal(arrays["scores"], kept.scores)
    np.testing.assert_array_equal(arrays["smooth"], smoothed(kept.scores, kept.clock))
    np.testing.assert_array_equal(arrays["seconds"], kept.clock.times)
    assert (head["width"], head["height"], head["kinds"]) == (320, 180, ["pixels"])
    assert head["truth"] == [{"first": 120, "last": 180, "label": "<b>"}]
    assert head["disturbances"] == head["standing"] == [] and head["unit"] == "dB"
    assert head["rule"] == {"low": 0.6, "shortest": 0.4, "gap": 1.0, "lead": 2.5, "longest_lead": 6.0}
    assert set(arrays["pictures"]) >= set(range(120, 181, 5)) and len(arrays["palette"]) == 768


def test_heat_is_that_of_every_frame_or_of_those_with_evidence():
    run = made.done()
    head, arrays = unpack(player_data.heat(run.folder, 1))
    assert set(arrays["frames"]) >= set(range(130, 181, 5)) and min(arrays["frames"]) >= 128
    assert len(arrays["grids"]) == len(arrays["frames"]) * head["height"] * head["width"]
    heat_frames.append(run.folder, {n: np.full((9, 16), n % 256, np.uint8) for n in range(500)})
    head, arrays = unpack(player_data.heat(run.folder, 3))
    assert (head["height"], head["width"]) == (9, 16) and arrays["frames"].tolist() == list(range(384, 500))
    assert arrays["grids"][:: 9 * 16].tolist() == [n % 256 for n in range(384, 500)]
    assert len(unpack(player_data.heat(run.folder, 99))[1]["frames"]) == 0


def test_things_of_a_run_without_tracks_are_the_boxes_of_its_evidence():
    run = made.done()
    head, arrays = unpack(player_data.things(run.folder))
    assert head["labels"] == ["bicycle", "person", "skateboard"]
    assert len(arrays["names"]) == len(arrays["starts"]) - 1 == len(arrays["frames"]) and arrays["starts"][-1] == len(
        arrays["frames"]
    )
    at = int(np.flatnonzero(arrays["frames"] == 150)[0])
    assert arrays["boxes"][4 * at : 4 * at + 4].tolist() == [70, 80, 110, 130]


def test_a_kept_picture_whole_and_small():
    run = made.done()
    whole, small = (player_data.picture(run.folder, 150, size) for size in (None, 160))
    shapes = [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR).shape for one in (whole, small)]
    assert shapes == [(180, 320, 3), (90, 160, 3)]
    for frame, size, said in ((151, None, "no readable evidence of frame 151"), (150, 9999, "1 to 320 pixels long")):
        with pytest.raises(InputError, match=said):
            player_data.picture(run.folder, frame, size)
