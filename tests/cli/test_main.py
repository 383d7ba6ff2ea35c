"""The command line: help, exit codes, JSON, and what reaches the pipeline."""

import argparse
import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

import cli.main
import pipeline.fleet.analyst
import pipeline.training.fit_camera
from cli import ROOT
from cli import list as listing
from cli.analyse import folders
from cli.list import KINDS
from cli.main import NAMES, VERBS, main, parse, parser, verb
from cli.progress import ProgressLine
from core.analysis import Analysis, ExplainedEvent
from core.clock import Clock
from core.errors import ClipError, StorageError
from core.progress import Progress
from core.records import Clip, Event
from core.registry import collect
from jobs.store import JobStore
from pipeline import store
from pipeline.training.train_camera import TrainingRequest
from tests.jobs import inline

COMPUTE = {"analyse", "explain", "train", "train-explainers", "evaluate", "results", "bench"}
GIVE_JSON = {"audit", "doctor", "sbom", "list", "evaluate", "xman", "bench"}


def verbs():
    (found,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return found.choices


def run(capsys, *arguments):
    try:
        code = main([str(a) for a in arguments])
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    return code, out, err


def test_the_verbs_are_those_promised():
    assert list(verbs()) == list(NAMES)
    assert set(NAMES) == {
        "app",
        "users",
        "audit",
        "retention",
        "setup",
        "analyse",
        "explain",
        "export",
        "verify",
        "backup",
        "restore",
        "train",
        "train-explainers",
        "evaluate",
        "xman",
        "results",
        "list",
        "bench",
        "doctor",
        "sbom",
        "test",
    }


@pytest.mark.parametrize("verb", NAMES)
def test_each_verb_explains_itself_with_an_example(capsys, verb):
    code, out, err = run(capsys, verb, "--help")
    assert (code, err) == (0, "")
    example = out.partition("example:\n  ./whycam ")[2].strip()
    assert example.startswith(verb)
    assert parse(example.split()).verb == verb
    for option in verbs()[verb]._actions:
        assert option.help or option.choices, f"{verb} does not explain {option.dest}"


@pytest.mark.parametrize("verb", NAMES)
def test_device_and_json_are_where_they_were_promised(verb):
    options = verbs()[verb]._option_string_actions
    assert ("--device" in options) == (verb in COMPUTE)
    assert ("--json" in options) == (verb in GIVE_JSON)


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "analyze",
        "list cats",
        "list runs --jso -",
        "analyse",
        "app --port x",
        "evaluate x",
        "bench --device tpu",
        "export",
        "export x --blur faces",
        "verify",
    ],
)
def test_a_wrong_request_ends_with_2(capsys, arguments):
    code, out, err = run(capsys, *arguments.split())
    assert (code, out) == (2, "")
    assert "usage:" in err


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (ClipError("'x.mp4' is no video"), 2, "whycam: 'x.mp4' is no video"),
        (StorageError("the disk\nis full"), 2, "whycam: the disk is full"),
        (ZeroDivisionError("by zero"), 1, "whycam: Whycam itself failed: ZeroDivisionError: by zero; "),
        (KeyboardInterrupt(), 130, "whycam: stopped; what was finished is kept"),
        (BrokenPipeError(), 0, ""),
    ],
)
def test_every_failure_is_one_sentence_and_an_exit_code(capsys, monkeypatch, error, code, sentence):
    def fail(options):
        raise error

    monkeypatch.setitem(VERBS, "list", replace(verb("list"), run=fail))
    monkeypatch.setattr(cli.main.os, "dup2", lambda *_: None)
    got, out, err = run(capsys, "list", "metrics")
    assert (got, out) == (code, "")
    assert err.startswith(sentence)
    assert len(err.splitlines()) == (1 if sentence else 0)


def test_a_traceback_comes_only_when_asked_for(monkeypatch):
    monkeypatch.setenv("WHYCAM_DEBUG", "1")
    monkeypatch.setitem(VERBS, "list", replace(verb("list"), run=lambda options: {}["nothing"]))
    with pytest.raises(KeyError):
        main(["list", "metrics"])


@pytest.mark.parametrize("kind", KINDS)
def test_everything_can_be_listed(capsys, kind, tiny_camera):
    code, text, _ = run(capsys, "list", kind)
    assert code == 0
    code, out, err = run(capsys, "list", kind, "--json", "-")
    rows = json.loads(out)
    assert (code, err) == (0, "")
    for row in rows:
        assert str(next(iter(row.values()))) in text
    if kind in listing.REGISTRIES:
        assert [row["name"] for row in rows] == list(collect(*listing.REGISTRIES[kind]))
        assert all(row["about"] for row in rows)


def test_cameras_and_runs_are_those_of_this_user(capsys, tiny_camera):
    run_ = store.create(io.BytesIO(b"x"), "a.mp4")
    JobStore().enqueue(run_.id, inline.ME, {"camera": "tiny"})
    assert "tiny" in [row["name"] for row in json.loads(run(capsys, "list", "cameras", "--json", "-")[1])]
    (row,) = json.loads(run(capsys, "list", "runs", "--json", "-")[1])
    assert (row["id"], row["clip"], row["camera"], row["state"]) == (run_.id, "a.mp4", "tiny", "queued")


def test_a_camera_that_cannot_be_read_hides_no_other(capsys, tiny_camera):
    broken = tiny_camera.folder.parent / "broken"
    broken.mkdir()
    (broken / "camera.json").write_text("{}")
    code, out, err = run(capsys, "list", "cameras")
    assert (code, err) == (0, "")
    assert "tiny" in out
    assert "broken/camera.json cannot be used: detector is missing; train the camera again" in out
    rows = {row["name"]: row for row in json.loads(run(capsys, "list", "cameras", "--json", "-")[1])}
    assert rows["broken"]["problem"].startswith("broken/camera.json cannot be used") and rows["tiny"]["problem"] is None
    assert rows["broken"]["detector"] is None and rows["tiny"]["detector"] == tiny_camera.detector


def test_json_goes_to_a_file_beside_the_text(capsys, tmp_path):
    code, out, _ = run(capsys, "list", "metrics", "--json", tmp_path / "metrics.json")
    assert code == 0
    assert "eer" in out
    rows = {row["name"]: row for row in json.loads((tmp_path / "metrics.json").read_text())}
    assert (rows["eer"]["needs"], rows["eer"]["range"]) == ("frames", "0 to 1")
    assert (rows["false_alarms"]["needs"], rows["false_alarms"]["range"]) == ("events", "0 upwards")


def test_an_unknown_camera_is_answered_with_the_known_ones(capsys, tiny_camera, tmp_path):
    code, _, err = run(capsys, "analyse", "x.mp4", "--camera", "nosuch", "--out", tmp_path / "out")
    assert code == 2
    assert err.startswith("whycam: unknown camera 'nosuch'; known: ")
    assert "tiny" in err
    assert not (tmp_path / "out").exists()


def test_of_many_names_the_closest_are_told_and_the_verb_that_lists_all(capsys):
    code, _, err = run(capsys, "bench", "detectors", "vqunet-predicton")
    assert code == 2 and len(err) < 200
    assert err.startswith("whycam: unknown detector 'vqunet-predicton'; closest: vqunet-prediction, ")
    assert "'./whycam list detectors' names all " in err


def test_a_data_set_without_a_plan_is_said_in_one_sentence(capsys):
    code, out, err = run(capsys, "results", "--data", "plaza")
    assert (code, out) == (2, "") and "Errno" not in err
    assert err.startswith("whycam: there is no plan of data set 'plaza' (") and "--plan FILE" in err


def test_an_unknown_data_set_is_named_first(capsys):
    code, _, err = run(capsys, "evaluate", "--data", "nosuch")
    assert code == 2 and err.startswith("whycam: unknown data set 'nosuch'; closest: ")


def test_what_is_no_clip_ends_with_2_and_leaves_nothing(capsys, tiny_camera, tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("no video\n" * 100)
    code, out, err = run(capsys, "analyse", text, "--camera", "tiny", "--out", tmp_path / "out", "--device", "cpu")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "text.mp4" in err
    assert not (tmp_path / "out").exists()


def analysis(path):
    event = ExplainedEvent(Event(10, 20, 15, 2.0), (), 1.0, "Something moved.")
    return Analysis(Clip(path.name, "0", 25.0, 64, 48, 40), "tiny", "d", {}, 0.5, np.zeros(40, np.float32),
                    Clock.steady(25.0, 40), (event,), warnings=("The picture is stretched.",))  # fmt: skip


def test_several_clips_get_a_folder_each_and_a_bad_one_stops_no_other(capsys, tiny_camera, tmp_path, monkeypatch):
    seen = []

    def record(path, camera, folder, **chosen):
        seen.append((path, camera.name, folder, chosen["threshold"], chosen["objects"], chosen["blur"],
                     chosen["runtime"].device.type))  # fmt: skip
        if path.name == "bad.mp4":
            raise ClipError("'bad.mp4' is no video")
        return analysis(path)

    monkeypatch.setattr(pipeline.fleet.analyst, "analyse", record)
    code, out, err = run(capsys, "analyse", "a/x.mp4", "bad.mp4", "b/x.mp4", "--camera", "tiny", "--out", tmp_path,
                         "--threshold", "0.75", "--objects", "compact", "--blur", "all", "--device", "cpu")  # fmt: skip
    assert code == 2
    assert [s[2] for s in seen] == [tmp_path / "x", tmp_path / "bad", tmp_path / "x-2"]
    assert {s[1:2] + s[3:] for s in seen} == {("tiny", 0.75, "compact", "all", "cpu")}
    assert "whycam: 'bad.mp4' is no video" in err
    assert "whycam: note: The picture is stretched." in err
    assert out.count("x.mp4: 1 unusual event\n  frames 10-20: Something moved.\n") == 2


def test_the_only_camera_need_not_be_named(capsys, tiny_camera, monkeypatch, tmp_path):
    import pipeline.camera

    monkeypatch.setattr(pipeline.camera, "SHIPPED", tmp_path)
    monkeypatch.setattr(pipeline.fleet.analyst, "analyse", lambda path, camera, folder, **_: analysis(path))
    assert run(capsys, "analyse", "x.mp4")[0] == 0
    (tiny_camera.folder.parent / "other").mkdir()
    (tiny_camera.folder.parent / "other" / "camera.json").touch()
    code, _, err = run(capsys, "analyse", "x.mp4")
    assert code == 2
    assert "--camera; known: other, tiny" in err


@pytest.mark.parametrize("stem", ['../../x"><script>', "...", "-", "日本 語", "a" * 300])
def test_no_clip_name_leaves_the_output_folder(stem):
    for folder in map(Path, folders([f"{stem}.mp4", "y.mp4"], "out")):
        assert folder.parent == Path("out")
        assert folder.name not in ("", ".", "..")
        assert len(folder.name) <= 90


def trained(tmp_path, monkeypatch, name, given):
    from tests.clips import make, pictures

    make(tmp_path / "normal.mp4", pictures(12), rate=25)

    def record(*named, **chosen):
        given.update(chosen, named=named)
        out = getattr(named[0], "out", None) or next(value for value in named if isinstance(value, Path))
        promise = {"asked_per_hour": 2.0, "expected_per_hour": 1.9, "measured_on_hours": 0.05}
        return SimpleNamespace(name="yard", folder=out, threshold=3.0, alarms=None, card={"false_alarms": promise})

    monkeypatch.setattr(name, record)


def test_training_on_a_folder_of_clips_chooses_what_is_not_given(capsys, tmp_path, monkeypatch, whycam_home):
    given = {}
    trained(tmp_path, monkeypatch, "pipeline.training.train_camera.train_camera", given)
    code, out, _ = run(capsys, "train", "--normal", tmp_path, "--out", "yard", "--epochs", "3", "--minutes", "7",
                       "--set", "rate=1e-4", "--seed", "7", "--resume", "--device", "cpu", "--hold-out", "0.4",
                       "--false-alarms", "2", "--anyway")  # fmt: skip
    assert code == 0
    source, clips, folder, request, _, runtime = given["named"]
    assert (source, [clip.name for clip in clips]) == (tmp_path.name, ["normal.mp4"])
    assert (folder, runtime.device.type) == (whycam_home / "cameras" / "yard", "cpu")
    assert request == TrainingRequest(None, {"rate": 1e-4, "epochs": 3}, 7.0, 0.4, 2.0, 7, True, True)
    assert "threshold 3.00: false alarms, about 1.9 an hour expected, 2 asked for: from 3 min of normal footage" in out
    assert "--camera yard" in out
    assert run(capsys, "train", "bcae1", "--normal", tmp_path, "--out", "yard", "--device", "cpu")[0] == 0
    assert given["named"][3] == TrainingRequest("bcae1")


def test_training_on_a_data_set_is_as_its_papers_do(capsys, tmp_path, monkeypatch, whycam_home):
    given = {}
    trained(tmp_path, monkeypatch, "pipeline.training.fit_camera.fit_camera", given)
    monkeypatch.setattr("pipeline.rate.frame_rate", lambda clip: 25.0)
    code, out, _ = run(capsys, "train", "vqunet-prediction", "--normal", "plaza", "--out", "yard", "--seed", "7",
                       "--set", "rate=1e-4", "--resume", "--device", "cpu")  # fmt: skip
    spec = given["named"][0]
    assert (code, spec.detector, spec.out) == (0, "vqunet-prediction", whycam_home / "cameras" / "yard")
    assert (spec.settings, spec.seed, spec.resume, spec.validation) == ({"rate": 1e-4}, 7, True, ())
    assert (spec.footage.source, spec.footage.fps, len(spec.footage.clips)) == ("plaza", 25.0, 8)
    assert "--camera yard" in out
    trained(tmp_path, monkeypatch, "pipeline.training.train_camera.train_camera", given)
    for extra in (("--minutes", "3"), ("--hold-out", "0.2")):
        run(capsys, "train", "bcae1", "--normal", "plaza", "--out", "yard", "--device", "cpu", *extra)
        assert given["named"][3].detector == "bcae1"


def test_a_camera_that_is_there_is_replaced_only_where_that_was_said(capsys, tmp_path, monkeypatch, tiny_camera):
    given = {}
    trained(tmp_path, monkeypatch, "pipeline.training.train_camera.train_camera", given)
    asked = ("train", "--normal", tmp_path, "--device", "cpu", "--out")
    for out in ("tiny", f"{tiny_camera.folder}"):
        code, _, err = run(capsys, *asked, out)
        assert code == 2 and not given
        assert "there is a camera 'tiny' already; choose another name, or replace it: --replace lets" in err
    assert run(capsys, *asked, "tiny", "--replace")[0] == 0
    assert given["named"][3].replace and given["named"][2] == tiny_camera.folder


def test_an_archive_and_a_model_that_are_there_are_replaced_only_where_that_was_said(capsys, tmp_path):
    (tmp_path / "case.zip").write_bytes(b"kept")
    (tmp_path / "card.json").write_text("{}")
    code, _, err = run(capsys, "export", "x", "--out", tmp_path / "case.zip")
    assert code == 2 and "case.zip' already; choose another name, or give --replace" in err
    code, _, err = run(capsys, "train-explainers", "objects", "--out", tmp_path)
    assert code == 2 and "already; choose another folder, or give --replace" in err
    assert (tmp_path / "case.zip").read_bytes() == b"kept"
    code, _, err = run(capsys, "export", "x", "--out", tmp_path / "case.zip", "--replace")
    assert code == 2 and "already" not in err and (tmp_path / "case.zip").read_bytes() == b"kept"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "../x y"], "camera name 'x y' must be"),
        (["--out", "Yard"], "camera name 'Yard' must be lower-case"),
        (["--out", "plaza"], "camera 'plaza' comes with Whycam and stays as it is; choose another name"),
        (["--out", "ucsd-ped2", "--replace"], "camera 'ucsd-ped2' comes with Whycam and stays as it is"),
        (["--out", "yard", "--set", "rate"], "--set 'rate' must be NAME=VALUE"),
        (["--out", "yard", "--normal", "no/such/folder"], "no/such/folder"),
        (["--out", "yard", "--set", "strides=3"], "unknown setting 'strides'; known: base, batch"),
        (["--out", "yard", "--set", "base=0"], "setting 'base' must be from 1 to 1024, got 0"),
        (["--out", "yard", "--set", "batch=0"], "setting 'batch' must be from 1 to 4096, got 0"),
        (["--out", "yard", "--set", "rate=-1"], "setting 'rate' must be above 0, got -1"),
        (["--out", "yard", "--set", "height=100"], "height and width must be multiples of 8"),
        (["--out", "yard", "--minutes", "-3"], "minutes must be more than 0"),
        (["--out", "yard", "--false-alarms", "0"], "false alarms an hour must be from 0.1 to 1000"),
        (["--out", "yard", "--hold-out", "1.5"], "must lie between 0 and 0.9"),
        (["--out", "yard"], "the footage is too short: 12 frames in 1 clip"),
    ],
)
def test_a_wrong_training_request_is_refused_before_it_begins(capsys, tmp_path, whycam_home, arguments, sentence):
    from tests.clips import make, pictures

    make(tmp_path / "normal.mp4", pictures(12))
    code, _, err = run(capsys, "train", "vqunet-prediction", "--normal", tmp_path, *arguments)
    assert code == 2
    assert sentence in err.splitlines()[-1]
    assert not (whycam_home / "cameras").exists()


def test_the_app_becomes_streamlit_at_the_address_it_prints(capsys, monkeypatch):
    became = []
    monkeypatch.setattr(cli.main.os, "execv", lambda program, command: became.append(command))
    monkeypatch.chdir(ROOT)
    main(["app", "--port", "0"])
    assert became == [
        [sys.executable, "-m", "streamlit", "run", "server.py", "--server.address=127.0.0.1", "--server.port=0"]
    ]
    assert "http://127.0.0.1:0" in capsys.readouterr().out


def test_other_machines_are_let_in_by_name_with_accounts_and_encryption(capsys, monkeypatch, tmp_path):
    from people import accounts

    became = []
    monkeypatch.setattr(cli.main.os, "execv", lambda program, command: became.append(command))
    monkeypatch.setattr("os.environ", dict(os.environ))
    monkeypatch.chdir(ROOT)
    beyond = ("app", "--host", "0.0.0.0", "--port", 0)
    named = (*beyond, "--allow-host", "Whycam.Example")
    code, out, err = run(capsys, *beyond)
    assert (code, out) == (2, "") and "--allow-host" in err
    code, _, err = run(capsys, "app", "--allow-host", "http://x/", "--port", 0)
    assert code == 2 and "a name or an address without a port" in err
    code, _, err = run(capsys, *named)
    assert code == 2 and "./whycam users add" in err
    accounts.add("ann", "viewer", "a long sentence")
    code, _, err = run(capsys, *named)
    assert code == 2 and "--certificate" in err
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    certificate.touch()
    code, _, err = run(capsys, *named, "--certificate", certificate, "--key", key)
    assert code == 2 and "--key must name a file" in err and became == []
    key.touch()
    _, out, _ = run(capsys, *named, "--certificate", certificate, "--key", key)
    assert "https://0.0.0.0:0" in out and f"--server.sslCertFile={certificate}" in became[0]
    assert [flag for flag in became[0] if "allowedHosts" in flag] == [
        f"--server.allowedHosts={name}" for name in ("127.0.0.1", "localhost", "::1", "whycam.example")
    ]
    assert json.loads(os.environ["WHYCAM_APP"])["sign_in"] is True
    _, out, _ = run(capsys, "app", "--port", 0, "--behind-proxy", "whycam.example")
    assert "https://whycam.example " in out and "--server.allowedHosts=whycam.example" in became[1]


def test_the_token_of_the_address_is_not_on_the_command_line(capsys, monkeypatch):
    became = []
    monkeypatch.setattr(cli.main.os, "execv", lambda program, command: became.append(command))
    monkeypatch.setattr("os.environ", dict(os.environ))
    monkeypatch.chdir(ROOT)
    _, out, _ = run(capsys, "app", "--port", 0, "--token")
    token = out.partition("?token=")[2].split()[0]
    assert len(token) >= 32 and json.loads(os.environ["WHYCAM_APP"])["token"] == token
    assert token not in str(became)


def test_a_taken_port_is_said_in_one_sentence(capsys):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, out, err = run(capsys, "app", "--port", taken.getsockname()[1])
    assert (code, out) == (2, "")
    assert "choose another --port" in err


def test_progress_is_one_line_on_a_terminal_and_rare_lines_in_a_log(monkeypatch, capsys):
    moment = [0.0]
    monkeypatch.setattr("cli.progress.time.monotonic", lambda: moment[0])
    for terminal, count in ((True, 50), (False, 1)):
        monkeypatch.setattr(sys.stderr, "isatty", lambda answer=terminal: answer, raising=False)
        line = ProgressLine()
        for step in range(100):
            moment[0] += 0.4
            line(Progress(step, 100, 2.5, "scoring", left=40.0 - 0.4 * step))
        said = capsys.readouterr().err
        assert said.count("scoring: ") >= count
        assert ("\n" in said) != terminal
        assert "2.5 frames/s, about " in said and " left" in said and "0:" not in said


def test_a_terminal_shows_a_new_stage_at_once(monkeypatch, capsys):
    monkeypatch.setattr("cli.progress.time.monotonic", lambda: 5.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    line = ProgressLine()
    stages = ("loading the models", "scoring", "ranking causes", "writing the report")
    for stage in stages:
        line(Progress(0, None, 0.0, stage, ""))
    said = capsys.readouterr().err
    assert [said.count(f"{stage}, time left not known yet") for stage in stages] == [1, 1, 1, 1]


def test_training_progress_tells_epoch_loss_and_the_time_left_of_all_stages(monkeypatch, capsys):
    moment = [0.0]
    monkeypatch.setattr("cli.progress.time.monotonic", lambda: moment[0])
    line = ProgressLine()
    for done, loss in ((0.0, None), (0.4, 0.5)):
        line.step(SimpleNamespace(epoch=5, epochs=10, done=done, loss=loss))
        line(Progress(540, 1000, 3.0, "learning", "windows", left=920.0))
        moment[0] += 60
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "learning, epoch 6 of 10, 40%, loss 0.50000: 540 of 1,000 windows, 3.0 windows/s, about 15 min left"
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "x.mp4", "--frame", "1", "--seed", "-1"],
        ["train", "--normal", "x", "--out", "y", "--seed", "-1"],
        ["results", "--data", "ped2", "--seeds", "-1"],
        ["results", "--data", "ped2", "--anomalies", "-0.5"],
        ["results", "--data", "ped2", "--anomalies", "1"],
    ],
)
def test_numbers_out_of_range_are_refused_before_anything_is_done(arguments, capsys):
    with pytest.raises(SystemExit):
        parse(arguments)
    assert "must be" in capsys.readouterr().err


@pytest.mark.parametrize("more", [("--models",), ("--from", "/x")])
def test_the_lock_is_written_alone(capsys, monkeypatch, more):
    monkeypatch.setattr("cli.setup.write_lock", lambda _: pytest.fail("written"))
    code, _, err = run(capsys, "setup", "--lock", *more)
    assert code == 2 and "--lock changes a file of Whycam" in err


def test_a_folder_of_weights_is_looked_for_before_anything_is_installed(capsys, monkeypatch):
    monkeypatch.setattr("cli.setup.install", lambda *_: pytest.fail("installed"))
    code, _, err = run(capsys, "setup", "--detectron2", "--from", "/nowhere")
    assert code == 2 and "'/nowhere' is no folder" in err


@pytest.mark.parametrize("out", ["", ".", ".."])
def test_what_names_no_camera_is_refused_at_once(capsys, tmp_path, out):
    (tmp_path / "clips").mkdir()
    cv2.imwrite(str(tmp_path / "clips" / "0.png"), np.zeros((32, 32, 3), np.uint8))
    code, _, err = run(capsys, "train", "--normal", tmp_path / "clips", "--out", out)
    assert code == 2 and f"{out!r} is no name of a camera" in err


def test_a_closed_output_is_no_failure(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    assert main(["list", "metrics"]) == 0


def test_an_unknown_option_gets_the_usage_of_its_verb(capsys):
    code, _, err = run(capsys, "analyse", "clip.mp4", "--treshold", "3")
    assert code == 2 and err.startswith("usage: whycam analyse ") and "--threshold" in err
    assert err.endswith("whycam analyse: error: unrecognized arguments: --treshold 3\n")
