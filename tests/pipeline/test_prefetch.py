import threading
import time

import pytest

from pipeline.prefetch import prefetch


def test_order_is_kept_and_errors_arrive():
    def items():
        yield from range(3)
        raise ValueError("broken here")

    got = []
    with pytest.raises(ValueError, match="broken here"):
        for item in prefetch(items()):
            got.append(item)
    assert got == [0, 1, 2]


def test_it_runs_ahead_but_not_further_than_its_depth():
    drawn = []

    def items():
        for i in range(100):
            drawn.append(i)
            yield i

    stream = prefetch(items(), depth=2)
    assert next(stream) == 0
    time.sleep(0.3)
    assert 2 <= len(drawn) <= 5
    stream.close()


def test_closing_ends_the_thread():
    stream = prefetch(iter(int, 1))
    next(stream)
    stream.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("prefetch")]
