from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Cases"

    def ready(self) -> None:
        from accounts import reactions as accounts_reactions
        from cases import clocks as cases_clocks
        from cases import holding, holds, panels
        from cases.actions.closure import offered_in_the_way
        from cases.documents import contact_documents
        from cases.events import EVENTS
        from cases.flags import FLAGS
        from cases.notices import NOTICES
        from cases.queries import work
        from cases.timescales import LIMITS, RULES
        from people import holds as people_holds
        from record import clocks, documents, events, flags, notices, policy, read_log

        policy.register(*LIMITS)
        clocks.register(*RULES)
        for kind in cases_clocks.KIND.values():
            clocks.carry(kind, cases_clocks.place_again(kind))
        events.register(*EVENTS)
        notices.register(*NOTICES)
        flags.register(*FLAGS)
        accounts_reactions.manager_changed.add(holding.manager_changed)
        people_holds.open_work.add(holding.open_work)
        holds.answers.add(offered_in_the_way)
        read_log.let_see_readers(holding.is_worker_of)
        documents.register("contact", contact_documents)
        panels.work_sources.add(work.case_work)
