from django.urls import path

from mash.views import board, contact, decision

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
]
