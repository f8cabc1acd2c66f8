"""What is written of the systems of partner agencies; of their contacts `cases` writes."""

from accounts.permissions import Permission
from record.events import EventCode

_READ = Permission.USERS_READ

EVENTS = (
    EventCode("agency_system.opened", "Opened, with its first secret", "decision", _READ),
    EventCode("agency_system.new_secret", "Given a new secret", "change", _READ),
    EventCode("agency_system.closed", "Closed", "decision", _READ),
)
