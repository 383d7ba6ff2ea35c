"""Which jobs the one who asks sees: those of cameras that they see, and their own that are of no camera yet."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from jobs.job import Job
from people import policy
from people.actor import current

AnyJob = TypeVar("AnyJob", bound=Job)


def visible(jobs: list[AnyJob], everything: Callable[[], Sequence[Job]]) -> list[AnyJob]:
    """Return those jobs that the one who asks sees.

    Args:
        jobs: of any kinds.
        everything: returns all jobs there are: a job is of the cameras of the job in whose folder it lies, and of those
            that it is made of.
    """
    if not policy.may(policy.LOOK):
        return []
    if current().cameras is None or not jobs:
        return jobs
    known = everything()
    by_folder, by_id = {job.directory: job for job in known}, {job.id: job for job in known}
    return [job for job in jobs if _seen(job, by_folder, by_id)]


def _seen(job: Job, by_folder: dict[str, Job], by_id: dict[str, Job]) -> bool:
    around = by_folder.get("/".join(job.directory.split("/")[:2]))
    if around is not None and around.id != job.id:
        return _seen(around, by_folder, by_id)
    if parts := job.parameters.get("runs"):
        return all(part in by_id and _seen(by_id[part], by_folder, by_id) for part in parts)
    camera = job.parameters.get("camera")
    if job.parameters.get("kind") in ("camera", "causes"):  # what an evaluation measures
        camera = job.parameters.get("system")
    return policy.sees([str(camera)] if camera else [], job.owner)
