"""AVA's action names, in the order of the official list (``ava_action_list_v2.2.pbtxt``) (``gu2018ava``)."""

MOVEMENT = (
    "bend/bow (at the waist)",
    "crawl",
    "crouch/kneel",
    "dance",
    "fall down",
    "get up",
    "jump/leap",
    "lie/sleep",
    "martial art",
    "run/jog",
    "sit",
    "stand",
    "swim",
    "walk",
)
"""Ids 1 to 14."""

OBJECT = (
    "answer phone",
    "brush teeth",
    "carry/hold (an object)",
    "catch (an object)",
    "chop",
    "climb (e.g., a mountain)",
    "clink glass",
    "close (e.g., a door, a box)",
    "cook",
    "cut",
    "dig",
    "dress/put on clothing",
    "drink",
    "drive (e.g., a car, a truck)",
    "eat",
    "enter",
    "exit",
    "extract",
    "fishing",
    "hit (an object)",
    "kick (an object)",
    "lift/pick up",
    "listen (e.g., to music)",
    "open (e.g., a window, a car door)",
    "paint",
    "play board game",
    "play musical instrument",
    "play with pets",
    "point to (an object)",
    "press",
    "pull (an object)",
    "push (an object)",
    "put down",
    "read",
    "ride (e.g., a bike, a car, a horse)",
    "row boat",
    "sail boat",
    "shoot",
    "shovel",
    "smoke",
    "stir",
    "take a photo",
    "text on/look at a cellphone",
    "throw",
    "touch (an object)",
    "turn (e.g., a screwdriver)",
    "watch (e.g., TV)",
    "work on a computer",
    "write",
)
"""Ids 15 to 63."""

PERSON = (
    "fight/hit (a person)",
    "give/serve (an object) to (a person)",
    "grab (a person)",
    "hand clap",
    "hand shake",
    "hand wave",
    "hug (a person)",
    "kick (a person)",
    "kiss (a person)",
    "lift (a person)",
    "listen to (a person)",
    "play with kids",
    "push (another person)",
    "sing to (e.g., self, a person, a group)",
    "take (an object) from (a person)",
    "talk to (e.g., self, a person, a group)",
    "watch (a person)",
)
"""Ids 64 to 80."""

LABELS = (*MOVEMENT, *OBJECT, *PERSON)
"""The 80 names; AVA counts them from 1, so that ``LABELS[i]`` has id ``i + 1``."""


def official(name: str) -> str:
    """Return the official spelling of an action that is written without its examples in brackets.

    Where two actions differ by their brackets alone, the first is meant.

    Raises:
        ValueError: AVA has no such action.

    >>> official("ride"), official("run/jog"), official("push")
    ('ride (e.g., a bike, a car, a horse)', 'run/jog', 'push (an object)')
    """
    for label in LABELS:
        if name in (label, label.split(" (")[0]):
            return label
    raise ValueError(f"{name!r} is no action of AVA")
