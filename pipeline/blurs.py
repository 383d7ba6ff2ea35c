"""How persons are blurred, in what is exported and in what a run keeps, and the sentences that say so."""

BLURS = ("none", "persons", "all")
"""What is blurred: nothing, persons that are no marked cause of their event, or all persons and all marked causes. Each
blurs what the one before it does."""
NOTES = {
    "none": "",
    "persons": "Persons are blurred in pictures and clips, except those marked as causes of their event. What the "
    "object model missed is not blurred; frames near which it did not look are blurred whole.",
    "all": "Persons and marked causes are blurred in pictures and clips. What the object model missed is not blurred; "
    "frames near which it did not look are blurred whole.",
}
KEPT = (
    "Only blurred pictures of this clip are kept; scores and causes were computed before that. At another threshold, "
    "causes are ranked by heat that is coarse where pictures are blurred."
)


def stronger(one: str, other: str) -> str:
    """Return which of two of :data:`BLURS` blurs more.

    >>> stronger("all", "persons"), stronger("none", "none")
    ('all', 'none')
    """
    return max(one, other, key=BLURS.index)


def kept_notes(blur: str) -> tuple[str, ...]:
    """Say what a run keeps whose pictures were blurred so; nothing for ``none``.

    >>> kept_notes("none")
    ()
    """
    return (KEPT, NOTES[blur]) if NOTES[blur] else ()
