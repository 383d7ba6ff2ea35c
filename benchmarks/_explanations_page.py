"""The explanation methods' figures as a page of the documentation."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks._kept_rows import table_of_rows

HEADS = {
    "method": "method", "frames": "frames", "deletion_auc": "deletion AUC ↓", "insertion_auc": "insertion AUC ↑",
    "mass": "mass in mask", "rank": "rank accuracy", "points": "pointing game", "sanity": "sanity",
    "evaluations": "evaluations",
}  # fmt: skip
SANITY = "Sanity is the rank correlation with the map of the network with shuffled weights: 0.5 and more fails."


def page(machine: str, plan: str, found: Mapping[str, Mapping[str, Any]]) -> str:
    """Format cameras' figures, of :func:`benchmarks.explanations.of_cameras`, in Markdown; ``plan`` is one sentence."""
    parts = ["# Explanations of a score", f"{plan} Means with 95 % intervals of the mean, resampled. {SANITY}"]
    for camera, told in found.items():
        parts += [
            f"## {camera} ({told['detector']})",
            f"{best(told['table'])} {_counted(told['table'])}",
            table_of_rows(shown(told["table"])).rstrip(),
        ]
        parts.append(_speed(told["speed"], machine))
    return "\n\n".join(parts) + "\n"


def best(table: Sequence[Mapping[str, Any]]) -> str:
    """Return how much better than the detector's own map the most faithful method's deletion AUC is."""
    means = {row["method"]: row["deletion_auc"]["mean"] for row in table if row["deletion_auc"]}
    if "residual" not in means:
        return "No frame's score falls when the picture becomes background: nothing can be said of deletion."
    first = min(means, key=lambda name: means[name])
    if first == "residual":
        return f"No method's deletion AUC is below that of the detector's own map, {means[first]:.4f}."
    less = 1.0 - means[first] / means["residual"]
    return (
        f"Most faithful: {first}, whose deletion AUC of {means[first]:.4f} is {less:.0%} below that of the detector's "
        f"own map, {means['residual']:.4f}."
    )


def _counted(table: Sequence[Mapping[str, Any]]) -> str:
    """Return how many frames of each clip count; where the background alone scores as high, deletion has no answer."""
    counts = ", ".join(f"{count} of {clip}" for clip, count in table[0]["clips"].items()) if table else "none"
    answered = max((row["deletion_auc"]["count"] for row in table if row["deletion_auc"]), default=0)
    return f"Frames: {counts}; deletion and insertion have an answer in {answered} of them."


def shown(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Bring a table's rows to text, ``mean [low, high]``."""
    return [{HEADS[key]: _text(value) for key, value in row.items() if key in HEADS} for row in rows]


def _speed(told: Mapping[str, Any], machine: str) -> str:
    seconds = ", ".join(f"{name} {value:.2f}" for name, value in sorted(told["methods"].items(), key=lambda p: p[1]))
    return (
        f"Processor seconds for a frame with the usual budget ({machine}): {seconds}. One evaluation takes "
        f"{told['evaluation_ms']} ms in a batch, {told['batching']} times that alone, {told['float32']} times that "
        f"alone in float32, {told['scripts']} times as papers' scripts ask (alone, float32, PyTorch's own layers, the "
        f"system's allocator); it reaches {told['peak']:.0%} of what a matrix product does here, "
        f"{told['peak_alone']:.0%} alone."
    )


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['mean']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"
    return "–" if value is None else str(value)
