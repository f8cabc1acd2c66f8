"""The lines early help leaves on a child's timeline."""

from record.events import EventCode

EVENTS: tuple[EventCode, ...] = ()
