from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "Assessments"

    def ready(self) -> None:
        from accounts.permissions import Permission
        from assessments import clocks as assessment_clocks
        from assessments import plan_clocks, protection_clocks, section_47_clocks, transfer_clocks
        from assessments.actions import (
            authorising,
            births,
            booked,
            booking,
            cin_review,
            protection,
            receipt,
            section_47,
            step_down,
            transfer_wait,
        )
        from assessments.assessment_flags import ASSESSMENT_FLAGS
        from assessments.consequences import (
            DOORS,
            assessments_begun,
            plans_changed,
            protection_changed,
            safety_plans_changed,
            updates_authorised,
        )
        from assessments.drafts import PAGES
        from assessments.events import EVENTS
        from assessments.holds import (
            assessments_in_the_way,
            enquiries_in_the_way,
            not_assessed,
            plans_in_the_way,
            protection_in_the_way,
            stale_in_the_way,
            transfers_in_the_way,
        )
        from assessments.notices import NOTICES
        from assessments.protection_flags import PROTECTION_FLAGS
        from assessments.queries import panels as assessment_panels
        from assessments.queries.cin_plan import plan_work, plans_of
        from assessments.queries.passed import passed_transfer_work, passed_work
        from assessments.queries.protection import protection_of, protection_work
        from assessments.queries.section_47 import enquiries_of, section_47_work
        from assessments.queries.transfer import transfer_work, transfers_of
        from assessments.stale import STALE
        from assessments.timescales import LIMITS, RULES
        from assessments.transfer_flags import TRANSFER_FLAGS
        from cases import consequences, holds, panels, reactions
        from cases.change_codes import ChangeOutcome
        from people import reactions as people_reactions
        from record import clocks, drafts, events, flags, notices, policy

        policy.register(*LIMITS)
        drafts.register(PAGES)
        clocks.register(*RULES)
        clocks.count_back(booked.RULE, booking.days_to_share)
        clocks.carry(assessment_clocks.SUBJECT, assessment_clocks.place_again)
        clocks.carry(plan_clocks.SUBJECT, plan_clocks.place_again)
        clocks.carry(transfer_clocks.SUBJECT, transfer_clocks.place_again)
        clocks.carry(section_47_clocks.SUBJECT, section_47_clocks.place_again)
        clocks.carry(protection_clocks.SUBJECT, protection_clocks.place_again)
        events.register(*EVENTS)
        notices.register(*NOTICES)
        flags.register(*PROTECTION_FLAGS, *ASSESSMENT_FLAGS, *STALE, *TRANSFER_FLAGS)
        people_reactions.born.add(births.follow_birth)
        reactions.receipt_corrected.add(receipt.follow_receipt)
        reactions.handover_offered.add(step_down.follow_offer)
        reactions.handover_withdrawn.add(step_down.follow_withdrawal)
        reactions.handover_answered.add(step_down.follow_answer)
        reactions.visit_recorded.add(cin_review.follow_visit)
        reactions.visit_recorded.add(transfer_wait.follow_visit)
        reactions.visit_recorded.add(section_47.follow_visit)
        reactions.visit_recorded.add(protection.follow_visit)
        reactions.section_47_decided.add(section_47.open_enquiries)
        reactions.referral_closed.add(authorising.end_valid)
        reactions.plan_began.add(transfer_wait.follow_plan)
        reactions.people_concerned.add(transfer_wait.receiving_managers)
        holds.answers.add(assessments_in_the_way)
        holds.answers.add(plans_in_the_way)
        holds.answers.add(not_assessed)
        holds.answers.add(transfers_in_the_way)
        holds.answers.add(enquiries_in_the_way)
        holds.answers.add(protection_in_the_way)
        holds.answers.add(stale_in_the_way)
        panels.register(
            panels.Panel(
                "protection",
                "assessments/_protection_panel.html",
                Permission.S47_READ,
                protection_of,
            )
        )
        panels.register(
            panels.Panel(
                "section_47",
                "assessments/_section_47_panel.html",
                Permission.S47_READ,
                enquiries_of,
            )
        )
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
        panels.register(
            panels.Panel(
                "transfer",
                "assessments/_transfer_panel.html",
                Permission.TRANSFER_READ,
                transfers_of,
            )
        )
        for door in DOORS:
            consequences.register(door)
        consequences.witnesses[ChangeOutcome.ASSESSMENT].add(assessments_begun)
        consequences.witnesses[ChangeOutcome.UPDATED].add(updates_authorised)
        consequences.witnesses[ChangeOutcome.PLAN].add(plans_changed)
        consequences.witnesses[ChangeOutcome.PLAN].add(protection_changed)
        consequences.witnesses[ChangeOutcome.PLAN].add(safety_plans_changed)
        panels.work_sources.add(assessment_panels.work)
        panels.work_sources.add(passed_work)
        panels.work_sources.add(passed_transfer_work)
        panels.work_sources.add(plan_work)
        panels.work_sources.add(transfer_work)
        panels.work_sources.add(section_47_work)
        panels.work_sources.add(protection_work)
