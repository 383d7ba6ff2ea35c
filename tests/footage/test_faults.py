"""Small files that are easily read, timed or explained wrongly: what is said of each is right."""

import pytest

from benchmarks._fault_cases import CASES
from benchmarks.footage_faults import FOLDER, judged
from core import device


@pytest.mark.footage
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])
def test_what_is_said_is_right(footage_root, tmp_path, case):
    found = judged(case, footage_root / FOLDER / case.file, tmp_path / "out", device.choose("cpu"))
    assert found["holds"], f"right is: {case.right}; said: {found['said']}"
