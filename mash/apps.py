from django.apps import AppConfig


class MashConfig(AppConfig):
    name = "mash"
    verbose_name = "MASH"

    def ready(self) -> None:
        from accounts.permissions import Permission
        from cases import consequences, holds, panels, reactions
        from cases.change_codes import ChangeOutcome
        from mash.actions.edt import follow_receipt, start_hand_over_clocks
        from mash.actions.enquiry import cancel_enquiry
        from mash.actions.exploitation_marks import follow_marks, start_marked
        from mash.actions.missing import follow_receipt_of_missing
        from mash.actions.passed import end_reopened, end_with_contact
        from mash.actions.strategy import refuse_void
        from mash.consequences import DOORS, discussions_called
        from mash.contact_flags import FLAGS as CONTACT_FLAGS
        from mash.drafts import PAGES
        from mash.edt_flags import FLAGS as EDT_FLAGS
        from mash.events import EVENTS
        from mash.exploitation_flags import FLAGS as EXPLOITATION_FLAGS
        from mash.flags import FLAGS
        from mash.marac_flags import FLAGS as MARAC_FLAGS
        from mash.missing_flags import FLAGS as MISSING_FLAGS
        from mash.notices import NOTICES
        from mash.queries.edt import edt_work
        from mash.queries.exploitation import exploitation_of, exploitation_work
        from mash.queries.mapping import mapping_work
        from mash.queries.marac import marac_work
        from mash.queries.missing import missing_of, missing_work
        from mash.queries.panels import decisions_of, mash_work
        from mash.queries.strategy import in_the_way
        from mash.timescales import LIMITS, RULES
        from record import clocks, drafts, events, flags, notices, policy

        policy.register(*LIMITS)
        clocks.register(*RULES)
        events.register(*EVENTS)
        notices.register(*NOTICES)
        flags.register(
            *FLAGS, *CONTACT_FLAGS, *MISSING_FLAGS, *EDT_FLAGS, *EXPLOITATION_FLAGS, *MARAC_FLAGS
        )
        drafts.register(PAGES)
        reactions.contact_received.add(start_hand_over_clocks)
        reactions.contact_received.add(start_marked)
        reactions.contact_marked.add(follow_marks)
        reactions.receipt_corrected.add(follow_receipt)
        reactions.receipt_corrected.add(follow_receipt_of_missing)
        reactions.contact_voided.add(refuse_void)
        reactions.contact_voided.add(cancel_enquiry)
        reactions.contact_voided.add(end_with_contact)
        reactions.contact_reopened.add(end_reopened)
        panels.register(
            panels.Panel("mash", "mash/_panel.html", Permission.CONTACT_READ, decisions_of)
        )
        panels.register(
            panels.Panel("missing", "mash/_missing_panel.html", Permission.MISSING_READ, missing_of)
        )
        panels.register(
            panels.Panel(
                "exploitation",
                "mash/_exploitation_panel.html",
                Permission.PERSON_READ,
                exploitation_of,
            )
        )
        panels.work_sources.add(mash_work)
        panels.work_sources.add(missing_work)
        panels.work_sources.add(edt_work)
        panels.work_sources.add(exploitation_work)
        panels.work_sources.add(mapping_work)
        panels.work_sources.add(marac_work)
        holds.answers.add(in_the_way)
        for door in DOORS:
            consequences.register(door)
        consequences.witnesses[ChangeOutcome.STRATEGY_DISCUSSION].add(discussions_called)
