from django.urls import path

from assessments.views import assessment, cin_plan, review, writing

app_name = "assessments"

urlpatterns = [
    path("", assessment.assessments, name="assessments"),
    path("start/<uuid:pk>/", assessment.start, name="start"),
    path("again/<uuid:pk>/", assessment.again, name="again"),
    path("<uuid:pk>/", assessment.assessment, name="assessment"),
    path("<uuid:pk>/household/", assessment.household, name="household"),
    path("<uuid:pk>/household/<uuid:child>/add/", assessment.add_child, name="add_child"),
    path("<uuid:pk>/household/<uuid:child>/take-out/", assessment.take_out, name="take_out"),
    path("<uuid:pk>/household/<uuid:child>/why/", assessment.not_assessed, name="not_assessed"),
    path("<uuid:pk>/abandon/", assessment.abandon, name="abandon"),
    path("<uuid:pk>/write/", writing.go_on, name="go_on"),
    path("<uuid:pk>/write/<slug:section>/", writing.write, name="write"),
    path("<uuid:pk>/write/child/<uuid:child>/", writing.write_child, name="write_child"),
    path("<uuid:pk>/save/", writing.save, name="save"),
    path("<uuid:pk>/here/", writing.here, name="here"),
    path("both/<uuid:pk>/", writing.clash, name="clash"),
    path("<uuid:pk>/left-over/", writing.left_over, name="left_over"),
    path("<uuid:pk>/versions/", writing.versions, name="versions"),
    path("<uuid:pk>/check/", review.check, name="check"),
    path("<uuid:pk>/checkpoint/<int:number>/", review.checkpoint, name="checkpoint"),
    path("<uuid:pk>/return/", review.return_to_writer, name="return"),
    path("<uuid:pk>/authorise/", review.authorise, name="authorise"),
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
