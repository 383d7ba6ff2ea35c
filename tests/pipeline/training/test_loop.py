from dataclasses import replace

import numpy as np
import pytest
import torch

from core import device
from core.contracts import Plateau
from core.errors import DataError, InputError
from pipeline.camera import make_detector
from pipeline.training import losses
from pipeline.training.cache import Cache
from pipeline.training.loop import FitOptions, _Stage, fit
from tests.clips import noise
from tests.pipeline.clips import Clip

RUNTIME = device.choose("cpu", "float32")
SETTINGS = {"base": 4, "height": 16, "width": 24, "channels": 1, "batch": 4, "epochs": 3, "codes": 8, "inputs": 2}


def drawn(name, frames, seed=0):
    """A clip of frames drawn from a seed."""
    return Clip(name, noise(frames, 30, 20, seed))


class Killed(Exception):
    pass


def trained(work, *, seed=0, resume=False, kill_in_epoch=None):
    torch.manual_seed(seed)
    detector = make_detector("vqunet-prediction", SETTINGS)

    def report(step):
        if step.epoch == kill_in_epoch:
            raise Killed

    progress = fit(detector, [drawn("a", 12), drawn("b", 9, 1)], work, RUNTIME, FitOptions(seed, resume, report=report))
    return detector, progress


def test_the_same_seed_gives_the_same_loss_and_weights(tmp_path):
    (one, first), (two, second) = trained(tmp_path / "1"), trained(tmp_path / "2")
    assert first.losses == second.losses and len(first.losses) == 3
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))
    assert trained(tmp_path / "3", seed=1)[1].losses != first.losses


def test_a_killed_training_resumed_ends_as_one_that_was_not(tmp_path):
    whole, progress = trained(tmp_path / "whole")
    with pytest.raises(Killed):
        trained(tmp_path / "run", kill_in_epoch=1)
    resumed, after = trained(tmp_path / "run", resume=True)
    assert after.losses == progress.losses
    kept = losses.read(tmp_path / "run")
    assert kept == losses.read(tmp_path / "whole") and [one.terms for one in kept] == after.losses
    assert [one.stage for one in kept] == after.stages == ["vqunet"] * 3
    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b)


def test_losses_that_were_not_written_any_more_are_there_after_all(tmp_path):
    _, progress = trained(tmp_path)
    (tmp_path / "losses.json").unlink()
    trained(tmp_path, resume=True)
    assert [one.terms for one in losses.read(tmp_path)] == progress.losses


def test_the_cache_is_gone_and_the_checkpoint_kept(tmp_path):
    trained(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.pt", "losses.json"]


def test_windows_never_cross_from_clip_to_clip(tmp_path):
    detector = make_detector("unet-prediction", {**SETTINGS, "codes": 0})
    cache = Cache(tmp_path / "frames.u8", detector, [drawn("a", 5), drawn("short", 2, 1), drawn("b", 4, 2)])
    assert cache.lengths == [5, 2, 4] and cache.starts.tolist() == [0, 1, 2, 7, 8]
    batches = list(cache.batches(4, cache.starts))
    seen = torch.cat(batches)
    assert [len(batch) for batch in batches] == [3, 2]
    assert seen.shape == (5, 3, 1, 16, 24) and seen.dtype == torch.uint8
    expected = {cache.frames[s : s + 3].tobytes() for s in cache.starts}
    assert {window.numpy().tobytes() for window in seen} == expected


def test_a_longer_span_repeats_the_last_frame_of_its_own_clip(tmp_path):
    detector = make_detector("unet-prediction", {**SETTINGS, "codes": 0})
    clips = [drawn("a", 5), drawn("b", 4, 2)]
    cache = Cache(tmp_path / "frames.u8", detector, clips)
    span = cache.span + 3
    got = {window.numpy().tobytes() for batch in cache.batches(2, cache.starts[::-1], span) for window in batch}
    frames = [detector.resize(torch.from_numpy(clip.images)).numpy() for clip in clips]
    expected = {
        np.stack([clip[min(start + i, len(clip) - 1)] for i in range(span)]).tobytes()
        for clip in frames
        for start in range(len(clip) - cache.span + 1)
    }
    assert got == expected


@pytest.mark.parametrize(("clips", "said"), [([], "holds no frame"), ([drawn("a", 2)], "no clip .* has the 3 frames")])
def test_footage_without_a_window_is_refused(tmp_path, clips, said):
    with pytest.raises(DataError, match=said):
        fit(make_detector("vqunet-prediction", SETTINGS), clips, tmp_path, RUNTIME)


def test_a_diverging_loss_stops_with_one_sentence_and_the_last_checkpoint(tmp_path):
    detector = make_detector("vqunet-prediction", SETTINGS)

    def spoil(step):
        if step.epoch == 1:
            with torch.no_grad():
                next(iter(detector.parameters())).fill_(float("nan"))

    with pytest.raises(InputError, match=r"became nan .* --resume with a lower learning rate"):
        fit(detector, [drawn("a", 12)], tmp_path, RUNTIME, FitOptions(report=spoil))
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert kept["progress"]["epoch"] == 1
    assert all(value.isfinite().all() for value in kept["detector"].values())


def steered(tmp_path, plateau, epochs=6, resume=False, each_epoch=None):
    """Train bcae1 with a plateau of its own; return the detector, the progress, and the rates after each epoch."""
    torch.manual_seed(0)
    detector = make_detector("bcae1", {"base": 4, "height": 80, "width": 80, "channels": 1, "batch": 8})
    (stage,) = detector.stages()
    kept = []

    def adam(parameters):
        kept.append(torch.optim.Adam(parameters, 1e-3))
        return kept[-1]

    stage = replace(stage, epochs=epochs, optimiser=adam, plateau=plateau)
    detector.stages = lambda: (stage,)
    rates = []

    def look(given, progress):
        assert not given.training
        rates.append(kept[-1].param_groups[0]["lr"])
        if each_epoch:
            each_epoch(progress)

    how = FitOptions(resume=resume, each_epoch=look)
    return detector, fit(detector, [drawn("a", 20), drawn("b", 30, 1)], tmp_path, RUNTIME, how), rates


def test_the_rate_falls_and_the_training_ends_when_held_out_windows_gain_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(_Stage, "_measure", lambda self: 1.0)
    _, progress, rates = steered(tmp_path, Plateau(0.1, 0.5, 1, stop=4), epochs=20)
    assert rates == pytest.approx([1e-3, 1e-3, 5e-4, 5e-4, 2.5e-4])
    assert len(progress.losses) == 5 and progress.losses[-1]["held out"] == 1.0


def test_held_out_windows_are_measured_and_not_trained_on(tmp_path):
    detector, progress, _ = steered(tmp_path, Plateau(0.1, 0.75, 4), epochs=1)
    images = [torch.from_numpy(drawn(n, c, s).images) for n, c, s in (("a", 20, 0), ("b", 30, 1))]
    last = torch.cat([images[0][-2:], images[1][-3:]])
    with torch.no_grad():
        naive = float(detector.loss(detector.prepare(detector.resize(last))[:, None])["mse"])
    assert progress.losses[0]["held out"] == pytest.approx(naive, rel=1e-5)


def test_a_training_killed_on_a_plateau_resumes_as_one_that_was_not(tmp_path):
    plateau = Plateau(0.1, 0.5, 1, stop=3)
    whole, progress, rates = steered(tmp_path / "whole", plateau, epochs=8)

    def kill(progress):
        if progress.epoch == 3:
            raise Killed

    with pytest.raises(Killed):
        steered(tmp_path / "run", plateau, epochs=8, each_epoch=kill)
    resumed, after, then = steered(tmp_path / "run", plateau, epochs=8, resume=True)
    assert after.losses == progress.losses and then == rates[3:]
    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b)


def test_too_few_windows_to_hold_some_out_are_refused(tmp_path):
    detector = make_detector("bcae1", {"base": 4, "height": 80, "width": 80, "channels": 1})
    with pytest.raises(DataError, match="3 windows of normal footage are too few to hold out 10%"):
        fit(detector, [drawn("a", 3)], tmp_path, RUNTIME)


def test_an_epoch_draws_no_more_windows_than_it_is_told(tmp_path):
    steps = []
    detector = make_detector("vqunet-prediction", SETTINGS)
    fit(detector, [drawn("a", 20)], tmp_path, RUNTIME, FitOptions(windows=8, report=steps.append))
    assert [(step.epoch, step.done) for step in steps] == [(0, 0.0)] + [(e, d) for e in range(3) for d in (0.5, 1.0)]
    assert steps[0].loss is None and [step.behind for step in steps] == [0, 4, 8, 12, 16, 20, 24]
    assert {step.windows for step in steps} == {24}


def test_a_stage_whose_windows_take_longer_counts_for_more(tmp_path):
    steps = []
    settings = {"base": 4, "height": 32, "width": 48, "blocks": 2, "inputs": 2, "ahead": 1, "step": 1, "batch": 4}
    detector = make_detector("decoupled-conv3d", settings)
    stages = detector.stages()
    how = FitOptions(windows=8, costs=tuple(float(3**i) for i in range(len(stages))), report=steps.append)
    fit(detector, [drawn("a", 20)], tmp_path, RUNTIME, how)
    work = [8 * stage.epochs * 3.0**i for i, stage in enumerate(stages)]
    begun = [step.behind for step in steps if step.loss is None]
    assert begun == [sum(work[:i]) for i in range(len(stages))] and {step.windows for step in steps} == {sum(work)}
    assert [step.behind for step in steps] == sorted(step.behind for step in steps) and steps[-1].behind == sum(work)


@pytest.mark.parametrize("name", ["vqunet-prediction", "bcae1"])
def test_a_resumed_training_takes_a_rate_that_was_set_anew(tmp_path, name):
    """From where the schedule stood, at half the rate that it would have had."""
    sized = {"base": 4, "channels": 1, "batch": 4, "epochs": 4}
    sized |= {"height": 80, "width": 80} if name == "bcae1" else {"height": 16, "width": 24}
    rates = {}

    def run(rate, work, resume=False, stop=None):
        torch.manual_seed(0)
        detector = make_detector(name, {**sized, "rate": rate})
        (stage,) = detector.stages()
        made = []

        def watched(parameters):
            made.append(stage.optimiser(parameters))
            return made[-1]

        detector.stages = lambda: (replace(stage, optimiser=watched),)

        def look(given, progress):
            rates.setdefault(work.name, {})[progress.epoch] = made[-1].param_groups[0]["lr"]
            if progress.epoch == stop:
                raise Killed

        fit(detector, [drawn("a", 30)], work, RUNTIME, FitOptions(resume=resume, each_epoch=look))

    run(1e-3, tmp_path / "whole")
    with pytest.raises(Killed):
        run(1e-3, tmp_path / "halved", stop=2)
    run(5e-4, tmp_path / "halved", resume=True)
    whole, halved = rates["whole"], rates["halved"]
    assert (
        halved[1] == whole[1] and halved[3] == pytest.approx(whole[3] / 2) and halved[4] == pytest.approx(whole[4] / 2)
    )


def test_a_loss_that_diverges_at_once_leaves_nothing_to_resume(tmp_path):
    detector = make_detector("vqunet-prediction", SETTINGS)
    with torch.no_grad():
        next(iter(detector.parameters())).fill_(float("nan"))
    with pytest.raises(InputError, match="begin again with a lower learning rate"):
        fit(detector, [drawn("a", 12)], tmp_path, RUNTIME)
