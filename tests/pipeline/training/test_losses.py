"""The loss of a training, as it is kept: of each epoch, by stage, while it trains and after."""

import pytest

from core.errors import InputError
from pipeline.training import losses
from pipeline.training.losses import EpochLoss


def test_what_is_written_is_read_and_that_of_a_training_at_work_comes_first(tmp_path):
    assert losses.read(tmp_path) == ()
    losses.write(tmp_path, ["all"], [{"prediction": 0.5, "embedding": 0.25}])
    (one,) = losses.read(tmp_path)
    assert (one.stage, one.total, one.held_out) == ("all", 0.75, None)
    losses.write(tmp_path / "training", ["a", "b"], [{"x": 1.0}, {"x": 0.5, "held out": 0.7}])
    assert losses.read(tmp_path) == (EpochLoss("a", {"x": 1.0}), EpochLoss("b", {"x": 0.5, "held out": 0.7}))
    assert (losses.read(tmp_path)[1].total, losses.read(tmp_path)[1].held_out) == (0.5, 0.7)


def test_a_damaged_file_is_one_sentence(tmp_path):
    (tmp_path / losses.FILE).write_text('[{"stage": 3}]')
    with pytest.raises(InputError, match=r"losses.json cannot be used.*train the camera again"):
        losses.read(tmp_path)
