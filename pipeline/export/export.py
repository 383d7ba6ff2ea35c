"""Exports runs as one archive: reports, events as clips and pictures, and a manifest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from core.analysis import Analysis
from core.errors import Cancelled, InputError, UnknownNameError
from core.files import json_text
from core.progress import JobProgress, Progress, Stage
from core.templates import environment
from explain import report
from explain.report.pdf import Part, gathered, pdf
from pipeline import finished_run, versions
from pipeline.blurs import BLURS, NOTES, stronger
from pipeline.export import archive, sources
from pipeline.export.archive import Archive
from pipeline.export.blur import Blur
from pipeline.export.clips import Cutter
from pipeline.export.contents import Contents, chosen
from pipeline.export.events_csv import events_csv
from pipeline.export.manifest import FORMAT, VERSION, ArchivedRun, Manifest
from pipeline.export.sources import Source
from pipeline.finished_run import WHY
from pipeline.model_weights import card_sha256
from pipeline.reviewing.labels import csv_labels

RANKING, CUTTING, WRITING = "ranking causes", "cutting clips", "writing the reports"
STAGES = (
    Stage(RANKING, "runs", start=1.0, each=2.0),
    Stage(CUTTING, "frames", start=0.5, each=0.02),
    Stage(WRITING, "runs", start=1.0, each=5.0),
)
TEMPLATES = environment(Path(__file__).with_name("templates"))


@dataclass(frozen=True)
class _Run:
    """A run that is exported, its warnings completed by what was blurred."""

    source: Source
    folder: str
    analysis: Analysis
    blur: str

    def edit(self) -> Blur:
        """Return what blurs its pictures."""
        return Blur(self.analysis, self.source.folder, self.blur)

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name


def export(
    found: Sequence[Source], out: Path, *, blur: str = "none", contents: Contents | None = None,
    made: datetime | None = None, progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] = bool,
) -> Manifest:  # fmt: skip
    """Write the archive of some runs, whole or not at all.

    One run's files lie at the top; several have a folder each, beside ``index.html`` and the events of all. With the
    same ``made``, the same runs give the same bytes on one machine: the date is in the reports in HTML and PDF, in the
    index and in the manifest.

    Args:
        found: of :func:`pipeline.export.sources.find`.
        out: the archive to make or to replace.
        blur: one of :data:`pipeline.blurs.BLURS`; of a run that keeps blurred pictures, at least what they are.
        contents: which events of the runs it holds; all of them when None.
        made: when it is said to be made, in UTC; now when None.
        progress: told how far it is.
        cancelled: asked after every chunk of frames and before every report.

    Raises:
        InputError: a run cannot be read, or its clip.
        UnknownNameError: there is no such ``blur``.
        Cancelled: ``cancelled`` said so; nothing is left.
        StorageError: the disk is full, or the archive cannot be written there.
    """
    if blur not in BLURS:
        raise UnknownNameError("blur", blur, BLURS)
    if out.is_dir():
        raise InputError(f"{str(out)!r} is a folder; name a file for the archive, such as case.zip")
    when, job = made or datetime.now(UTC), JobProgress("export", STAGES, progress)
    held = contents or chosen()
    job.begin(RANKING, len(found))
    runs = list(_explained(found, held, blur, job, cancelled))
    with archive.writing(out) as (packed, scratch):
        _cut(runs, scratch, job, cancelled)
        job.begin(WRITING, len(runs))
        for number, run in enumerate(runs):
            _check_cancelled(cancelled)
            _write(run, number, run.edit(), packed, scratch, when)
            job.advance(number + 1)
        manifest = _finish(runs, held, blur, packed, when)
    job.finish()
    return manifest


def _explained(
    found: Sequence[Source], held: Contents, blur: str, job: JobProgress, cancelled: Callable[[], bool]
) -> "Sequence[_Run]":  # fmt: skip
    runs = []
    for number, (source, folder) in enumerate(zip(found, sources.folders(found), strict=True), 1):
        _check_cancelled(cancelled)
        analysis = held.analysis(source)
        mode = stronger(blur, analysis.kept_blur)  # the clip of a folder is as it came
        note = (NOTES[mode],) if mode != analysis.kept_blur else ()
        runs.append(_Run(source, folder, replace(analysis, warnings=(*note, *analysis.warnings)), mode))
        job.advance(number)
    return runs


def _cut(runs: Sequence[_Run], scratch: Path, job: JobProgress, cancelled: Callable[[], bool]) -> None:
    cutters = []
    for number, run in enumerate(runs):
        folder = scratch / str(number)
        folder.mkdir()
        cutters.append(Cutter(run.analysis, run.edit(), folder))
    job.begin(CUTTING, sum(cutter.last for cutter in cutters))
    before = 0
    for run, cutter in zip(runs, cutters, strict=True):
        cutter.run(run.source.clip, lambda frames, before=before: job.advance(before + frames), cancelled)  # type: ignore[misc]
        before += cutter.last


def _write(run: _Run, number: int, blur: Blur, packed: Archive, scratch: Path, when: datetime) -> None:
    """Add a run's reports, and its clips and pictures as they were cut."""
    analysis, why = run.analysis, run.source.folder / WHY
    packed.put(run.path("report.html"), report.page(analysis, blur.kept, why, written=when, edit=blur.picture))
    packed.put(run.path("report.pdf"), pdf(analysis, blur.kept, why, written=when, edit=blur.picture))
    packed.put(run.path("report.json"), json_text(report.as_json(analysis)))
    packed.put(run.path("events.csv"), events_csv([(run.folder, analysis)]))
    for file in sorted((scratch / str(number)).iterdir()):
        packed.put_file(run.path(f"{'clips' if file.suffix == '.mp4' else 'frames'}/{file.name}"), file)
        file.unlink()


def _finish(runs: Sequence[_Run], held: Contents, blur: str, packed: Archive, when: datetime) -> Manifest:
    """Add what lies at the top beside several runs, or a case, and the manifest."""
    named = [(run.folder, run.analysis) for run in runs]
    listed = [one for run in runs for one in held.of(run.source.run, run.analysis)]
    if len(runs) > 1 or held.case:
        page = TEMPLATES.get_template("index.html")
        packed.put("index.html", page.render(runs=named, made=f"{when:%Y-%m-%d at %H:%M} UTC", note=NOTES[blur],
                                             case=held.case))  # fmt: skip
    if len(runs) > 1:
        packed.put("events.csv", events_csv(named))
        packed.put("report.pdf", _gathered(runs, held, when))
    if held.events or any(one.opinion.records for one in listed):
        packed.put("reviews.csv", csv_labels(listed))
    manifest = Manifest(
        FORMAT, VERSION, when.isoformat(timespec="seconds"), versions.WHYCAM, blur, NOTES[blur],
        tuple(_archived(run, held) for run in runs), tuple(sorted(packed.files, key=lambda file: file.path)), held.case,
    )  # fmt: skip
    packed.put_manifest(manifest)
    return manifest


def _gathered(runs: Sequence[_Run], held: Contents, when: datetime) -> bytes:
    """Return one PDF of all runs."""
    blurs = [run.edit() for run in runs]
    parts = [Part(run.analysis, one.kept, run.source.folder / WHY, one.picture)
             for run, one in zip(runs, blurs, strict=True)]  # fmt: skip
    title, note = (held.case.name, held.case.note) if held.case else ("Whycam export", "")
    return gathered(title, note, parts, written=when)


def _archived(run: _Run, held: Contents) -> ArchivedRun:
    analysis, noted = run.analysis, finished_run.read(run.source.folder).facts.models_sha256
    facts = report.as_json(analysis)
    clip = {name: facts["clip"][name] for name in ("name", "sha256", "frames", "fps", "width", "height", "recorded")}
    hashes = {name: str(value) for name, value in facts["versions"].items() if name.endswith("_sha256") and value}
    others = {name: value for name, value in facts["versions"].items() if name not in hashes}
    return ArchivedRun(
        run.folder, run.source.run, clip, analysis.camera, analysis.detector, hashes, dict(analysis.models),
        {kind: noted.get(kind) or card_sha256(name) for kind, name in analysis.models.items()}, analysis.threshold,
        analysis.unit,
        analysis.standing, others, len(analysis.events), held.reviews(run.source.run, analysis), analysis.kept_blur,
    )  # fmt: skip


def _check_cancelled(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("")
