from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Cases"

    def ready(self) -> None:
        from accounts import reactions as accounts_reactions
        from cases import clocks as cases_clocks
        from cases import holding
        from cases.events import EVENTS
        from cases.timescales import LIMITS, RULES
        from record import clocks, events, policy

        policy.register(*LIMITS)
        clocks.register(*RULES)
        for kind in cases_clocks.KIND.values():
            clocks.carry(kind, cases_clocks.place_again(kind))
        events.register(*EVENTS)
        accounts_reactions.manager_changed.add(holding.manager_changed)
