from django.urls import path

from mash.views import (
    board,
    contact,
    decision,
    intake,
    intake_people,
    intake_tasks,
)

app_name = "mash"

urlpatterns = [
    path("board/", board.board, name="board"),
    path("board/news/", board.board_news, name="board_news"),
    path("board/decided/", board.board_decided, name="board_decided"),
    path("board/guide/", board.board_guide, name="board_guide"),
    path("board/assign/", board.assign, name="assign"),
    path("board/views/", board.save_view, name="save_view"),
    path("board/views/<uuid:pk>/forget/", board.forget_view, name="forget_view"),
    path("contacts/<uuid:pk>/", contact.contact, name="contact"),
    path("contacts/<uuid:pk>/rate/", contact.rate, name="rate"),
    path("contacts/<uuid:pk>/claim/", board.claim, name="claim"),
    path("contacts/<uuid:pk>/release/", board.release, name="release"),
    path("contacts/<uuid:pk>/decide/", decision.decide, name="decide"),
    path("contacts/<uuid:pk>/confirm/", decision.confirm, name="confirm"),
    path("contacts/<uuid:pk>/reopen/", decision.reopen, name="reopen"),
    path("decisions/<uuid:pk>/", decision.decision, name="decision"),
    path("contacts/new/", intake.contact_new, name="contact_new"),
    path("contacts/new/unfinished/", intake.contact_drafts, name="contact_drafts"),
    path("contacts/new/<uuid:draft>/", intake.contact_write, name="contact_write"),
    path(
        "contacts/new/<uuid:draft>/child/",
        intake.contact_first_child,
        name="contact_first_child",
    ),
    path("contacts/new/<uuid:draft>/drop/", intake.contact_drop, name="contact_drop"),
    path("contacts/candidates/", intake.candidates, name="candidates"),
    path("contacts/<uuid:pk>/tasks/", intake_tasks.contact_tasks, name="contact_tasks"),
    path("contacts/<uuid:pk>/danger/", intake_tasks.contact_danger, name="contact_danger"),
    path("contacts/<uuid:pk>/referrer/", intake_tasks.contact_referrer, name="contact_referrer"),
    path("contacts/<uuid:pk>/parents/", intake_tasks.contact_parents, name="contact_parents"),
    path("contacts/<uuid:pk>/category/", intake_tasks.contact_category, name="contact_category"),
    path("contacts/<uuid:pk>/agreement/", intake_tasks.contact_agreement, name="contact_agreement"),
    path(
        "contacts/<uuid:pk>/lawful-basis/",
        intake_tasks.contact_lawful_basis,
        name="contact_lawful_basis",
    ),
    path(
        "contacts/<uuid:pk>/domestic-abuse/",
        intake_tasks.contact_domestic_abuse,
        name="contact_domestic_abuse",
    ),
    path("contacts/<uuid:pk>/missing/", intake_tasks.contact_missing, name="contact_missing"),
    path("contacts/<uuid:pk>/files/", intake_tasks.contact_files, name="contact_files"),
    path("contacts/<uuid:pk>/links/", intake_tasks.contact_links, name="contact_links"),
    path(
        "contacts/<uuid:pk>/links/<uuid:link>/undo/",
        intake_tasks.contact_unlink,
        name="contact_unlink",
    ),
    path("contacts/<uuid:pk>/messages/", intake_tasks.contact_messages, name="contact_messages"),
    path("contacts/<uuid:pk>/seal/", intake_tasks.contact_seal, name="contact_seal"),
    path("contacts/<uuid:pk>/history/", intake_tasks.contact_history, name="contact_history"),
    path(
        "contacts/<uuid:pk>/information/",
        intake_tasks.contact_information,
        name="contact_information",
    ),
    path(
        "contacts/<uuid:pk>/information/<uuid:asked>/",
        intake_tasks.contact_information_given,
        name="contact_information_given",
    ),
    path("contacts/<uuid:pk>/edt/", intake_tasks.contact_edt, name="contact_edt"),
    path("contacts/<uuid:pk>/send/", intake_tasks.contact_send, name="contact_send"),
    path("contacts/<uuid:pk>/messages/split/", intake_people.contact_split, name="contact_split"),
    path(
        "contacts/<uuid:pk>/children/add/",
        intake_people.contact_add_child,
        name="contact_add_child",
    ),
    path(
        "contacts/<uuid:pk>/adults/add/", intake_people.contact_add_adult, name="contact_add_adult"
    ),
    path(
        "contacts/<uuid:pk>/people/<uuid:person>/",
        intake_people.contact_person,
        name="contact_person",
    ),
    path(
        "contacts/<uuid:pk>/people/<uuid:person>/settle/",
        intake_people.contact_settle,
        name="contact_settle",
    ),
    path(
        "contacts/<uuid:pk>/people/<uuid:person>/undo/",
        intake_people.contact_undo_match,
        name="contact_undo_match",
    ),
    path(
        "contacts/<uuid:pk>/people/<uuid:person>/remove/",
        intake_people.contact_remove_person,
        name="contact_remove_person",
    ),
    path(
        "contacts/<uuid:pk>/people/<uuid:person>/relations/",
        intake_people.contact_relations,
        name="contact_relations",
    ),
    path(
        "contacts/<uuid:pk>/household/", intake_people.contact_household, name="contact_household"
    ),
    path("contacts/<uuid:pk>/household/home/", intake_people.contact_home, name="contact_home"),
    path(
        "contacts/<uuid:pk>/household/member/", intake_people.contact_member, name="contact_member"
    ),
    path(
        "contacts/<uuid:pk>/household/other/",
        intake_people.contact_other_household,
        name="contact_other_household",
    ),
    path(
        "contacts/<uuid:pk>/household/address/",
        intake_people.contact_address,
        name="contact_address",
    ),
]
