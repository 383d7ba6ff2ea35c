"""What goes with a run that is deleted, beside its folder: archives that show it, and its events in the index.

Records of reviews and cases stay: who said what of which event, by the event's key. So does the audit log, with the
clip's name.
"""

from jobs.job import Job
from people.actor import OWNER, acting
from pipeline.export import exports
from pipeline.kinds import queue
from pipeline.reviewing import index


def forget_run(run: Job) -> None:
    """Delete the archives that a run is in, and its rows in the index of events, for good.

    Raises:
        StorageError: the index cannot be written.
    """
    with acting(OWNER):  # whoever may delete the run; others' archives of it go as well
        for made in exports.exports():
            if run.id in made.runs:
                queue().delete(made.id, kill=True)
        index.forget([run.id])
