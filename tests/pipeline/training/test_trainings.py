"""Cameras made by jobs: whatever happens to page or worker, what is done is kept and said."""

import io
import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from core import files
from core.errors import Cancelled, InputError
from core.progress import JobProgress
from jobs.locks import exclusive
from jobs.store import JobStore
from pipeline.kinds import KINDS, queue
from pipeline.training import job as training_job
from pipeline.training import plan, trainings
from tests.jobs import inline
from tests.jobs.inline import until
from tests.pipeline.training import fake_teacher
from tests.ui import made

HOSTILE = '../../x"><script>alert(1)</script>.mp4'


@pytest.fixture
def quiet(monkeypatch):
    """Start no process: the test is the worker, with a small teacher."""
    inline.no_processes(monkeypatch)
    monkeypatch.setattr(training_job, "train_camera", fake_teacher.train_camera)


def submitted(order="", name="yard", clips=("a.mp4",), **more):
    streams = [(clip, io.BytesIO(order.encode())) for clip in clips]
    return trainings.submit(name, streams, **{"false_alarms": 6.0, "minutes": 3.0, **more})


def taught(*what, **how):
    made = submitted(*what, **how)
    inline.work(made.id)
    return trainings.get(made.id)


@pytest.mark.usefixtures("quiet")
def test_a_training_goes_its_way_and_says_so(whycam_home):
    made = taught(clips=(HOSTILE, "b.MKV"))
    assert (made.state, made.reason, made.clips) == ("done", "", [HOSTILE, "b.MKV"])
    assert [path.name for path in made.paths] == ["0000.mp4", "0001.mkv"]
    assert (made.camera, made.false_alarms, made.minutes, made.anyway) == ("yard", 6.0, 3.0, False)
    assert made.chosen == {"step": "3: of 25 frames a second about 8 are looked at"}
    assert made.notes == ["the footage is short"]
    assert made.stage == "Learning: epoch 1 of 4, loss 0.10000"
    assert (whycam_home / "cameras" / "yard" / "camera.json").exists()
    trainings.delete(made.id)
    assert trainings.trainings() == [] and (whycam_home / "cameras" / "yard" / "camera.json").exists()


@pytest.mark.usefixtures("quiet")
def test_clips_that_are_no_longer_there_are_one_sentence():
    made = submitted(clips=("a.mp4", "b.mp4"))
    shutil.rmtree(made.folder / "clips")
    inline.work(made.id)
    made = trainings.get(made.id)
    said = "clips of 'yard' are no longer there; delete this training, and train on them again"
    assert (made.state, made.reason) == ("failed", said)


@pytest.mark.usefixtures("quiet")
def test_unfit_footage_is_said_and_taken_anyway_when_asked():
    made = taught("pan")
    assert (made.state, made.unfit, made.reason) == ("failed", True, "'a.mp4' is not from a fixed camera")
    trainings.resume(made.id, anyway=True)
    inline.work(made.id)
    made = trainings.get(made.id)
    assert (made.state, made.anyway, made.unfit, made.reason, made.attempts) == ("done", True, False, "", 2)


@pytest.mark.usefixtures("quiet")
def test_what_is_said_of_clips_names_them_as_their_owner_does():
    made = taught("torn", clips=("monday.mp4", "tuesday.mkv"))
    assert made.reason == "'monday.mp4' is not a video that can be read"
    assert made.notes == ["'tuesday.mkv' is cut: only its first 3 s could be read"]


def test_a_training_that_was_killed_goes_on_and_one_that_is_cancelled_leaves_nothing(whycam_home, monkeypatch):
    monkeypatch.setitem(KINDS, "training", "tests.pipeline.training.fake_teacher:run")
    first, second = submitted("die once"), submitted("slow", name="slow")
    with pytest.raises(InputError, match="'slow' is still at work; cancel it"):
        trainings.delete(second.id)
    with pytest.raises(InputError, match="'slow' is queued already"):
        trainings.resume(second.id)
    with pytest.raises(InputError, match="there is a camera 'yard' already"):
        submitted()
    until(first, lambda: trainings.get(first.id).state == "interrupted")
    trainings.resume(first.id)
    until(second, lambda: (whycam_home / "cameras" / "slow" / "training" / "epochs").exists())
    queue().cancel(second.id)
    until(second, lambda: trainings.get(second.id).state == "cancelled")
    trainings.delete(second.id)
    assert not (whycam_home / "cameras" / "slow").exists()
    until(first, lambda: trainings.get(first.id).state == "done")
    assert (whycam_home / "cameras" / "yard" / "camera.json").read_text() == "begun at 2"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Two Words"}, "camera name 'Two Words'"),
        ({"name": "../up"}, "camera name '../up'"),
        ({"name": "plaza"}, "there is a camera 'plaza' already"),
        ({"clips": ()}, "choose at least one clip"),
        ({"clips": ("a.mp4", "notes.txt")}, "'notes.txt' is no video file by its name"),
        ({"false_alarms": 0}, "false alarms an hour must be"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(whycam_home, fields, said):
    with pytest.raises(InputError, match=said):
        submitted(**fields)
    assert list((whycam_home / "trainings").glob("*")) == [] and trainings.trainings() == []


@pytest.mark.usefixtures("quiet")
def test_a_camera_that_the_command_line_trains_is_left_alone(whycam_home):
    made = submitted()
    JobStore().end(made.id, "cancelled", "", inline.ME)
    camera = whycam_home / "cameras" / "yard"
    with exclusive(camera):
        (camera / "training").mkdir()
        with ThreadPoolExecutor() as pool, pytest.raises(InputError, match="another process of Whycam is writing into"):
            pool.submit(trainings.delete, made.id).result()
    assert (camera / "training").exists() and trainings.trainings() == []


@pytest.fixture
def yard(quiet):
    """A camera that was trained on two clips, and runs of it; its file holds no more than its name."""
    taught(clips=(HOSTILE, "b.mp4"))
    made_by_hand = made.camera("yard")
    return made_by_hand, [made.done("judged.mp4", camera="yard"), made.done("another.mp4", camera="street")]


def test_a_camera_is_learnt_again_from_its_footage_and_clips_of_runs(yard, whycam_home):
    camera, (judged, other) = yard
    again = trainings.learn_again("yard", "yard", [judged], [("c.mkv", io.BytesIO(b"new"))], None, 3.0)
    assert again.clips == [HOSTILE, "b.mp4", "judged.mp4", "c.mkv"] and again.camera == "yard"
    assert again.paths[2].read_bytes() == judged.path.read_bytes() and again.paths[3].read_bytes() == b"new"
    with pytest.raises(InputError, match="'yard' is being trained already"):
        trainings.learn_again("yard", "yard", [judged], [], None, 3.0)
    with pytest.raises(InputError, match=f"run {other.id} has no clip of camera 'yard'"):
        trainings.learn_again("yard", "yard-2", [other], [], None, 3.0)
    JobStore().end(again.id, "cancelled", "", inline.ME)
    (camera.folder / "training").mkdir(exist_ok=True)
    trainings.delete(again.id)
    assert (camera.folder / "camera.json").exists() and not (camera.folder / "training").exists()
    assert judged.path.exists() and [len(footage) for footage in (trainings.footage_of("yard"),)] == [2]


def test_a_camera_that_comes_with_whycam_is_learnt_again_under_another_name(quiet):
    run = made.done("judged.mp4", camera="plaza")
    with pytest.raises(InputError, match="'plaza' comes with Whycam and stays as it is"):
        trainings.learn_again("plaza", "plaza", [run], [], None, 3.0)
    assert trainings.learn_again("plaza", "plaza-2", [run], [], None, 3.0).clips == ["judged.mp4"]
    with pytest.raises(InputError, match="choose at least one clip"):
        trainings.learn_again("plaza", "plaza-3", [], [], None, 3.0)


@pytest.mark.usefixtures("quiet")
def test_a_training_tells_of_all_its_stages(monkeypatch):
    def train(source, clips, out, request, callbacks, runtime):
        job = JobProgress("train", plan.STAGES, callbacks.progress)
        callbacks.begun(job)
        job.begin(plan.SURVEYING)
        job.expect(plan.LEARNING, 500)
        job.begin(plan.READING, 80)
        job.advance(20)

    monkeypatch.setattr(training_job, "train_camera", train)
    stages = {one["name"]: one for one in taught().stages}
    assert plan.STAGES[4].name not in stages, "a download that is not needed"
    assert (stages[plan.SURVEYING]["state"], stages[plan.READING]["state"]) == ("done", "now")
    learning = stages[plan.LEARNING]
    assert (learning["state"], learning["total"], learning["unit"]) == ("to come", 500, "windows")
    assert learning["left"] is None or learning["left"] > 0


@pytest.mark.parametrize("job_id", ["", "../../etc", "20261122-000000-abcdef"])
def test_an_unknown_training_is_one_sentence(job_id):
    with pytest.raises(InputError, match="there is no training"):
        trainings.get(job_id)


OLD = {"camera": "yard", "clips": [HOSTILE], "false_alarms": None, "minutes": 15.0, "anyway": True}


@pytest.mark.parametrize("damaged", ["{", "[]", json.dumps({"state": "lost"})])
def test_what_version_0_1_kept_in_folders_is_taken_over_once_but_for_what_is_damaged(damaged):
    states = {"1": {"state": "failed", "error": "it broke", "unfit": True, "notes": ["short"], "chosen": {"a": "b"}},
              "2": {"state": "running", "share": 0.5, "told": 5.0}, "3": {}}  # fmt: skip
    for number, state in states.items():
        folder = files.home() / "lessons" / f"20261122-12000{number}-000000"
        files.write_json(folder / "request.json", OLD | {"camera": f"yard-{number}"})
        files.write_json(folder / "state.json", state)
        (folder / "clips").mkdir()
        (folder / "clips" / "0000.mp4").write_bytes(b"x")
    (folder / "state.json").write_text(damaged)
    for _ in range(2):
        assert [(one.camera, one.state) for one in trainings.trainings()] == [
            ("yard-2", "interrupted"), ("yard-1", "failed"),
        ]  # fmt: skip
    made = trainings.trainings()[1]
    assert (made.reason, made.unfit, made.notes, made.chosen) == ("it broke", True, ["short"], {"a": "b"})
    assert (made.clips, made.paths[0].name, made.anyway, made.minutes) == ([HOSTILE], "0000.mp4", True, 15.0)
    assert made.named("'0000.mp4' is cut") == f"{HOSTILE!r} is cut"
    trainings.delete(made.id)
    assert not made.folder.exists() and (folder / "state.json").exists()


def test_progress_asks_whether_to_stop():
    class FrameRequest:
        def check_cancelled(self):
            raise Cancelled("")

    with pytest.raises(Cancelled):
        training_job.callbacks_of(FrameRequest(), None).progress(None)
