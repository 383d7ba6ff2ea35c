"""The time left of jobs whose true course is known: it covers all stages, and learns from this job and earlier ones."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.progress import (
    JobProgress,
    Progress,
    Stage,
    Told,
    counted_down,
    footage_length,
    foreseen,
    kept,
    roughly,
    time_left,
)
from core.speeds import FILE, MAX_ENTRIES, Speed, Speeds

STAGES = (
    Stage("downloading", "MB", total=0),
    Stage("loading", start=1.0),
    Stage("scoring", "frames", start=0.2, each=0.02),
    Stage("pictures", "frames", start=0.2, each=0.2, follows="scoring", ratio=0.05),
    Stage("ranking", "frames", start=0.1, each=0.02, follows="pictures", ratio=1.0),
    Stage("writing", start=0.5),
)


class Course:
    """A job that takes what the test says; ``told`` holds (true time left, progress)."""

    def __init__(self, home, stages=STAGES, subjects=("plaza",)):
        self.now, self.told = 100.0, []
        self.speeds = Speeds(home / FILE)
        self.job = JobProgress("analyse", stages, lambda p: self.told.append((self.now, p)), subjects=subjects,
                               speeds=self.speeds, clock=lambda: self.now)  # fmt: skip

    def goes(self, load=3.0, frames=1000, each=lambda frame: 0.03, hot=lambda frame: 0.0, picture=0.25, rank=0.05,
             write=2.0):  # fmt: skip
        """Load, score frame by frame with pictures of hot ones in between, rank, write."""
        job = self.job
        job.begin("loading")
        job.expect("scoring", frames)
        self.now += load
        job.begin("scoring", frames)
        pictures = owed = 0.0
        for frame in range(8, frames + 1, 8):
            self.now += 8 * each(frame)
            job.advance(frame)
            owed += 8 * hot(frame)
            fresh, owed = int(owed), owed - int(owed)
            self.now += fresh * picture
            pictures += fresh
            job.count("pictures", pictures)
        job.begin("ranking", pictures)
        for done in range(1, int(pictures) + 1):
            self.now += rank
            job.advance(done)
        job.begin("writing")
        self.now += write
        job.finish()
        return self

    @property
    def length(self):
        return self.now - self.told[0][0]

    def errors(self, *shares):
        """Relative error of the time left at some shares of the whole job, as it would be shown then."""
        found = []
        for share in shares:
            at = self.told[0][0] + share * self.length
            when, progress = [entry for entry in self.told if entry[0] <= at][-1]
            found.append(counted_down(progress.left, at - when) / (self.now - at) - 1)
        return np.abs(found)

    def rise(self, since=0.25):
        """By which share of the job its foretold end was put off, at most, behind a share of it."""
        begun = self.told[0][0]
        ends = [
            when + p.left - begun for when, p in self.told if p.left is not None and when - begun >= since * self.length
        ]
        return max(end - min(ends[: i + 1]) for i, end in enumerate(ends)) / self.length


COURSES = {
    "even": {"hot": lambda f: 0.1},
    "nothing unusual": {},
    "all unusual": {"hot": lambda f: 0.2},
    "slow start": {"each": lambda f: 0.3 if f <= 24 else 0.03, "hot": lambda f: 0.05},
    "long to load": {"load": 15.0, "hot": lambda f: 0.1},
    "much to write": {"hot": lambda f: 0.15, "rank": 0.2, "write": 10.0},
    "bursts": {"hot": lambda f: 0.2 * (f // 100 % 2)},
}


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_a_job_like_the_one_before_is_foretold_from_a_quarter_on(tmp_path, course):
    Course(tmp_path).goes(**course)
    again = Course(tmp_path).goes(**course)
    assert (again.errors(0.25, 0.4, 0.5, 0.6, 0.75, 0.9) < 0.3).all(), again.errors(0.25, 0.4, 0.5, 0.6, 0.75, 0.9)
    assert again.rise() <= 0.1


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_a_first_job_corrects_what_was_guessed_of_it(tmp_path, course):
    first = Course(tmp_path).goes(**course)
    assert all(progress.left is not None for when, progress in first.told if progress.stage == "scoring")
    if course.get("write", 2.0) < 5:
        assert (first.errors(0.4, 0.5, 0.6) < 0.35).all(), first.errors(0.4, 0.5, 0.6)


def test_a_machine_that_becomes_busy_is_followed_within_seconds(tmp_path):
    Course(tmp_path).goes(hot=lambda f: 0.1)
    busy = Course(tmp_path).goes(each=lambda f: 0.03 if f < 500 else 0.09, hot=lambda f: 0.05, picture=0.4)
    turned = next(when for when, p in busy.told if p.done > 500)
    later = [(when, p) for when, p in busy.told if turned + 25 < when and p.stage == "scoring"]
    assert later and all(abs(p.left / (busy.now - when) - 1) < 0.3 for when, p in later)


@pytest.mark.parametrize("times", [0.4, 3.0])
def test_a_machine_that_is_slower_than_before_is_slower_in_what_comes_too(tmp_path, times):
    stages = [dataclasses.replace(stage, gauge=stage.name == "pictures") for stage in STAGES]
    usual = {"hot": lambda f: 0.1, "rank": 0.2, "write": 10.0}
    Course(tmp_path, stages).goes(**usual)
    other = Course(tmp_path, stages).goes(
        load=3.0 * times, each=lambda f: 0.03 * times, picture=0.25 * times, hot=usual["hot"], rank=0.2 * times,
        write=10.0 * times,
    )  # fmt: skip
    assert (other.errors(0.4, 0.6, 0.75) < 0.25).all(), other.errors(0.4, 0.6, 0.75)


def test_the_old_rule_would_fail_these_courses(tmp_path):
    """What is left of the present stage alone, at the job's mean rate, is what was shown before."""
    course = Course(tmp_path).goes(**COURSES["much to write"])
    begun = next(when for when, p in course.told if p.stage == "scoring")
    when, p = next((when, p) for when, p in course.told if p.stage == "scoring" and when - begun > 0.5 * course.length)
    old = (p.total - p.done) / (p.done / (when - begun))
    assert abs(old / (course.now - when) - 1) > 0.3


def test_share_never_falls_and_ends_near_one(tmp_path):
    told = [p for _, p in Course(tmp_path).goes(hot=lambda f: 0.2 * (f > 500)).told]
    shares = [p.share for p in told if p.share is not None]
    assert shares == sorted(shares) and shares[0] >= 0 and 0.9 < shares[-1] <= 1


def test_nothing_is_foretold_while_a_length_is_unknown_and_all_is_once_it_is_known(tmp_path):
    told, now = [], [0.0]
    job = JobProgress("x", (Stage("a", start=1.0), Stage("b", "frames", start=0.1, each=0.1)), told.append,
                      speeds=Speeds(tmp_path / FILE), clock=lambda: now[0])  # fmt: skip
    job.begin("a")
    assert told[-1].left is None and told[-1].share is None and time_left(told[-1].left) == "time left not known yet"
    job.begin("b")
    assert (told[-1].left, told[-1].total) == (None, None)
    job.advance(10, 100)
    assert told[-1].left == pytest.approx(90 * 0.1) and told[-1].total == 100
    job.begin("b", math.inf)
    assert told[-1].left is None and told[-1].total is None


def test_a_length_that_is_guessed_gives_a_time_and_is_not_shown(tmp_path):
    told = []
    job = JobProgress("x", STAGES[2:3], told.append, speeds=Speeds(tmp_path / FILE), clock=lambda: 0.0)
    job.expect("scoring", 500, roughly=True)
    job.begin("scoring")
    assert told[-1].left == pytest.approx(0.2 + 499 * 0.02) and told[-1].total is None
    job.begin("scoring", 400)
    assert told[-1].total == 400


def test_a_stage_that_is_seldom_needed_costs_nothing_until_it_is(tmp_path):
    told, now = [], [0.0]
    job = JobProgress("x", STAGES[:3], told.append, speeds=Speeds(tmp_path / FILE), clock=lambda: now[0])
    job.begin("loading")
    job.expect("scoring", 100)
    job.begin("scoring")
    without = told[-1].left
    job.begin("downloading", 200)
    for megabytes in (1, 11, 21):
        now[0] += 10.0
        job.advance(megabytes)
    assert told[-1].left == pytest.approx(180 + without, rel=0.15) and (told[-1].unit, told[-1].stage) == (
        "MB",
        "downloading",
    )
    now[0] += 30.0
    job.begin("loading")
    assert told[-1].left < 20


def test_a_job_that_goes_on_measures_only_what_it_does_itself(tmp_path):
    told, now = [], [0.0]
    job = JobProgress("x", STAGES[2:3], told.append, speeds=Speeds(tmp_path / FILE), clock=lambda: now[0])
    job.begin("scoring", 1000, 900)
    for done in range(910, 1000, 10):
        now[0] += 1.0
        job.advance(done)
    assert told[-1].fps == pytest.approx(10, rel=0.01) and told[-1].left == pytest.approx(1.0, abs=0.2)
    assert told[-1].share > 0.9


def test_a_stage_that_goes_beyond_its_plan_does_not_say_so_and_is_planned_better_next_time(tmp_path):
    told, now = [], [0.0]
    for _ in range(2):
        job = JobProgress("x", STAGES[2:3], told.append, speeds=Speeds(tmp_path / FILE), clock=lambda: now[0])
        job.expect("scoring", 100)
        job.begin("scoring")
        for done in range(10, 151, 10):
            now[0] += 1.0
            job.advance(done)
        job.finish()
        assert (told[-1].done, told[-1].total) == (150, None) and all(p.done <= p.total for p in told if p.total)
    assert Speeds(tmp_path / FILE).of("x", ("",), "scoring").ratio == pytest.approx(1.5 + 0.5 * (1.5 * 1.5 - 1.5))


def test_a_stage_begins_with_what_is_known_then(tmp_path):
    """What was foretold badly does not linger."""
    told, now = [], [0.0]
    job = JobProgress("x", STAGES[1:], told.append, speeds=Speeds(tmp_path / FILE), clock=lambda: now[0])
    job.expect("scoring", 1000)
    job.begin("scoring")
    for done in (1, 2, 3):
        now[0] += 60.0
        job.advance(done)
    assert told[-1].left > 1000
    job.begin("writing")
    assert told[-1].left < 5


@given(st.lists(st.tuples(st.sampled_from(["begin", "advance", "count", "expect", "wait"]), st.integers(0, 5),
                          st.floats(0, 1e4)), max_size=40))  # fmt: skip
def test_no_order_of_calls_gives_a_time_that_is_none(tmp_path, calls):
    told, now = [], [0.0]
    names = [stage.name for stage in STAGES]
    job = JobProgress("x", STAGES, told.append, speeds=Speeds(tmp_path / "none.json"), clock=lambda: now[0])
    for what, which, number in calls:
        if what == "wait":
            now[0] += number
        elif what == "advance":
            job.advance(number)
        else:
            getattr(job, what)(names[which], number)
    assert all(p.left is None or 0 <= p.left < math.inf for p in told)
    assert all(p.share is None or 0 <= p.share <= 1 for p in told)


def test_a_stage_may_only_follow_one_before_it():
    with pytest.raises(ValueError, match="follows must be a stage before it, got b"):
        JobProgress("x", (Stage("a", follows="b"), Stage("b")))


@pytest.mark.parametrize("left", [0.0, 0.3, 4.9, 7.0, 59.9, 299.0, 3599.0, 86400.0, None])
def test_words_never_say_that_nothing_is_left(left):
    said = time_left(left)
    assert "0:00" not in said and not said.startswith(("0", "about 0")) and said.endswith(("left", "yet"))


@given(st.floats(0, 1e6))
def test_what_is_rounded_stays_near(seconds):
    units = {"h": 3600, "min": 60, "s": 1}
    parts = roughly(seconds).split(" ")
    whole = sum(int(count) * units[unit] for count, unit in zip(parts[::2], parts[1::2], strict=True))
    assert abs(whole - seconds) <= max(1.0, 0.35 * seconds if seconds < 15 else 0.1 * seconds)


def test_a_late_job_is_not_said_to_be_nearly_done():
    assert counted_down(2.0, 95.0) == pytest.approx(23.75)
    assert time_left(counted_down(2.0, 95.0)) == "about 25 s left"


def test_what_another_process_told_is_counted_down(monkeypatch):
    monkeypatch.setattr("core._progress.time.time", lambda: 1000.0)
    told = Told.of(json.loads(json.dumps(kept(Progress(5, 10, 1.0, "scoring", left=60.0)))))
    monkeypatch.setattr("core._progress.time.time", lambda: 1020.0)
    assert told.left == 40.0 and told.progress.stage == "scoring"
    assert [Told.of(bad) for bad in (None, {}, {"progress": 3}, {"at": 1, "progress": {"done": 1}})] == [None] * 4


def test_speeds_are_remembered_for_the_subject_and_for_any(tmp_path):
    speeds = Speeds(tmp_path / "home" / FILE)
    speeds.learn("analyse", ("plaza", "cpu"), {"scoring": Speed(each=0.02, start=1.0)})
    speeds.learn("analyse", ("plaza", "cpu"), {"scoring": Speed(each=0.04)})
    again = Speeds(tmp_path / "home" / FILE)
    assert again.of("analyse", ("ped2", "cpu"), "scoring") == Speed(each=pytest.approx(0.03), start=1.0)
    assert again.of("analyse", ("ped2",), "scoring") is None and again.of("train", ("plaza",), "scoring") is None
    assert foreseen("analyse", ("plaza",), Stage("scoring", "frames"), 101, again) == pytest.approx(1.0 + 3.0)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"x": 3}',
        '{"a / b / c": {"each": "2", "start": -1, "ratio": true}}',
        '{"a / b / c": {"each": NaN}}',
    ],
)
def test_a_damaged_memory_is_forgotten_and_replaced(tmp_path, content):
    path = tmp_path / FILE
    path.write_text(content)
    speeds = Speeds(path)
    assert speeds.of("a", ("b",), "c") in (None, Speed())
    speeds.learn("a", ("b",), {"c": Speed(each=2.0)})
    assert Speeds(path).of("a", ("b",), "c") == Speed(each=2.0)


def test_a_memory_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    Speeds(tmp_path / "file" / FILE).learn("a", ("b",), {"c": Speed(each=2.0)})
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and (tmp_path / "file").read_text() == ""


def test_the_memory_does_not_grow_for_ever(tmp_path):
    speeds = Speeds(tmp_path / FILE)
    speeds.learn("a", ("old",), {"c": Speed(each=1.0)})
    speeds.learn("a", [str(i) for i in range(MAX_ENTRIES + 5)], {"c": Speed(each=1.0)})
    assert len(json.loads(speeds.path.read_text())) == MAX_ENTRIES and speeds.of("a", ("old",), "c") is None
    assert all(
        set(entry) == {f.name for f in dataclasses.fields(Speed)}
        for entry in json.loads(speeds.path.read_text()).values()
    )


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.04 s"), (119.4, "119 s"), (5990.0, "100 min"), (36000, "10 h")]
)
def test_lengths_of_footage(seconds, said):
    assert footage_length(seconds) == said
