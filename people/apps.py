from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        from people.events import EVENTS
        from people.timescales import LIMITS
        from people.visible import visible_ids
        from record import events, policy, visibility

        events.register(*EVENTS)
        policy.register(*LIMITS)
        visibility.register(visible_ids)
