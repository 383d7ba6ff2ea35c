"""Published figures: every row says whose it is, and what the papers print first is there."""

import re
from pathlib import Path

import pytest

from core.registry import collect
from pipeline.camera import detector_entries
from pipeline.evaluation.export import PUBLISHED, comparable_figures, published_figures
from pipeline.evaluation.protocols import PROTOCOLS

ROOT = Path(__file__).resolve().parents[3]


def test_every_figure_names_what_there_is():
    keys = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "docs" / "bibliography.bib").read_text(), re.MULTILINE))
    known, sets = set(detector_entries()), set(collect("footage", "DATASETS"))
    for figure in published_figures():
        assert figure.paper in keys
        assert figure.detector in known | {""}
        assert figure.data in sets
        assert figure.protocol in set(PROTOCOLS) | {"unstated"}
        assert 0 < figure.value < 1
        assert figure.table and figure.method and figure.label_set
    assert len({(f.paper, f.table, f.method, f.data, f.measure) for f in published_figures()}) == len(
        published_figures()
    )


@pytest.mark.parametrize(
    ("paper", "table", "detector", "data", "measure", "value"),
    [
        ("szymanowicz2022discrete", "2", "vqunet-prediction", "ped2", "auc", 0.892),
        ("szymanowicz2022discrete", "3", "vqunet-prediction", "avenue", "xman_map", 0.119),
        ("szymanowicz2022discrete", "4", "vqunet-prediction", "ped2", "xman_map_without_location", 0.672),
        ("li2021decoupled", "2", "decoupled-conv3d", "shanghaitech", "auc", 0.739),
        ("li2021decoupled", "5", "decoupled-convlstm", "ped1", "auc", 0.828),
        ("cho2022unsupervised", "3", "itae-flow", "ped2", "auc", 0.973),
        ("astrid2021learning", "1", "lntra-skip", "ped2", "auc", 0.965),
        ("ravi2021class", "4.8", "ssa-cae", "ped2", "auc", 0.8806),
        ("ravi2021class", "4.9", "bcae1", "avenue", "eer", 0.2597),
        ("ravi2021class", "4.13", "seq2seq-convgru-l2-n", "ped2", "auc", 0.86),
    ],
)
def test_what_the_papers_print_is_there(paper, table, detector, data, measure, value):
    (found,) = [f for f in published_figures() if (f.paper, f.table, f.detector, f.data, f.measure)
                == (paper, table, detector, data, measure)]  # fmt: skip
    assert found.value == value


def test_figures_of_other_labels_do_not_stand_beside():
    papers = {f.paper for f in comparable_figures("avenue", "cuhk-avenue/volLabel")}
    assert "astrid2021learning" not in papers
    assert "ravi2021class" not in papers
    assert {"li2021decoupled", "cho2022unsupervised", "szymanowicz2022discrete"} <= papers
    other = comparable_figures("avenue-3867", "cuhk-avenue/3867")
    assert {f.paper for f in other} == {"astrid2021learning", "szymanowicz2022discrete"}
    assert [f.value for f in other] == sorted((f.value for f in other), reverse=True)
    assert {f.detector for f in comparable_figures("ped2", "ucsd-ped2/v1p2", detector="itae")} == {"itae"}
    assert len(list(PUBLISHED.glob("*.csv"))) == 5
