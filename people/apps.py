from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        from people.events import EVENTS, NOTICES
        from people.timescales import LIMITS
        from people.visible import visible_ids
        from record import events, notices, policy, visibility

        events.register(*EVENTS)
        notices.register(*NOTICES)
        policy.register(*LIMITS)
        visibility.register(visible_ids)
