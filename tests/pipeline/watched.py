"""Looks at a run while it is at work."""

from pipeline import first_results


class Watched:
    """Looks at a run's folder whenever the analysis says how far it is."""

    def __init__(self, folder):
        self.folder, self.seen = folder, []

    def __call__(self, progress):
        found = first_results.read(self.folder)
        if found is not None:
            self.seen.append((progress, found))

    def of(self, stage):
        return [found for progress, found in self.seen if progress.stage == stage]
