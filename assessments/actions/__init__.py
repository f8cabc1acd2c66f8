"""One function per thing done to an assessment; call them through this package."""

from assessments.actions.assessment import abandon, start
from assessments.actions.authorising import ChildOutcome, WroteInIt, authorise
from assessments.actions.children import add_child, say_not_assessed, take_out
from assessments.actions.passed import answer_passed
from assessments.actions.review import (
    CheckpointLine,
    Comment,
    record_checkpoint,
    return_to_writer,
    submit,
)
from assessments.actions.writing import (
    Closed,
    NotYours,
    Typed,
    ask_for,
    bring_forward,
    look_in,
    put_in_visit,
    save_words,
    settle_clash,
)

__all__ = [
    "CheckpointLine",
    "ChildOutcome",
    "Closed",
    "Comment",
    "NotYours",
    "Typed",
    "WroteInIt",
    "abandon",
    "add_child",
    "answer_passed",
    "ask_for",
    "authorise",
    "bring_forward",
    "look_in",
    "put_in_visit",
    "record_checkpoint",
    "return_to_writer",
    "save_words",
    "say_not_assessed",
    "settle_clash",
    "start",
    "submit",
    "take_out",
]
