"""The lines an assessment team leaves on a child's timeline."""

from record.events import EventCode

EVENTS: tuple[EventCode, ...] = ()
