from django.urls import path

from assessments.views import cin_plan

app_name = "assessments"

urlpatterns = [
    path("children/<uuid:pk>/plan/new/", cin_plan.start, name="cin_plan_start"),
    path("plans/<uuid:pk>/", cin_plan.plan, name="cin_plan"),
    path("plans/<uuid:pk>/children/<uuid:child>/", cin_plan.section, name="cin_section"),
    path("plans/<uuid:pk>/goals/new/", cin_plan.goal_new, name="cin_goal_new"),
    path("plans/<uuid:pk>/goals/<uuid:goal>/", cin_plan.goal, name="cin_goal"),
    path(
        "plans/<uuid:pk>/goals/<uuid:goal>/out/", cin_plan.goal_take_out, name="cin_goal_take_out"
    ),
    path("plans/<uuid:pk>/details/", cin_plan.details, name="cin_details"),
    path("plans/<uuid:pk>/send/", cin_plan.send, name="cin_send"),
    path("plans/<uuid:pk>/answer/", cin_plan.answer, name="cin_answer"),
    path("plans/<uuid:pk>/first-meeting/", cin_plan.first_meeting, name="cin_first_meeting"),
    path("plans/<uuid:pk>/review/", cin_plan.review, name="cin_review"),
    path("plans/<uuid:pk>/confirm/", cin_plan.confirm, name="cin_confirm"),
    path("plans/<uuid:pk>/check/", cin_plan.drift, name="cin_drift"),
    path("plans/<uuid:pk>/end/", cin_plan.end, name="cin_end"),
    path("plans/<uuid:pk>/not-needed/", cin_plan.give_up, name="cin_give_up"),
]
