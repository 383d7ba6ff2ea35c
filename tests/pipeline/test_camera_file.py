"""A camera's file from a stranger is read, or refused in one sentence that names it; other cameras are not touched."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError, WeightsError
from pipeline import camera, camera_file
from tests.ui.test_pages import html, show

DEEP = "[" * 100_000
BAD = [
    ("width", 0, "width must be at least 1 and at most 16384, got 0"),
    ("width", "640", 'width must be a valid integer, got "640"'),
    ("width", 10**30, "width must be at least 1 and at most 16384, got 1000000000"),
    ("height", 10**9, "height must be at least 1"),
    ("height", True, "height must be a valid integer, got true"),
    ("fps", 0, "fps must be above 0 and at most 1000, got 0"),
    ("fps", 1e308, "fps must be above 0"),
    ("threshold", 1e300, "threshold must be at least -1e+06"),
    ("floor", None, "floor must be a valid number, got null"),
    ("sha256", None, "sha256 must be a valid string, got null"),
    ("sha256", "4", "sha256 must be 64 hexadecimal digits in small letters, got '4'"),
    ("sha256", "F" * 64, "sha256 must be 64 hexadecimal digits in small letters"),
    ("sha256", "", "sha256 must be 64 hexadecimal digits in small letters, got ''"),
    ("normality", [], "normality must be an object, got []"),
    ("normality.quantiles", [], "normality.quantiles must be two at least, got 0"),
    ("normality.quantiles", [2.0, 1.0], "normality.quantiles must be in order, got (2.0, 1.0)"),
    ("normality.frames", -1, "normality.frames must be at least 0, got -1"),
    ("normality.classes", {"a": {"per_frame": 1, "density": [], "boxes": 3}}, "density of 'a' must be one at least"),
    ("alarms", {"hours": -1, "thresholds": [1], "per_hour": [1]}, "alarms.hours must be at least 0"),
    ("alarms", {"hours": 1, "thresholds": [1, 2], "per_hour": [1, 2]}, "per_hour, from its end, must be in order"),
    ("channels", {"attributes": 1}, "channels.attributes must be an object, got 1"),
    ("standing", {"alarms": {"hours": 1, "thresholds": [1], "per_hour": [1]}, "threshold": 1, "sha256": "ab"},
     "standing.sha256 must be 64 hexadecimal digits"),
    ("card.clips", 3, "clips of the card must be a list, got 3"),
    ("card.channels", {"pixels": 3}, "channels of the card must be sentences"),
    ("card", DEEP, "it is nested more than 32 levels deep"),
    ("more", 1, "more is unknown"),
]  # fmt: skip


def written(folder, place, value):
    """Write another value at one place of the camera's file."""
    path = folder / "camera.json"
    content = json.loads(path.read_text())
    *above, last = place.split(".")
    at = content
    for name in above:
        at = at[name]
    at[last] = "HERE" if value == DEEP else value
    path.write_text(json.dumps(content).replace('"HERE"', DEEP))


@pytest.mark.parametrize(("place", "value", "said"), BAD)
def test_a_value_that_cannot_be_is_one_sentence(tiny_camera, place, value, said):
    written(tiny_camera.folder, place, value)
    with pytest.raises(InputError) as refused:
        camera.load("tiny")
    assert str(refused.value).startswith("tiny/camera.json cannot be used: ")
    assert said in str(refused.value) and str(refused.value).endswith("; train the camera again")


@pytest.mark.parametrize("name", ["detector", "sha256", "width", "normality", "card"])
def test_a_field_that_is_missing_is_named(tiny_camera, name):
    path = tiny_camera.folder / "camera.json"
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != name}))
    with pytest.raises(InputError, match=f"^tiny/camera.json cannot be used: {name} is missing"):
        camera.load("tiny")


@pytest.mark.parametrize(
    "content", [b"[]", b"", b"null", b"\xff\xfe", b"{" * 9999, b'{"width": 1, "width": 2}', b"1" * 6000]
)
def test_what_is_no_camera_at_all_is_one_sentence(tiny_camera, content):
    (tiny_camera.folder / "camera.json").write_bytes(content)
    with pytest.raises(InputError, match=r"^tiny/camera\.json cannot be used: [^\n]+; train the camera again$"):
        camera.load("tiny")


def test_a_huge_file_and_a_pipe_are_not_read(tiny_camera):
    path = tiny_camera.folder / "camera.json"
    with path.open("r+b") as file:
        file.truncate(camera_file.MAX_BYTES + 1)
    with pytest.raises(InputError, match=r"camera\.json cannot be read: it has more than the 16 MB"):
        camera.load("tiny")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match=r"camera\.json cannot be read: it is no file"):
        camera.load("tiny")


def test_a_background_that_would_fill_the_memory_is_not_unpacked(tiny_camera):
    from PIL import Image

    Image.new("1", (5000, 5000)).save(tiny_camera.folder / "background.png")
    with pytest.raises(WeightsError, match=r"5000x5000 pixels; up to 1\.05 megapixels"):
        camera.load("tiny")


@settings(max_examples=60)
@given(data=st.data())
def test_any_value_at_any_place_is_read_or_refused(tiny_camera, data):
    path = tiny_camera.folder / "camera.json"
    content = json.loads(path.read_text())
    at, name = content, data.draw(st.sampled_from(sorted(content)))
    while isinstance(at[name], dict) and at[name] and data.draw(st.booleans()):
        at, name = at[name], data.draw(st.sampled_from(sorted(at[name])))
    before = at[name]
    at[name] = data.draw(ANY)
    text = json.dumps(content)
    at[name] = before
    original = path.read_bytes()
    try:
        path.write_text(text)
        camera.load("tiny")
    except InputError as error:
        assert str(error).startswith("tiny/camera.json cannot be used: ") and "\n" not in str(error)
    finally:
        path.write_bytes(original)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def test_one_that_cannot_be_used_hides_no_other_on_any_page(tiny_camera):
    for number, (place, value, _) in enumerate(BAD[:3]):
        folder = tiny_camera.folder.parent / f"bad{number}"
        folder.mkdir()
        (folder / "camera.json").write_bytes((tiny_camera.folder / "camera.json").read_bytes())
        written(folder, place, value)
    at = show("cameras")
    assert all(f"bad{number}/camera.json cannot be used" in html(at).lower() for number in range(3))
    assert "**tiny**" in {link.proto.label for link in at.get("page_link")}
    show("new")
    assert "bad0/camera.json cannot be used" in html(show("cameras", camera="bad0")).lower()
