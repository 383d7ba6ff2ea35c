"""Verbs that are killed, whose disk fills or drops flushes, lose nothing; and what would be lost is noticed."""

import json
import random
import resource

import pytest

from benchmarks import dropped_flushes, full_disk, killed_commands
from benchmarks._forked_verbs import Ended, serving
from benchmarks._verb_results import digests
from benchmarks._verb_work import VERBS, Work

FASTEST = "evaluate"


@pytest.fixture(scope="module")
def at_work(tmp_path_factory):
    place = tmp_path_factory.mktemp("place")
    with pytest.MonkeyPatch.context() as patch:
        for name in VERBS.keys() - {FASTEST}:
            patch.delitem(VERBS, name)
        work = Work(place, place)
        with serving(work.environment, place / "said.log") as verbs:
            work.undisturbed(FASTEST, verbs)
            yield work, verbs


@pytest.fixture
def work(at_work):
    at_work[0].begin()
    return at_work[0]


def test_nothing_is_lost_when_a_verb_is_killed(at_work):
    count, chance = killed_commands.Count(FASTEST), random.Random(1)
    while count.kills < 5:
        killed_commands._killed(count, *at_work, chance, anew=False)
    assert count.faults == []


@pytest.mark.parametrize("kind", dropped_flushes.DISKS)
def test_a_verb_goes_on_from_what_a_loss_of_power_leaves(at_work, kind):
    found = dropped_flushes._found(FASTEST, kind, *at_work, 0)
    assert len(found) > 10
    for disk in random.Random(2).sample(found, 2):
        what, faults = dropped_flushes._gone_on(FASTEST, kind, disk, *at_work)
        assert faults == [] and (what == "equal" or kind == dropped_flushes.DROPPING)


class Limit:
    """Files can be no larger, which is said as a full disk is: no test needs to mount one for it."""

    def __init__(self, process):
        self.process, self.before = process, resource.prlimit(process, resource.RLIMIT_FSIZE)

    def leave(self, room):
        resource.prlimit(self.process, resource.RLIMIT_FSIZE, (room, self.before[1]))

    def empty(self):
        resource.prlimit(self.process, resource.RLIMIT_FSIZE, self.before)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="Linux alone limits other processes")
@pytest.mark.parametrize(("room", "what"), [(1000, "full"), (1 << 20, "room")])
def test_nothing_is_lost_when_the_disk_fills(at_work, room, what):
    assert full_disk._filled(FASTEST, room, Limit(at_work[1]._process.pid), *at_work) == (what, [])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("figures.json", b'{"auc": ', "figures.json is not whole: Expecting value"),
        ("new/small.npz", b"PK", "new/small.npz is not whole"),
        ("clip.mp4", b"", "clip.mp4 was changed"),
        ("clip.mp4", None, "clip.mp4 is lost"),
        ("home/cameras/small/camera.json", b"{}", "home/cameras/small/camera.json was changed"),
    ],
)
def test_what_is_lost_or_half_there_is_noticed(work, name, content, said):
    assert work.stopped(FASTEST, look=True) == []
    (work.folder / name).unlink(missing_ok=True)
    if content is not None:
        (work.folder / name).parent.mkdir(exist_ok=True)
        (work.folder / name).write_bytes(content)
    assert any(one.startswith(said) for one in work.stopped(FASTEST, look=False))


def test_results_that_differ_are_noticed_and_times_are_not(work):
    ended = Ended(0, 1.0, "")
    assert {one.rpartition(" is ")[2] for one in work.ended(FASTEST, ended)} == {"missing", "another one"}
    assert work.ended(FASTEST, Ended(2, 1.0, "whycam: no\n")) == ["run again, it ended with 2: ['whycam: no']"]
    figures = work.folder / "figures.json"
    found = []
    for seconds, auc in ((1.0, 0.5), (2.0, 0.5), (2.0, 0.6)):
        figures.write_text(json.dumps({"auc": auc, "machine": {"seconds": seconds}}))
        found.append(digests(work.folder)["figures.json"])
    assert found[0] == found[1] != found[2]


def test_what_a_full_disk_must_be_called():
    said = "whycam: 'a' could not be written to b: the disk is full; free some space and try again\n"
    assert full_disk._said(Ended(2, 1.0, f"whycam: note: short\n{said}")) == []
    for ended in (Ended(1, 1.0, said), Ended(2, 1.0, said * 2), Ended(2, 1.0, "whycam: no\n"), Ended(2, 1.0, "")):
        assert full_disk._said(ended)
