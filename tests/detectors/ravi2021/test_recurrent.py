import pytest
import torch
from torch.nn import functional

from detectors.ravi2021 import DETECTORS
from detectors.ravi2021._cells import CELLS, Bidirectional, Cell, ConvGRU

TABLE_4_12 = {  # millions; L_R 1, 2, 3 with transposed convolutions in the decoder, then with recurrent layers
    "convrnn-ae": (0.60, 0.76, 0.84, 0.76, 1.00, 1.15),
    "convlstm-ae": (1.01, 1.51, 1.77, 1.59, 2.40, 2.92),
    "convgru-ae": (0.85, 1.20, 1.39, 1.34, 1.96, 2.36),
    "bi-convrnn-ae": (0.85, 1.23, 1.42, 1.26, 1.85, 2.22),
    "bi-convlstm-ae": (1.67, 2.72, 3.28, 2.92, 4.65, 5.76),
    "bi-convgru-ae": (1.34, 2.12, 2.52, 2.42, 3.77, 4.65),
    "seq2seq-convrnn": (0.74, 0.91, 0.98, 0.91, 1.15, 1.29),
    "seq2seq-convlstm": (1.16, 1.65, 1.91, 1.74, 2.55, 3.06),
    "seq2seq-convgru": (0.99, 1.35, 1.53, 1.49, 2.11, 2.51),
}
COUNTS = {
    f"{form}-l{layers}-{decoder}": row[3 * (decoder == "n") + layers - 1]
    for form, row in TABLE_4_12.items()
    for layers in (1, 2, 3)
    for decoder in "yn"
}


def idle(detector):
    """Count the convolution that the author's transposed ConvGRU carries and never uses."""
    decoder = [*detector.first.modules(), *detector.rest.modules()]
    return sum(m.channels**2 * 9 for m in decoder if isinstance(m, ConvGRU))


def test_all_54_parameter_counts_of_the_thesis():
    counts = {}
    with torch.device("meta"):
        for name in COUNTS:
            detector = DETECTORS[name].make()
            counts[name] = round((sum(p.numel() for p in detector.parameters()) + idle(detector)) / 1e6, 2)
    assert len(COUNTS) == 54 and counts == COUNTS
    assert set(COUNTS) == {name for name in DETECTORS if "conv" in name}


def naive(cell, kind, frames):
    """Go through frames (T, B, C, h, w) as equations 3.15 to 3.17 say, a convolution for each gate."""

    def seen(x, gate):
        kernel = cell.seen.weight
        if isinstance(cell.seen, torch.nn.ConvTranspose2d):
            return functional.conv_transpose2d(x, kernel.chunk(cell.gates, 1)[gate], stride=cell.seen.stride)
        return functional.conv2d(x, kernel.chunk(cell.gates)[gate], stride=cell.seen.stride)

    def kept(h, gate):
        return functional.conv2d(h, cell.kept.weight.chunk(cell.gates)[gate], padding=1)

    h = c = torch.zeros_like(seen(frames[0], 0))
    outputs = []
    for x in frames:
        gates = [torch.sigmoid(seen(x, g) + kept(h, g)) for g in range(cell.gates)]
        if kind == "convrnn":
            h = torch.tanh(seen(x, 0) + kept(h, 0))
        elif kind == "convlstm":
            c = gates[1] * c + gates[0] * torch.tanh(seen(x, 2) + kept(h, 2))
            h = gates[3] * torch.tanh(c)
        else:
            a = torch.tanh(gates[1] * kept(h, 2) + seen(x, 2))
            h = a * (1 - gates[0]) + gates[0] * h
        outputs.append(torch.sigmoid(functional.conv2d(h, cell.shown.weight, padding=1)) if kind == "convrnn" else h)
    return torch.stack(outputs)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("kind", CELLS)
def test_cells_follow_the_equations(kind, transposed):
    torch.manual_seed(0)
    cell = CELLS[kind](3, 4, 2, transposed)
    frames = torch.randn(5, 2, 3, 7, 9)
    with torch.no_grad():
        expected = naive(cell, kind, frames)
        whole, _ = cell(frames.flatten(0, 1), 5)
        begun, state = cell(frames[:2].flatten(0, 1), 2)
        gone_on, _ = cell(frames[2:].flatten(0, 1), 3, state)
    torch.testing.assert_close(whole, expected.flatten(0, 1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(torch.cat([begun, gone_on]), whole, rtol=1e-4, atol=1e-5)


def test_bidirectional_is_the_mean_of_both_ways():
    torch.manual_seed(0)
    layer = Bidirectional(ConvGRU(3, 4, 1, False), ConvGRU(3, 4, 1, False))
    frames = torch.randn(4, 2, 3, 6, 6)
    with torch.no_grad():
        got = layer(frames.flatten(0, 1), 4)[0].unflatten(0, (4, 2))
        there = naive(layer.onwards, "convgru", frames)
        back = naive(layer.backwards, "convgru", frames.flip(0)).flip(0)
    torch.testing.assert_close(got, (there + back) / 2, rtol=1e-4, atol=1e-5)


def small(name, **differs):
    torch.manual_seed(0)
    return DETECTORS[name].make(**{**DETECTORS[name].small, **differs}).eval()


@pytest.mark.parametrize("name", ["convlstm-ae-l2-n", "convgru-ae-l1-y", "bi-convrnn-ae-l3-n", "bi-convgru-ae-l2-y"])
def test_an_auto_encoder_answers_for_one_of_the_frames_that_it_reconstructs(name):
    detector = small(name, inputs=4)
    windows = torch.rand(2, 4, 3, 64, 64)
    target = 2 if name.startswith("bi") else 3
    with torch.no_grad():
        frames = detector(windows)
        answer = detector.predict_windows(windows, (64, 64))
    assert frames.shape == (4, 2, 3, 64, 64) and detector.window.target == target
    torch.testing.assert_close(answer.expected, frames[target])
    torch.testing.assert_close(answer.saliency, (frames[target] - windows[:, target]).square().mean(1))


@pytest.mark.parametrize("name", ["seq2seq-convgru-l2-n", "seq2seq-convrnn-l1-y"])
def test_seq2seq_feeds_its_decoders_first_layer_back(name):
    detector = small(name, inputs=3, future=3, width=80)
    windows = torch.rand(2, 6, 3, 64, 80)
    with torch.no_grad():
        x = detector.near(windows[:, :3].reshape(6, 3, 64, 80)).unflatten(0, (2, 3)).transpose(0, 1).flatten(0, 1)
        for layer in detector.memory:
            x, _ = layer(x, 3)
        latent, state, rest = x[-2:], None, [None] * len(detector.rest)
        rolled = []
        for _ in range(3):
            out, state = detector.first(latent, 1, state)
            latent = functional.avg_pool2d(out, 3, stride=1)
            for i, layer in enumerate(detector.rest):
                out, rest[i] = layer(out, 1, rest[i])
            rolled.append(torch.sigmoid(detector.head(out)))
        got = detector(windows)
        answer = detector.predict_windows(windows, (64, 80))
    assert got.shape == (3, 2, 3, 64, 80) and detector.window.target == 5 and detector.window.span == 6
    torch.testing.assert_close(got, torch.stack(rolled))
    torch.testing.assert_close(answer.expected, rolled[-1])


def test_seq2seq_does_not_see_what_it_predicts():
    detector = small("seq2seq-convlstm-l1-n")
    windows = torch.rand(1, 5, 3, 64, 64)
    other = windows.clone()
    other[:, 3:] = 0
    with torch.no_grad():
        assert torch.equal(detector(windows), detector(other))
        assert detector.loss(windows)["mse"] > 0 and detector.loss(other)["mse"] != detector.loss(windows)["mse"]


def test_frames_of_overlapping_windows_are_looked_at_once():
    detector = small("convgru-ae-l1-y")
    looked = []
    detector.near.register_forward_pre_hook(lambda _, args: looked.append(len(args[0])))
    view = torch.rand(12, 3, 64, 64).unfold(0, 3, 1).movedim(-1, 1)
    with torch.no_grad():
        once, each = (detector.predict_windows(windows, (64, 64)) for windows in (view, view.contiguous()))
    assert looked == [12, 30]
    torch.testing.assert_close(once.expected, each.expected)


@pytest.mark.parametrize("name", ["convgru-ae-l1-y", "bi-convgru-ae-l2-n", "seq2seq-convgru-l3-n"])
def test_layers_without_memory_decode_the_answered_frame_alone(name):
    detector = small(name)
    looked = []
    detector.rest[-1].register_forward_pre_hook(lambda _, args: looked.append(len(args[0])))
    with torch.no_grad():
        detector.predict_windows(torch.rand(2, detector.window.span, 3, 64, 64), (64, 64))
    assert looked == [2]


def test_training_adds_noise_and_evaluation_does_not():
    detector = small("convgru-ae-l1-y", inputs=2)
    seen = []
    detector.near.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    windows = torch.full((32, 2, 3, 64, 64), 0.5)
    with torch.no_grad():
        detector.train()(windows)
        detector.eval()(windows)
    added = seen[0] - 0.5
    assert (added == 0).float().mean().item() == pytest.approx(0.5, abs=0.01)
    assert added[added != 0].std().item() == pytest.approx(0.1, rel=0.01) and (seen[1] == 0.5).all()


def test_recurrent_cells_are_the_encoders_last_and_the_decoders_first():
    for layers in (1, 2, 3):
        with_memory, without = (small(f"convgru-ae-l{layers}-{decoder}") for decoder in "ny")
        for detector in (with_memory, without):
            assert [isinstance(m, Cell) for m in detector.memory] == [True] * layers
        kinds = [isinstance(m, Cell) for m in (with_memory.first, *with_memory.rest)]
        assert kinds == [place < layers for place in range(4)]
        assert not any(isinstance(m, Cell) for m in (without.first, *without.rest))
