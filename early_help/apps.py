from django.apps import AppConfig


class EarlyHelpConfig(AppConfig):
    name = "early_help"
    verbose_name = "Early help"

    def ready(self) -> None:
        from accounts.permissions import Permission
        from cases import panels, reactions
        from cases.choices import HandoverKind
        from early_help import clocks as early_help_clocks
        from early_help.actions import offers, requests, stepping
        from early_help.drafts import PAGES
        from early_help.events import EVENTS
        from early_help.flags import FLAGS
        from early_help.notices import NOTICES
        from early_help.queries import behind, work
        from early_help.timescales import LIMITS, RULES
        from record import clocks, drafts, events, flags, notices, policy

        policy.register(*LIMITS)
        clocks.register(*RULES)
        clocks.carry(early_help_clocks.KIND, early_help_clocks.place_again)
        drafts.register(PAGES)
        events.register(*EVENTS)
        flags.register(*FLAGS)
        notices.register(*NOTICES)
        reactions.handover_offered.add(requests.open_offered)
        reactions.handover_withdrawn.add(requests.end_withdrawn)
        reactions.visit_recorded.add(offers.follow_visit)
        reactions.contact_decided.add(stepping.follow_decision)
        reactions.contact_reopened.add(stepping.follow_reopening)
        reactions.contact_voided.add(stepping.follow_void)
        reactions.handover_answered.add(stepping.follow_handover)
        for kind in (HandoverKind.EARLY_HELP, HandoverKind.STEP_DOWN):
            panels.answer_on(kind, "early_help:offer")
        panels.register(
            panels.Panel(
                "early_help",
                "early_help/_panel.html",
                Permission.EARLY_HELP_READ,
                work.of_child,
            )
        )
        panels.work_sources.add(work.early_help_work)
        panels.work_sources.add(work.disputes)
        panels.records_behind.add(behind.behind_contact)
