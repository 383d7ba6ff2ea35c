"""Results of evaluations, as the terminal shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cli.output import table
from pipeline.evaluation.check import COUNTED
from pipeline.evaluation.figures import HEADLINE, shown
from pipeline.evaluation.metric_values import further_names
from pipeline.evaluation.summary import HEADLINE_AUC, EvaluationResult


def evaluation(result: EvaluationResult) -> str:
    """Set a result of an evaluation as text."""
    summary, localisation = result.summary, result.localisation
    names = dict.fromkeys((*HEADLINE, *summary.figures))
    rows = [
        {
            "figure": name,
            result.system: shown(summary.figures[name]),
            "frame's index alone": shown(summary.frame_index[name]),
        }
        for name in names
    ]
    placed = {**(localisation.figures if localisation else {}), **summary.alarms}
    return "\n\n".join(
        (
            f"camera {result.system} ({result.detector}) on {result.data}, labels {result.label_set}: "
            f"{summary.scored} of {summary.frames} frames scored, {summary.abnormal} of them abnormal",
            table(rows),
            table([{"figure": name, "value": shown(value)} for name, value in placed.items()]),
            table(_words([asdict(video) for video in summary.videos])),
            *([table(_words([one.as_json() for one in result.classes]))] if result.classes is not None else []),
            *(result.false_alarms.said if result.false_alarms else ()),
            f"{result.protocol}{_speed(result.facts.get('machine'))}",
        )
    )


def _words(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{key: shown(value) for key, value in row.items()} for row in rows]


def _speed(machine: Mapping[str, Any] | None) -> str:
    if not machine:
        return ""
    share = f"{machine['share']:.0%} of the machine's processor time"
    return f"\n{machine['device']}: {machine['frames_per_second']} frames/s, {share}"


def checked(result: Mapping[str, Any]) -> str:
    """Set a result of :func:`pipeline.evaluation.check.check` as text."""
    rows = [{"count": key.replace("_", " "), "here": result["found"][key], "published": result["official"].get(key)}
            for key in COUNTED]  # fmt: skip
    clips = [{key: clip[key] for key in ("part", "name", "frames", "size", "abnormal")} for clip in result["clips"]]
    problems = result["problems"]
    verdict = "\n".join(problems) if problems else "Nothing is wrong with it."
    labels = ", ".join(result["label_sets"]) or "none"
    return "\n\n".join((f"{result['data']}, labels {labels}", table(clips), table(rows), verdict))


def comparison(results: Sequence[EvaluationResult]) -> str:
    """Set several results in one table."""
    columns = {
        "AUC": HEADLINE_AUC,
        "raw": "auc.micro_raw",
        "macro": "auc.macro",
        "protocol's": "auc.protocol",
        "EER": "eer",
    }
    return table(
        [
            {
                "system": result.system,
                "distortion": result.distortion,
                **{title: shown(result.summary.figures[name]) for title, name in columns.items()},
                "index alone": shown(result.summary.frame_index[HEADLINE_AUC]),
            }
            for result in results
        ]
    )


def causes(result: Mapping[str, Any]) -> str:
    """Set what :func:`pipeline.evaluation.causes.evaluate_causes` found as text."""
    from pipeline.evaluation.causes import OURS

    first, classes, labels = result["causes"], result["xman"], result["labels"]
    rules = [
        rule
        for rule in {**first, **classes}
        if rule in classes or (isinstance(first[rule], dict) and "top1" in first[rule])
    ]
    parts = [
        f"causes of {labels['frames'] - labels['without_score']} labelled frames in {len(labels['clips'])} clips, "
        f"objects by {labels['models']['objects']}, actions by {labels['models']['actions']}",
        table([{"rule": rule, **_rule(first.get(rule), classes.get(rule))} for rule in rules]),
    ]
    if classes:
        names = next(iter(classes.values()))["per_class"]
        parts.append(
            table([{"AP": name, **{r: shown(classes[r]["per_class"][name]) for r in classes}} for name in names])
        )
    if any(rule in first for rule in rules):
        best = next(rule for rule in (OURS, *rules) if rule in first)
        parts.append(f"{best}, clip by clip:\n" + table([_clip(video) for video in first[best]["videos"]]))
    parts += _heat_adds(first, classes, OURS)
    parts += [f"not run: {rule}: {why}" for rule, why in first["not_run"].items()]
    listed = {"unmatched": "no clip of the data set", "nameless": "no model can name", "places": "taken for places"}
    parts += [f"{said}: {', '.join(labels[key])}" for key, said in listed.items() if labels[key]]
    return "\n\n".join([*parts, labels["protocol"]])


def _heat_adds(first: Mapping[str, Any], classes: Mapping[str, Any], ours: str) -> list[str]:
    """Say how much better the causes are for the heat than for a model's confidence alone."""
    kinds = ((first, "top1", "right first causes"), (classes, "map", "mAP"), (classes, "map_objects", "mAP of objects"))
    gains = [
        f"{figures[ours][key] - figures['confidence'][key]:+.3f} {said}"
        for figures, key, said in kinds
        if all(rule in figures and figures[rule][key] is not None for rule in (ours, "confidence"))
    ]
    return [f"{ours} against confidence alone: {', '.join(gains)}"] if gains else []


def _rule(first: Mapping[str, Any] | None, classes: Mapping[str, Any] | None) -> dict[str, str]:
    row = {}
    if first:
        row = {"right": shown(first["top1"]), "found": shown(first["found"]), "tracks": _tracks(first)}
        for group in ("unseen", "seen"):
            row[group] = shown(first[group]["top1"]) if first[group] else ""
            row[f"{group} tracks"] = _tracks(first[group]) if first[group] else ""
    if not classes:
        return row
    further = {name: shown(classes[name]) for name in further_names()}
    return row | {"mAP": shown(classes["map"]), "of objects": shown(classes["map_objects"])} | further


def _tracks(figures: Mapping[str, Any]) -> str:
    share, count = figures["top1_tracks"], figures["tracks"]
    return f"{round(share * count)} of {count}" if share is not None else shown(None)


def _clip(video: Mapping[str, Any]) -> dict[str, str]:
    return {
        "clip": video["name"],
        "frames": str(video["frames"]),
        "right": shown(video["top1"]),
        "found": shown(video["found"]),
        "tracks": _tracks(video),
        "as one event": video["event"] or "",
    }
