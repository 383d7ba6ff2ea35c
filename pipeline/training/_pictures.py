"""How many of a clip's frames show a new picture, and whether its picture changes at all."""

from dataclasses import dataclass, field

from core.arrays import Images
from pipeline.repeats import Repeats, reduced

SAME, STILL = 0.98, 0.8
"""Share of the pixels that are the same in a frame and the one before where nothing changed, and share of such frames,
of a picture that never changes; the rest are key frames, which code it anew."""


@dataclass
class Pictures:
    """Tells how many frames show a new picture, and how many differ from the one before at all."""

    repeats: Repeats = field(default_factory=Repeats)
    before: Images | None = None
    frames: int = 0
    repeated: int = 0
    same: int = 0

    def take(self, images: Images) -> None:
        """Take the next frames."""
        for image in images:
            now = reduced(image)
            self.repeated += self.repeats.add_frame(image)
            self.same += self.before is not None and float((now == self.before).mean()) >= SAME
            self.before, self.frames = now, self.frames + 1

    @property
    def fresh(self) -> float:
        """Share of new pictures; a beat that is known in the end was there in the beginning, too."""
        return min(1.0 - self.repeated / self.frames, self.repeats.fresh)

    @property
    def still(self) -> bool:
        """Whether nothing ever changed."""
        return self.same >= STILL * (self.frames - 1)
