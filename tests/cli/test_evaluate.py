"""The command line's evaluate in its several ways: check, scores of others, kept scores, protocols, distortions."""

import json

import pytest

from cli.main import main
from footage.ucsd import Ped1
from pipeline.evaluation.protocols import PROTOCOLS
from tests.clips import make, pictures
from tests.footage import trees


def run(capsys, *arguments):
    code = main(["evaluate", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def tree(tmp_path):
    return trees.ped1(tmp_path / "data", masked=(1, 2))


def scores(path, shift=0.0):
    abnormal = {1: {2, 3}, 2: {1, 2, 5, 6}}
    rows = [f"Test{c:03d},{f},{(f in abnormal[c]) + shift * f}" for c in (1, 2) for f in range(1, 8)]
    path.write_text("\n".join(["video,frame,score", *rows]))
    return path


def test_a_data_set_is_checked(capsys, tree, monkeypatch, tmp_path):
    code, out, _ = run(capsys, "--check", "--data", "ped1", "--root", tree, "--json", tmp_path / "c.json")
    assert code == 2
    assert "test frames: 14, but 7200 in the published data set" in out
    assert json.loads((tmp_path / "c.json").read_text())["found"]["abnormal"] == 6
    monkeypatch.setattr(Ped1, "official", {})
    assert run(capsys, "--check", "--data", "ped1", "--root", tree)[0] == 0


def test_a_set_without_abnormal_frames_is_said_to_have_none(capsys, tmp_path):
    make(tmp_path / "a.mp4", pictures(4))
    code, out, _ = run(capsys, "--check", "--data", "folder", "--root", tmp_path)
    assert code == 0 and "It has no abnormal frames: no camera can be evaluated on it." in out


def test_scores_of_several_systems_are_measured_by_a_papers_protocol(capsys, tree, tmp_path):
    one, other = scores(tmp_path / "one.csv"), scores(tmp_path / "other.csv", 0.5)
    code, out, _ = run(capsys, "--data", "ped1", "--root", tree, "--scores", one, other, "--protocol", "itae",
                       "--smooth", "savgol", "--json", tmp_path / "r.json")  # fmt: skip
    assert code == 0
    first, second = json.loads((tmp_path / "r.json").read_text())
    assert (first["camera"], second["camera"], first["auc"]["micro_raw"]) == ("one", "other", 1.0)
    assert first["rules"] == {
        "protocol": "itae",
        "normalisation": "min-max",
        "smoothing": "savgol",
        "first": 0,
        "last": 0,
    }
    assert out.count("Protocol itae (cho2022unsupervised)") == 2
    assert "Savitzky–Golay" in out
    assert "index alone" in out.splitlines()[-3], "several systems end in one table"


def test_a_cameras_scores_are_kept_and_read_again_on_plain_and_worse_footage(capsys, tree, tmp_path, tiny_camera):
    asked = ("--data", "ped1", "--root", tree, "--device", "cpu", "--json")
    code, out, _ = run(capsys, "tiny", *asked, tmp_path / "a.json", "--keep", tmp_path, "--distort", "",
                       "--distort", "brightness=0.5,every=1")  # fmt: skip
    assert code == 0
    plain, dark = json.loads((tmp_path / "a.json").read_text())
    assert dark["distortion"] == "brightness=0.5"
    assert "distorted: brightness=0.5" in out
    assert {path.name for path in tmp_path.glob("*.npz")} == {"tiny.npz", "tiny-brightness0.5.npz"}
    code, _, _ = run(capsys, *asked, tmp_path / "b.json", "--scores", tmp_path / "tiny.npz")
    assert code == 0
    plain.pop("false_alarms")  # held against the camera's card, which kept scores do not have
    assert json.loads((tmp_path / "b.json").read_text()) == plain
    assert set(plain["localisation"]) == {"heat", "pixel_auc", "rbdc", "tbdc", "protocol"}


def test_a_detector_with_two_scores_is_measured_by_each_over_distortions(capsys, tree, tmp_path, latent_camera):
    asked = ("latent", "--data", "ped1", "--root", tree, "--device", "cpu", "--json", tmp_path / "a.json")
    code, out, _ = run(capsys, *asked, "--by", "z", "--by", "p", "--distort", "", "--distort", "brightness=0.5")
    assert code == 0
    found = json.loads((tmp_path / "a.json").read_text())
    assert [(one["camera"], one.get("distortion")) for one in found] == [
        ("latent, score z", None), ("latent, score z", "brightness=0.5"),
        ("latent, score p", None), ("latent, score p", "brightness=0.5"),
    ]  # fmt: skip
    assert {one["threshold"] for one in found} == {None}, "the camera's threshold is of its own score"
    assert {one["f1"] for one in found} == {None}
    assert len({one["auc"]["micro_raw"] for one in found}) > 1
    assert "latent, score p" in out.splitlines()[-1]


def test_a_score_that_a_detector_does_not_have_is_refused(capsys, tree, tiny_camera, latent_camera):
    asked = ("--data", "ped1", "--root", tree, "--device", "cpu", "--by")
    code, _, err = run(capsys, "tiny", *asked, "z")
    assert code == 2 and "vqunet-prediction has one score alone; those with several: decoupled-" in err
    code, _, err = run(capsys, "latent", *asked, "q")
    assert code == 2 and "unknown score 'q'; known: p, r, z" in err
    code, _, err = run(capsys, "latent", *asked, "z", "--card")
    assert code == 2 and "leave out --by, or --card" in err


def test_the_difference_of_two_frames_is_a_row_beside_a_camera_or_alone(capsys, tree, tmp_path, tiny_camera):
    asked = ("--data", "ped1", "--root", tree, "--device", "cpu", "--json", tmp_path / "a.json", "--by", "difference")
    code, _, _ = run(capsys, *asked, "--distort", "", "--distort", "blur=2")
    assert code == 0
    plain, blurred = json.loads((tmp_path / "a.json").read_text())
    assert (plain["camera"], blurred["distortion"]) == ("frame difference", "blur=2")
    code, out, _ = run(capsys, "tiny", *asked, "--keep", tmp_path)
    assert code == 0
    own, beside = json.loads((tmp_path / "a.json").read_text())
    assert own["camera"] == "tiny" and own["threshold"] == 0.5
    assert beside["auc"] == plain["auc"]
    assert "frame difference" in out.splitlines()[-1]
    assert {path.name for path in tmp_path.glob("*.npz")} == {"tiny.npz", "difference.npz"}


@pytest.mark.parametrize("what", [("--by", "z"), ("--distort", "blur=2")])
def test_scores_from_a_file_cannot_be_made_anew(capsys, tree, tmp_path, what):
    code, _, err = run(capsys, "--data", "ped1", "--root", tree, "--scores", scores(tmp_path / "one.csv"), *what)
    assert code == 2 and "need a camera that scores anew" in err


def test_image_sets_are_measured_class_by_class(capsys, tmp_path):
    root = trees.ham10000(tmp_path / "data", 66)
    from footage.ham10000 import Ham10000

    data = Ham10000(root)
    (clip,) = data.test()
    high = {"nv": 0.5, "mel": 1.0, "df": 0.0}
    rows = [f"lesions,{i},{high[name]}" for i, name in enumerate(data.classes(clip), 1)]
    (tmp_path / "s.csv").write_text("\n".join(["video,frame,score", *rows]))
    code, out, _ = run(capsys, "--data", "ham10000", "--root", root, "--scores", tmp_path / "s.csv",
                       "--json", tmp_path / "r.json")  # fmt: skip
    assert code == 0
    found = json.loads((tmp_path / "r.json").read_text())["classes"]
    assert found == [{"class": "df", "frames": 1, "auc": 0.0}, {"class": "mel", "frames": 2, "auc": 1.0}]
    assert "mel" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say what to measure"),
        (["--check", "tiny"], "--check reads only the data set"),
        (["--scores", "none.csv"], "there is no file 'none.csv'"),
        (["--scores", "none.csv", "--protocol", "mine"], "unknown protocol 'mine'; known: decoupled"),
        (["--scores", "none.csv", "--smooth", "butter"], "unknown smoothing 'butter'"),
        (["--scores", "none.csv", "--normalise", "z"], "unknown normalisation 'z'"),
        (["tiny", "--scores", "none.csv"], "there is no file 'none.csv'"),
        (["tiny", "--regions", "none.csv"], "there is no file 'none.csv'"),
        (["tiny", "--distort", "fog=1"], "'fog=1' is no distortion"),
        (["tiny", "--distort", "blur=1", "--card"], "a card holds no figures of distorted footage"),
        (["tiny", "--page", "x.md"], "--page shows the first causes of one camera"),
    ],
)
@pytest.mark.usefixtures("tiny_camera")
def test_what_does_not_go_together_gets_a_sentence(capsys, tree, arguments, said):
    code, out, err = run(capsys, *arguments, "--data", "ped1", "--root", tree)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_the_help_names_every_protocol(capsys):
    with pytest.raises(SystemExit):
        main(["evaluate", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    for name in PROTOCOLS:
        assert name in said
