"""Results of evaluations, as the terminal shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cli.output import table
from pipeline.evaluation import event_rows
from pipeline.evaluation.cause_results import CauseResult, RuleClasses, RuleFigures, Shares, VideoCauses
from pipeline.evaluation.check import COUNTED
from pipeline.evaluation.figures import HEADLINE, shown
from pipeline.evaluation.metric_values import further_names
from pipeline.evaluation.summary import HEADLINE_AUC, EvaluationResult


def evaluation(result: EvaluationResult) -> str:
    """Format a result of an evaluation as text."""
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
    return "\n\n".join(
        (
            f"camera {result.system} ({result.detector}) on {result.data}, labels {result.label_set}: "
            f"{summary.scored} of {summary.frames} frames scored, {summary.abnormal} of them abnormal",
            table(rows),
            *([table([{"figure": name, "value": shown(value)} for name, value in localisation.figures.items()])]
              if localisation else []),
            _events(result),
            table(_words([asdict(video) for video in summary.videos])),
            *([table(_words([one.as_json() for one in result.classes]))] if result.classes is not None else []),
            *(result.false_alarms.said if result.false_alarms else ()),
            f"{result.protocol}{_speed(result.facts.get('machine'))}",
        )
    )  # fmt: skip


def _events(result: EvaluationResult) -> str:
    """Show events as an analyst meets them, or say that there is no threshold to raise any."""
    if result.summary.alarms["events"] is None:
        return "No threshold is known, so no events are raised."
    threshold = "" if result.threshold is None else f" ({result.threshold:.3g})"
    return f"events at the camera's own threshold{threshold}:\n" + table(event_rows.rows(result.as_json()))


def _words(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{key: shown(value) for key, value in row.items()} for row in rows]


def _speed(machine: Mapping[str, Any] | None) -> str:
    if not machine:
        return ""
    share = f"{machine['share']:.0%} of the machine's processor time"
    return f"\n{machine['device']}: {machine['frames_per_second']} frames/s, {share}"


def checked(result: Mapping[str, Any]) -> str:
    """Format a result of :func:`pipeline.evaluation.check.check` as text."""
    rows = [{"count": key.replace("_", " "), "here": result["found"][key], "published": result["official"].get(key)}
            for key in COUNTED]  # fmt: skip
    clips = [{key: clip[key] for key in ("part", "name", "frames", "size", "abnormal")} for clip in result["clips"]]
    problems = result["problems"]
    verdict = "\n".join(problems) if problems else "Nothing is wrong with it."
    if not result["found"]["abnormal"]:
        verdict += "\nIt has no abnormal frames: no camera can be evaluated on it."
    labels = ", ".join(result["label_sets"]) or "none"
    return "\n\n".join((f"{result['data']}, labels {labels}", table(clips), table(rows), verdict))


def comparison(results: Sequence[EvaluationResult]) -> str:
    """Format several results in one table."""
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


def causes(result: CauseResult) -> str:
    """Format what :func:`pipeline.evaluation.causes.evaluate_causes` found as text."""
    from pipeline.evaluation.causes import OURS

    first, classes, labels = result.rules, result.classes, result.labels
    rules = list(dict.fromkeys((*first, *classes)))
    parts = [
        f"causes of {labels.frames - labels.without_score} labelled frames in {len(labels.clips)} clips, "
        f"objects by {labels.models['objects']}, actions by {labels.models['actions']}",
        table([{"rule": rule, **_rule(first.get(rule), classes.get(rule))} for rule in rules]),
    ]
    if classes:
        each = {rule: figures.per_class["per_class"] for rule, figures in classes.items()}
        names = next(iter(each.values()))
        parts.append(table([{"AP": name, **{rule: shown(of[name]) for rule, of in each.items()}} for name in names]))
    if first:
        best = next(rule for rule in (OURS, *rules) if rule in first)
        parts.append(f"{best}, clip by clip:\n" + table([_clip(video) for video in first[best].videos]))
    parts += _heat_adds(result, OURS)
    parts += [f"not run: {rule}: {why}" for rule, why in result.not_run.items()]
    listed = {"no clip of the data set": labels.unmatched, "no model can name": labels.nameless,
              "taken for places": labels.places}  # fmt: skip
    parts += [f"{said}: {', '.join(names)}" for said, names in listed.items() if names]
    return "\n\n".join([*parts, labels.protocol])


def _heat_adds(result: CauseResult, ours: str) -> list[str]:
    """Say how much better the causes are with the heat than by a model's confidence alone."""
    kinds = {
        "right first causes": {rule: figures.shares.top1 for rule, figures in result.rules.items()},
        "mAP": {rule: figures.figures["map"] for rule, figures in result.classes.items()},
        "mAP of objects": {rule: figures.figures["map_objects"] for rule, figures in result.classes.items()},
    }
    gains = [
        f"{mine - other:+.3f} {said}"
        for said, by_rule in kinds.items()
        if (mine := by_rule.get(ours)) is not None and (other := by_rule.get("confidence")) is not None
    ]
    return [f"{ours} against confidence alone: {', '.join(gains)}"] if gains else []


def _rule(first: RuleFigures | None, classes: RuleClasses | None) -> dict[str, str]:
    row = {}
    if first:
        row = {"right": shown(first.shares.top1), "found": shown(first.shares.found), "tracks": _tracks(first.shares)}
        for group, shares in (("unseen", first.unseen), ("seen", first.seen)):
            row[group] = shown(shares.top1) if shares else ""
            row[f"{group} tracks"] = _tracks(shares) if shares else ""
    if not classes:
        return row
    figures = classes.figures
    further = {name: shown(figures.get(name)) for name in further_names()}
    return row | {"mAP": shown(figures["map"]), "of objects": shown(figures["map_objects"])} | further


def _tracks(shares: Shares) -> str:
    share, count = shares.top1_tracks, shares.tracks
    return f"{round(share * count)} of {count}" if share is not None else shown(None)


def _clip(video: VideoCauses) -> dict[str, str]:
    return {
        "clip": video.name,
        "frames": str(video.shares.frames),
        "right": shown(video.shares.top1),
        "found": shown(video.shares.found),
        "tracks": _tracks(video.shares),
        "as one event": video.event or "",
    }
