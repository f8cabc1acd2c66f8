from django.apps import AppConfig


class MashConfig(AppConfig):
    name = "mash"
    verbose_name = "MASH"

    def ready(self) -> None:
        from cases import reactions
        from mash.actions.edt import start_hand_over_clocks
        from mash.events import EVENTS
        from mash.timescales import LIMITS, RULES
        from record import clocks, events, policy

        policy.register(*LIMITS)
        clocks.register(*RULES)
        events.register(*EVENTS)
        reactions.contact_received.add(start_hand_over_clocks)
