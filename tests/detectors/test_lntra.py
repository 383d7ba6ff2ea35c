import math

import cv2
import numpy as np
import pytest
import torch

from core.errors import InputError, UnknownNameError
from detectors._pseudo import TECHNIQUES, draw_patches, image_folder, masks, patched, read_intruder, skipped
from detectors.lntra import DETECTORS


def small(name="lntra-baseline", **settings):
    torch.manual_seed(0)
    return DETECTORS[name].make(**{"base": 3, "height": 16, "width": 32, **settings})


def naive_mask(technique, cy, cx, height, width, h, w):
    """One frame's mask, pixel by pixel."""

    def along(i, centre, side):
        half = side // 2
        if technique == "SmoothMixC":
            return math.exp(-((i - centre) ** 2) / (2 * side**2))
        if technique == "SmoothMixS":
            if centre - half <= i <= centre + half:
                return 1.0
            outside = centre - half - i if i < centre else i - centre - half
            return max(0.0, 1 - outside / (0.1 * half))
        first = max(0, centre - half)
        return float(first <= i < first + side)

    share = 0.5 if technique == "MixUp-patch" else 1.0
    return [[share * along(y, cy, height) * along(x, cx, width) for x in range(w)] for y in range(h)]


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_pseudo_anomalies_are_those_of_the_naive_twin(technique):
    torch.manual_seed(3)
    n, t, h, w = 2, 3, 44, 40
    clips, intruders = torch.rand(n, t, 1, h, w), torch.rand(n, 1, h, w)
    centres, sides = draw_patches(n, t, (h, w), 1.0, 4)
    sides[0] = torch.tensor([44, 30])
    mask = masks(technique, centres, sides, (h, w))
    expected = np.empty((n, t, h, w), np.float32)
    for i in range(n):
        for f in range(t):
            m = np.array(naive_mask(technique, *centres[i, f].tolist(), *sides[i].tolist(), h, w), np.float32)
            expected[i, f] = m * intruders[i, 0].numpy() + (1 - m) * clips[i, f, 0].numpy()
    np.testing.assert_allclose(patched(clips, intruders, mask)[:, :, 0].numpy(), expected, atol=1e-5)


def test_patches_wander_by_small_steps_inside_the_frame_and_have_the_papers_sizes():
    torch.manual_seed(0)
    centres, sides = draw_patches(200, 16, (64, 128), 0.5, 5)
    assert (centres.diff(dim=1).abs() <= 5).all() and centres.diff(dim=1).any()
    assert (centres >= 0).all() and (centres <= torch.tensor([64, 128])).all()
    assert sides.min() == 10 and sides[:, 0].max() < 32 and 32 < sides[:, 1].max() < 64
    still, _ = draw_patches(5, 16, (64, 64), 0.5, 0)
    assert not still.diff(dim=1).any()


def test_skipped_clips_show_every_sth_frame_and_never_a_repeated_end():
    torch.manual_seed(0)
    frames = torch.arange(76.0).view(1, 76, 1, 1, 1)
    clips = torch.stack([frames.clamp_max(end)[0] for end in [75.0] * 30 + [40.0] * 30 + [20.0]])
    fast, fitted = skipped(clips, (2, 3, 4, 5), 16)
    strides = fast[:, 1, 0, 0, 0] - fast[:, 0, 0, 0, 0]
    assert torch.equal(fast[..., 0, 0, 0], strides[:, None] * torch.arange(16.0))
    assert set(strides[:30].tolist()) == {2, 3, 4, 5}
    assert set(strides[30:60].tolist()) == {2} and fitted[:60].all()
    assert strides[60] == 1 and not fitted[60]


def test_parameter_count_is_the_papers():
    for name in ("lntra-baseline", "lntra-patch", "lntra-skip"):
        assert sum(p.numel() for p in DETECTORS[name].make().parameters()) == 5_980_801


def test_the_middle_frame_alone_is_that_of_the_whole_reconstruction():
    detector = small().eval()
    windows = torch.rand(2, 16, 1, 16, 32) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(detector.middle(windows), detector(windows)[:, 8], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("name", "span"), [("lntra-patch", 16), ("lntra-skip", 76)])
def test_pseudo_anomalies_come_with_their_probability_and_the_target_stays_normal(name, span):
    detector = small(name)
    assert max(detector.stages()[0].span, detector.window.span) == span
    windows = torch.rand(200, span, 1, 16, 32) * 2 - 1
    changed = (detector.disturb(windows) != windows[:, :16]).flatten(1).any(1)
    assert 20 < changed.sum() < 60
    detector.probability = 0.0
    assert torch.equal(detector.disturb(windows), windows[:, :16])
    detector.probability, detector.forward = 1.0, lambda given: given
    few = windows[:4]
    assert detector.loss(few)["reconstruction"] > 0


def test_intruders_come_from_other_clips_or_from_a_folder(tmp_path):
    detector = small("lntra-patch", probability=1.0, technique="CutMix", beta=0)
    levels = torch.tensor([-1.0, -0.5, 0.5])
    windows = levels.view(3, 1, 1, 1, 1).expand(3, 16, 1, 16, 32)
    for before, after in zip(windows, detector.disturb(windows), strict=True):
        assert set(after.unique().tolist()) <= set(levels.tolist()) and (after != before).any()
    cv2.imwrite(str(tmp_path / "white.png"), np.full((4, 5, 3), 255, np.uint8))
    detector.folder = str(tmp_path)
    assert all(clip.max() > 0.999 for clip in detector.disturb(windows))
    assert detector.stages()


def test_an_intruder_is_read_at_the_networks_size(tmp_path):
    ramp = np.tile(np.arange(0, 250, 50, np.uint8), (4, 1))
    cv2.imwrite(str(tmp_path / "ramp.png"), ramp)
    image = read_intruder(tmp_path / "ramp.png", (4, 9), 1)
    torch.testing.assert_close(image[0, 2], torch.arange(0, 225, 25.0) / 127.5 - 1)


def test_bad_intruders_are_said_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match="not a folder"):
        image_folder(tmp_path / "none")
    with pytest.raises(InputError, match="holds no image"):
        small("lntra-patch", intruders=str(tmp_path)).stages()
    (tmp_path / "broken.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"'broken.png' cannot be read"):
        read_intruder(tmp_path / "broken.png", (4, 4), 1)


def test_unknown_techniques_list_the_known_ones():
    with pytest.raises(UnknownNameError, match="CutMix, MixUp-patch, SmoothMixC, SmoothMixS"):
        small(technique="smooth")


def test_many_windows_are_judged_in_parts_with_the_same_answers():
    detector = small().eval()
    windows = torch.rand(9, 16, 1, 16, 32) * 2 - 1
    seen = []
    detector.encoder.register_forward_hook(lambda module, given, answer: seen.append(len(given[0])))
    with torch.inference_mode():
        whole = detector.predict_windows(windows, (16, 32))
        assert seen == [4, 4, 1]
        rows = [detector.predict_windows(windows[i : i + 1], (16, 32)) for i in range(9)]
    torch.testing.assert_close(whole.score, torch.cat([row.score for row in rows]), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(whole.expected, torch.cat([row.expected for row in rows]), rtol=1e-4, atol=1e-5)
