from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Cases"

    def ready(self) -> None:
        from accounts import reactions as accounts_reactions
        from accounts.permissions import Permission
        from cases import clocks as cases_clocks
        from cases import consequences, family_changes, holding, holds, panels, reactions
        from cases.actions import changes, referrals, risk_reviews
        from cases.actions.closure import offered_in_the_way
        from cases.actions.step_down import take_back_for_section_47
        from cases.change_codes import ChangeOutcome
        from cases.documents import contact_documents
        from cases.drafts import PAGES
        from cases.events import EVENTS
        from cases.flags import FLAGS
        from cases.notices import NOTICES
        from cases.queries import changes as change_queries
        from cases.queries import flags as flag_queries
        from cases.queries import oversight as oversight_queries
        from cases.queries import witnesses, work
        from cases.timescales import LIMITS, RULES
        from people import holds as people_holds
        from people import reactions as people_reactions
        from record import clocks, documents, drafts, events, flags, notices, policy, read_log

        policy.register(*LIMITS)
        clocks.register(*RULES)
        for kind in cases_clocks.KIND.values():
            clocks.carry(kind, cases_clocks.place_again(kind))
        events.register(*EVENTS)
        notices.register(*NOTICES)
        drafts.register(
            {
                "cases:change_decide": "A decision on a change",
                "cases:risk_review": "A review of the risk to a child",
            }
        )
        flags.register(*FLAGS)
        drafts.register(PAGES)
        accounts_reactions.manager_changed.add(holding.manager_changed)
        accounts_reactions.user_deactivated.add(risk_reviews.leave_to_manager)
        people_reactions.joined_household.add(family_changes.raise_for_joiners)
        people_reactions.left_household.add(family_changes.raise_for_leaver)
        people_reactions.born.add(family_changes.raise_for_birth)
        people_reactions.died.add(family_changes.raise_for_death)
        people_reactions.moved.add(family_changes.raise_for_move)
        reactions.receipt_corrected.add(changes.follow_receipt)
        reactions.contact_marked.add(referrals.follow_marks)
        reactions.visit_recorded.add(family_changes.raise_for_failed_visits)
        reactions.section_47_decided.add(referrals.hasten_for_section_47)
        reactions.section_47_decided.add(family_changes.raise_for_section_47)
        reactions.section_47_decided.add(take_back_for_section_47)
        holds.answers.add(change_queries.undone_changes)
        for door in witnesses.DOORS:
            consequences.register(door)
        consequences.witnesses[ChangeOutcome.URGENCY].add(witnesses.places_changed)
        consequences.witnesses[ChangeOutcome.ALLOCATION].add(witnesses.workers_named)
        consequences.witnesses[ChangeOutcome.VISIT].add(witnesses.seen)
        consequences.witnesses[ChangeOutcome.ESCALATION].add(witnesses.answered_above)
        people_holds.open_work.add(holding.open_work)
        holds.answers.add(offered_in_the_way)
        read_log.let_see_readers(holding.is_worker_of)
        documents.register("contact", contact_documents)
        panels.work_sources.add(work.case_work)
        panels.work_sources.add(change_queries.change_work)
        panels.work_sources.add(oversight_queries.directed_work)
        panels.register(
            panels.Panel(
                "flags",
                "cases/_flags_panel.html",
                Permission.PERSON_READ,
                flag_queries.flags_of,
            )
        )
        panels.register(
            panels.Panel(
                "oversight",
                "cases/_oversight_panel.html",
                Permission.OVERSIGHT_READ,
                oversight_queries.panel,
            )
        )
        panels.register(
            panels.Panel(
                "changes",
                "cases/_changes_panel.html",
                Permission.CHANGE_LOG,
                change_queries.changes_of,
            )
        )
