"""What a surface is, seen from the question "is this the subject?"."""

from enum import IntEnum


class Role(IntEnum):
    """Every surface of a scene has one."""

    PLACE = 0  # walls, furniture further back, sky: nobody would take it for a person
    SUBJECT = 1  # the front person: body, clothes, hair, glasses, hat, bag worn on the body
    HELD = 2  # what the subject holds in the hands: part of the subject's alpha
    OTHER_PERSON = 3  # anyone else, with all they wear and hold
    PICTURED_PERSON = 4  # poster, screen or mannequin: a person for colour, none for depth
    PROP = 5  # chair, headrest, desk at the subject's depth: not the subject
    FOREGROUND = 6  # nearer than the subject and not the subject: a partition, a plant


PEOPLE = (Role.SUBJECT, Role.HELD, Role.OTHER_PERSON)
"""Everyone's alpha."""
FRONT = (Role.SUBJECT, Role.HELD)
"""The front person's alpha."""
