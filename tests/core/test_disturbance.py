"""Which frames a disturbance hides, and what is said of the rest."""

import numpy as np
import pytest

from core.disturbance import Disturbance


@pytest.mark.parametrize(
    ("kind", "lasting", "until", "hidden"),
    [
        ("light", False, None, range(10, 21)),
        ("gap", False, None, range(11, 21)),
        ("moved", True, None, range(10, 50)),
        ("moved", True, 40, range(10, 41)),
        ("moved", True, 70, range(10, 50)),
    ],
)
def test_a_lasting_one_hides_what_follows_until_it_is_undone(kind, lasting, until, hidden):
    assert Disturbance(kind, 10, 20, 1.0, 2.1, "", lasting, until).hides(50) == hidden


def test_nonsense_is_refused():
    for wrong in (("rain", 1, 2, 0, 0, ""), ("light", 3, 2, 0, 0, ""), ("light", 1, 2, 0, 0, "", False, 5)):
        with pytest.raises(ValueError, match="must be"):
            Disturbance(*wrong)
    with pytest.raises(ValueError, match="until must be"):
        Disturbance("moved", 5, 9, 0, 0, "", True, 7)
    assert np.zeros(9)[Disturbance("light", 20, 25, 0, 0, "").hides(9)].size == 0
