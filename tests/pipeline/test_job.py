"""The job that analyses a clip, in its real worker process."""

import io

import pytest

from core import video
from core.progress import Progress
from jobs import worker
from jobs.store import JobStore
from pipeline import store
from tests.jobs import inline
from tests.ui import made


@pytest.mark.parametrize(
    ("camera", "content", "sentence"),
    [
        ("street", b"dear diary" * 200, "walk.mp4"),
        ("street", None, "weights"),
        ("nowhere", None, "unknown camera 'nowhere'"),
    ],
)
def test_the_worker_says_what_is_wrong(camera, content, sentence, tmp_path):
    made.camera()
    if content is None:
        video.encode(tmp_path / "clip.mp4", made.pictures(20), made.FPS)
        content = (tmp_path / "clip.mp4").read_bytes()
    run = store.start(store.create(io.BytesIO(content), "walk.mp4").id, camera)
    inline.until(run, lambda: not store.get(run.id).active)
    run = store.get(run.id)
    assert run.state == "failed"
    assert sentence in run.reason
    assert "Whycam itself failed" not in run.reason and "clip.mp4" not in run.reason


def test_progress_is_written_at_most_four_times_a_second(monkeypatch):
    reports = []
    context = worker.JobContext(made.running(), JobStore())
    monkeypatch.setattr(context.store, "report", lambda *values: reports.append(values))
    clock = iter(i * 0.01 for i in range(1, 1001))
    monkeypatch.setattr(worker.time, "monotonic", lambda: next(clock))
    for done in range(1000):
        context.progress(Progress(done, 999, 1.0, "scoring" if done < 500 else "explaining"))
    assert 40 <= len(reports) <= 44
    assert reports[-1][1].done == 999
    assert any((p.stage, p.done) == ("explaining", 500) for _, p, _ in reports)
