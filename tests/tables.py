"""The documentation's tables, made from the registries: ``python -m tests.tables`` writes them."""

import argparse
import json
import re
from pathlib import Path

from benchmarks import own_camera
from cli import list as listing
from cli.main import parser
from core.contracts import DetectorEntry
from core.formats import CODECS, CONTAINERS
from core.registry import collect
from pipeline.camera import SHIPPED, load
from pipeline.evaluation import results

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Return the pages that hold a table."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path for path in found if BLOCK.search(path.read_text(encoding="utf-8"))]


def rows(kind: str) -> list[tuple[str, ...]]:
    """Return a table's rows, the head first."""
    if kind == "verbs":
        (verbs,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
        return [("verb", "what it does"), *((f"`{a.dest}`", str(a.help)) for a in verbs._choices_actions)]
    if own := {"cameras": cameras, "results": compared, "own_cameras": own_cameras, "keys": keys,
           "containers": containers, "codecs": codecs}.get(kind):  # fmt: skip
        return own()
    entries = collect(*listing.REGISTRIES[kind])
    if kind == "detectors":
        return [("detector", "what it does", "from"), *dict.fromkeys(_family(n, e) for n, e in entries.items())]
    named = ((re.sub(r"^(shanghaitech-)\d\d$", r"\1{01…13}", name), listing.about(e)) for name, e in entries.items())
    return [(kind.removesuffix("s"), "what it is"), *dict.fromkeys((f"`{name}`", about) for name, about in named)]


def _family(name: str, entry: DetectorEntry) -> tuple[str, ...]:
    """Return a detector's row; those that differ only in how many layers recur, and where, share one."""
    layers = re.fullmatch(r"(.*)-l\d-[ny]", name)
    shown = f"{layers[1]}-l{{1,2,3}}-{{n,y}}" if layers else name
    return f"`{shown}`", entry.about.partition(", ")[0] if layers else entry.about, f"`{entry.paper}`"


def cameras() -> list[tuple[str, ...]]:
    """Return the shipped cameras with the figures on their cards."""
    found = [("camera", "trained on", "epochs, seed", "label set", "AUC", "frame-index baseline", "raw AUC", "EER")]
    for path in sorted(SHIPPED.glob("*/camera.json")):
        card = load(str(path.parent)).card
        for label_set, f in card["figures"].items():
            figures = (f["auc"]["micro_normalised"], f["frame_index"]["auc"]["micro_normalised"],
                       f["auc"]["micro_raw"], f["eer"])  # fmt: skip
            found.append(
                (
                    f"`{path.parent.name}`",
                    f"`{card['trained_on']}`, {len(card['clips'])} clips",
                    f"{card['epochs']}, {card['seed']}",
                    f"`{label_set}`",
                    *(f"{value:.3f}" for value in figures),
                )
            )
    return found


def keys() -> list[tuple[str, ...]]:
    """Return the keys of the player, as it lists them itself."""
    listed = json.loads((ROOT / "assets" / "player" / "keys.json").read_text(encoding="utf-8"))
    return [("key", "what it does"), *map(tuple, listed)]


def containers() -> list[tuple[str, ...]]:
    """Return the containers that are read."""
    listed = ((f"`{name}`", of.about, " ".join(of.endings)) for name, of in CONTAINERS.items())
    return [("demuxer", "container", "endings"), *listed]


def codecs() -> list[tuple[str, ...]]:
    """Return the codecs that are read."""
    return [("decoder", "codec"), *((f"`{name}`", about) for name, about in CODECS.items())]


def compared() -> list[tuple[str, ...]]:
    """Return the results on UCSD Ped2, without the columns that are alike in all rows or said by the row's name."""
    path = ROOT / "docs" / "results" / "ped2" / "plan.toml"
    plan = results.plan(path)
    rows = [*results.lines(plan.values(), results.results(path.parent, plan)), *results.baseline(path.parent)]
    lines = [results.HEAD, *rows]
    hidden = {results.HEAD.index(name) for name in ("detector", "machine", "frame's index")}
    return [tuple(cell for i, cell in enumerate(line) if i not in hidden) for line in lines]


def own_cameras() -> list[tuple[str, ...]]:
    """Return what ``bench own-camera --json`` has measured, a camera and the difference of two frames in turn."""
    path = ROOT / "docs" / "results" / "own-camera.json"
    shown = own_camera.shown(json.loads(path.read_text(encoding="utf-8"))["own_cameras"])
    return [tuple(shown[0]), *(tuple(row.values()) for row in shown)]


def table(kind: str) -> str:
    """Set one table in Markdown."""
    head, *body = rows(kind)
    return results.markdown(body, head)


def made(text: str) -> str:
    """Return a page with its tables made anew."""
    return BLOCK.sub(lambda found: found[1] + table(found[2]) + found[3], text)


if __name__ == "__main__":
    for page in pages():
        page.write_text(made(page.read_text(encoding="utf-8")), encoding="utf-8")
