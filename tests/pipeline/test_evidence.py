import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError, StorageError
from core.records import Detections, Evidence
from pipeline.evidence import EvidenceFolder, EvidenceSpan


def detections(frame, labels=("person", "bicycle"), vocabulary="COCO"):
    n = len(labels)
    boxes = np.arange(4 * n, dtype=np.float32).reshape(n, 4)
    return Detections(frame, boxes, tuple(labels), np.linspace(0.2, 0.9, n).astype(np.float32), vocabulary)


def evidence(frame=7, peak=1.0, labels=("person", "bicycle")):
    rng = np.random.default_rng(frame)
    image = np.full((24, 36, 3), 90, np.uint8)
    heat = (rng.random((24, 36), np.float32) ** 4) * np.float32(peak)
    return Evidence(frame, 1.5, image, heat, detections(frame, labels), detections(frame, ("ride",), "AVA"))


@pytest.mark.parametrize("labels", [(), ("person",), ("person", "bicycle", "person")])
def test_what_is_put_comes_back(tmp_path, labels):
    folder, given_ = EvidenceFolder(tmp_path), evidence(labels=labels)
    folder.put(given_)
    got = folder.get(7)
    assert (got.frame, got.objects.labels, got.actions.vocabulary) == (7, labels, "AVA")
    assert got.score == pytest.approx(1.5)
    np.testing.assert_array_equal(got.objects.boxes, given_.objects.boxes)
    assert np.abs(got.image.astype(int) - 90).max() <= 2


@given(st.floats(0, 1e6, width=32))
def test_heat_is_kept_within_its_bound(tmp_path_factory, peak):
    folder, given_ = EvidenceFolder(tmp_path_factory.mktemp("e")), evidence(peak=peak)
    folder.put(given_)
    assert np.abs(folder.get(7).heat - given_.heat).max() <= 0.008 * given_.heat.max() + 1e-12


def test_frames_ascend_and_spans_are_inclusive(tmp_path):
    folder = EvidenceFolder(tmp_path)
    for frame in (30, 5, 12):
        folder.put(evidence(frame))
    assert folder.frames() == [5, 12, 30]
    assert [e.frame for e in folder.between(5, 12)] == [5, 12]
    assert folder.nearest(20).frame == 12


def test_a_missing_or_damaged_file_is_one_sentence(tmp_path):
    folder = EvidenceFolder(tmp_path)
    (tmp_path / "00000003.npz").write_bytes(b"not an archive")
    for frame in (3, 4):
        with pytest.raises(InputError, match=f"no readable evidence of frame {frame}"):
            folder.get(frame)
    assert EvidenceFolder(tmp_path / "new").nearest(0) is None


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(StorageError, match="disk is full"):
        EvidenceFolder(tmp_path).put(evidence())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("frame", "most", "kept"),
    [(50, 4, [30, 40, 50, 60]), (0, 4, [0, 10, 20, 30]), (90, 4, [60, 70, 80, 90]), (50, 99, [*range(0, 100, 10)])],
)
def test_a_long_span_is_cut_around_a_frame(tmp_path, frame, most, kept):
    span = EvidenceSpan(EvidenceFolder(tmp_path), [*range(0, 100, 10)])
    assert span.around(frame, most).frames == kept
