from django.apps import AppConfig


class EarlyHelpConfig(AppConfig):
    name = "early_help"
    verbose_name = "Early help"

    def ready(self) -> None:
        from early_help.events import EVENTS
        from early_help.notices import NOTICES
        from early_help.timescales import LIMITS, RULES
        from record import clocks, events, notices, policy

        policy.register(*LIMITS)
        clocks.register(*RULES)
        events.register(*EVENTS)
        notices.register(*NOTICES)
