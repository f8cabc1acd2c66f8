from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        from people.events import EVENTS
        from people.timescales import LIMITS
        from record import events, policy

        events.register(*EVENTS)
        policy.register(*LIMITS)
