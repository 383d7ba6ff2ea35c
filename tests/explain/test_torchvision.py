"""torchvision is imported without PyTorch's compiler, which still answers when it is asked."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from explain import actions, objects
objects.models(), actions.models()
assert not [name for name in sys.modules if name.startswith("torch._dynamo")]
import torch
from torchvision.ops import roi_align
from torchvision.ops.roi_align import is_compile_supported
boxes = torch.tensor([[0.0, 0.0, 0.0, 2.0, 2.0]])
assert roi_align(torch.ones(1, 1, 4, 4), boxes, 1).item() == 1.0
from torch._dynamo import utils
assert is_compile_supported("cpu") == utils.is_compile_supported("cpu")
"""


def test_the_compiler_is_loaded_when_it_is_asked_for():
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", SCRIPT], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
