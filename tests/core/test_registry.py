"""A public file in a room registers what it offers."""

import sys

import pytest

from core.errors import InputError, UnknownNameError
from core.registry import collect, pick


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A package of its own to put modules into."""
    folder = tmp_path / "made_room"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "made_room"]:
        del sys.modules[name]


def test_public_modules_are_gathered_by_name(room):
    (room / "b.py").write_text("THINGS = {'two': 2, 'zwei': 2}")
    (room / "a.py").write_text("THINGS = {'three': 3}")
    (room / "_hidden.py").write_text("THINGS = {'hidden': 0}")
    (room / "other.py").write_text("X = 1")
    assert list(collect("made_room", "THINGS").items()) == [("three", 3), ("two", 2), ("zwei", 2)]
    assert collect("made_room", "NONE") == {}


def test_a_name_given_twice_is_an_error_that_names_both(room):
    (room / "a.py").write_text("THINGS = {'x': 1}")
    (room / "b.py").write_text("THINGS = {'x': 2}")
    with pytest.raises(ValueError, match="'x' is given by both a and b"):
        collect("made_room", "THINGS")


def test_a_broken_module_is_not_passed_over(room):
    (room / "a.py").write_text("raise RuntimeError('broken')")
    with pytest.raises(RuntimeError, match="broken"):
        collect("made_room", "THINGS")


def test_an_unknown_name_lists_the_known_ones():
    assert pick("camera", "plaza", {"plaza": 1}) == 1
    with pytest.raises(UnknownNameError, match=r"^unknown camera 'x'; known: plaza, ucsd-ped2$"):
        pick("camera", "x", {"ucsd-ped2": 1, "plaza": 2})
    with pytest.raises(InputError, match=r"known: none$"):
        pick("camera", "x", {})


@pytest.mark.parametrize(
    ("room_name", "table", "some"),
    [
        ("detectors", "DETECTORS", "vqunet-prediction"),
        ("explain.objects", "OBJECT_MODELS", "torchvision"),
        ("footage", "DATASETS", "ped2"),
    ],
)
def test_the_rooms_of_the_house_are_gathered(room_name, table, some):
    assert some in collect(room_name, table)
