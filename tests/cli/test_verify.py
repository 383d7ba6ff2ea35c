"""What ``verify`` prints of the models of an archive."""

from dataclasses import replace

import pytest

from cli.verify import models_of
from pipeline import model_weights
from tests.pipeline.export.test_verify import RUN, manifest


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ("ab" * 32, f"SHA-256 of its weights {'ab' * 32}, the same as here"),
        ("cd" * 32, f"SHA-256 of its weights {'cd' * 32}; here it is {'ab' * 32}"),
        (None, "the SHA-256 of its weights was not kept"),
    ],
)
def test_the_weights_of_each_model_are_named_once_and_held_against_those_here(monkeypatch, noted, said):
    monkeypatch.setattr(model_weights, "card_sha256", {"compact": "ab" * 32}.get)
    run = replace(RUN, models={"objects": "compact", "actions": "x\n" * 80}, models_sha256={"objects": noted})
    lines = models_of(replace(manifest([]), runs=(run, run)))
    assert lines[0] == f"objects by 'compact': {said}"
    assert len(lines) == 2 and "\n" not in lines[1] and lines[1].endswith("the SHA-256 of its weights was not kept")
