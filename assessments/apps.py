from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "Assessments"

    def ready(self) -> None:
        from assessments.events import EVENTS
        from assessments.notices import NOTICES
        from assessments.timescales import LIMITS, RULES
        from record import clocks, events, notices, policy

        policy.register(*LIMITS)
        clocks.register(*RULES)
        events.register(*EVENTS)
        notices.register(*NOTICES)
