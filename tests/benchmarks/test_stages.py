import time

import torch

from benchmarks.stages import Stages
from core.progress import Progress


def told(stages, stage, done):
    stages(Progress(done, 10, 1.0, stage, left=1.0))


def test_each_stage_has_its_time_and_its_share_of_networks():
    stages = Stages(gpu=False)
    square = torch.rand(200, 200)
    for chunk in range(6):
        told(stages, "computing", chunk)
        for _ in range(20):
            square @ square
    told(stages, "waiting", 0)
    time.sleep(0.2)
    told(stages, "computing", 6)
    rows = {row["stage"]: row for row in stages.rows()}
    assert list(rows) == ["computing", "waiting"] and sum(row["share"] for row in rows.values()) <= 1.01
    assert rows["waiting"]["seconds"] >= 0.2 and rows["waiting"]["networks"] == 0 and rows["waiting"]["most"] == ""
    assert "aten::mm" in rows["computing"]["most"] and 0.2 < rows["computing"]["networks"] <= 1.5
    assert rows["waiting"]["processors"] < 0.5 and rows["computing"]["gpu"] is None
