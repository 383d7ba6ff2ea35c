"""How much a method usually asks: the same on every machine, less of a large network."""

import dataclasses

import pytest

from pipeline.explaining.budgets import default_budget, evaluations_within


@pytest.mark.parametrize(("operations", "evaluations"), [(1, 320), (36e9, 224), (88.6e9, 96), (1e15, 64)])
def test_large_networks_are_asked_less(operations, evaluations):
    assert evaluations_within(operations) == evaluations


def test_a_small_camera_gets_the_whole_budget_and_the_papers_network_less(tiny_camera):
    assert default_budget(tiny_camera).evaluations == 320
    assert default_budget(dataclasses.replace(tiny_camera, settings={})).evaluations == 96
