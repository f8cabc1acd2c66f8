from django.urls import path

from cases.views import changes, closing, flags, oversight, pages, queue, risk_reviews, visits

app_name = "cases"

urlpatterns = [
    path("", pages.home, name="home"),
    path("search/", pages.search, name="search"),
    path("children/<uuid:pk>/", pages.child, name="child"),
    path("children/<uuid:pk>/note/", pages.add_note, name="add_note"),
    path("children/<uuid:pk>/visits/", visits.visits, name="visits"),
    path("children/<uuid:pk>/visits/new/", visits.record_visit, name="record_visit"),
    path("children/<uuid:pk>/change/", changes.log_change, name="log_change"),
    path("changes/<uuid:pk>/", changes.change, name="change"),
    path("changes/<uuid:pk>/triage/", changes.triage, name="change_triage"),
    path(
        "changes/<uuid:pk>/not-significant/",
        changes.not_significant,
        name="change_not_significant",
    ),
    path("changes/<uuid:pk>/merge/", changes.merge, name="change_merge"),
    path("changes/<uuid:pk>/decide/", changes.decide, name="change_decide"),
    path("changes/<uuid:pk>/children/<uuid:child>/", changes.answer_line, name="change_line"),
    path("changes/elsewhere/<uuid:pk>/", changes.elsewhere, name="change_elsewhere"),
    path("reviews/<uuid:pk>/", risk_reviews.risk_review, name="risk_review"),
    path("reviews/<uuid:pk>/give/", risk_reviews.give, name="risk_review_give"),
    path("reviews/<uuid:pk>/remind/", risk_reviews.remind, name="risk_review_remind"),
    path(
        "reviews/<uuid:pk>/countersign/",
        risk_reviews.countersign,
        name="risk_review_countersign",
    ),
    path("flags/", flags.flags, name="flags"),
    path("flags/<uuid:pk>/", flags.flag, name="flag"),
    path("flags/<uuid:pk>/clear/", flags.clear, name="flag_clear"),
    path("children/<uuid:pk>/oversight/", oversight.of_child, name="child_oversight"),
    path("children/<uuid:pk>/oversight/new/", oversight.record, name="record_oversight"),
    path("oversight/", oversight.due, name="oversight_due"),
    path("oversight/workers/", oversight.by_worker, name="oversight_by_worker"),
    path("oversight/<uuid:pk>/", oversight.one, name="oversight"),
    path("oversight/<uuid:pk>/correct/", oversight.correct, name="oversight_correct"),
    path("oversight/directions/<uuid:pk>/", oversight.direction, name="direction"),
    path("handovers/", pages.handovers, name="handovers"),
    path("handovers/<uuid:pk>/", pages.handover, name="handover"),
    path("referrals/", pages.referrals, name="referrals"),
    path("referrals/<uuid:pk>/allocate/", pages.allocate, name="allocate"),
    path("referrals/<uuid:pk>/close/", closing.close_referral, name="close_referral"),
    path("referrals/<uuid:pk>/step-down/", closing.step_down, name="step_down"),
    path("waiting/", queue.allocation, name="allocation_queue"),
    path("waiting/<uuid:pk>/risk/", queue.rate, name="rate_waiting"),
]
