from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "Assessments"

    def ready(self) -> None:
        from accounts.permissions import Permission
        from assessments import clocks as assessment_clocks
        from assessments import plan_clocks
        from assessments.actions.cin_review import follow_visit
        from assessments.drafts import PAGES
        from assessments.events import EVENTS
        from assessments.holds import assessments_in_the_way, not_assessed, plans_in_the_way
        from assessments.notices import NOTICES
        from assessments.queries import panels as assessment_panels
        from assessments.queries.cin_plan import plan_work, plans_of
        from assessments.timescales import LIMITS, RULES
        from cases import holds, panels, reactions
        from record import clocks, drafts, events, notices, policy

        policy.register(*LIMITS)
        drafts.register(PAGES)
        clocks.register(*RULES)
        clocks.carry(assessment_clocks.SUBJECT, assessment_clocks.place_again)
        clocks.carry(plan_clocks.SUBJECT, plan_clocks.place_again)
        events.register(*EVENTS)
        notices.register(*NOTICES)
        reactions.visit_recorded.add(follow_visit)
        holds.answers.add(assessments_in_the_way)
        holds.answers.add(plans_in_the_way)
        holds.answers.add(not_assessed)
        panels.register(
            panels.Panel(
                "assessment",
                "assessments/_panel.html",
                Permission.ASSESSMENT_READ,
                assessment_panels.child_panel,
            )
        )
        panels.register(
            panels.Panel(
                "cin_plan", "assessments/_plan_panel.html", Permission.CIN_PLAN_READ, plans_of
            )
        )
        panels.work_sources.add(assessment_panels.work)
        panels.work_sources.add(plan_work)
