from django.urls import URLPattern, path

from early_help.views import offers, pages, plan, request, stepping, wait

app_name = "early_help"

urlpatterns: list[URLPattern] = [
    path("", pages.first, name="first"),
    path("waiting/", pages.waiting_list, name="waiting"),
    path("waiting/order/", pages.guide, name="guide"),
    path("request/", request.find, name="find"),
    path("request/new/", request.request_new, name="request_new"),
    path("request/<uuid:pk>/", request.request_for, name="request_for"),
    path("declines/", offers.declines, name="declines"),
    path("offered/<uuid:pk>/", pages.offer, name="offer"),
    path("<uuid:pk>/", pages.episode, name="episode"),
    path("<uuid:pk>/screen/", wait.screen, name="screen"),
    path("<uuid:pk>/safe-check/", wait.safe_check, name="safe_check"),
    path("<uuid:pk>/safe-check/<uuid:check>/", wait.answer_check, name="answer_check"),
    path("<uuid:pk>/assessment/", plan.assess, name="assess"),
    path("<uuid:pk>/plan/", plan.agree_plan, name="agree_plan"),
    path("<uuid:pk>/meeting/", plan.meet, name="meet"),
    path("<uuid:pk>/end/", plan.close_help, name="close_help"),
    path("<uuid:pk>/step-up/", stepping.step_up, name="step_up"),
    path("<uuid:pk>/step-up/answer/", stepping.answer, name="step_up_answer"),
    path("<uuid:pk>/step-up/dispute/", stepping.escalate, name="step_up_escalate"),
    path("<uuid:pk>/step-up/settle/", stepping.settle, name="step_up_settle"),
    path("<uuid:pk>/step-up/take-back/", stepping.take_back, name="step_up_take_back"),
    path("<uuid:pk>/help/", offers.offer, name="offer_help"),
    path("<uuid:pk>/attempt/", offers.attempt, name="attempt"),
    path("<uuid:pk>/answer/", offers.answer, name="answer"),
    path("<uuid:pk>/decline/", offers.decide_decline, name="decide_decline"),
    path("<uuid:pk>/start/", offers.start, name="start"),
    path("<uuid:pk>/priority/", wait.priority, name="priority"),
    path("<uuid:pk>/pause/", wait.pause, name="pause"),
    path("<uuid:pk>/take-off/", wait.take_off, name="take_off"),
    path("<uuid:pk>/tell/", wait.tell, name="tell"),
    path("<uuid:pk>/agreement/", wait.agreement, name="agreement"),
    path("<uuid:pk>/add-child/", wait.add_child, name="add_child"),
]
