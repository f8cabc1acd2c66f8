from django.urls import path

from record import views

app_name = "record"

urlpatterns = [
    path("drafts/<slug:form>/<uuid:subject_id>/", views.draft_save, name="draft_save"),
    path(
        "drafts/<slug:form>/draft/<uuid:draft_id>/",
        views.draft_save_by_id,
        name="draft_save_by_id",
    ),
    path("drafts/<uuid:draft_id>/drop/", views.draft_drop, name="draft_drop"),
    path("documents/<uuid:document_id>/", views.document, name="document"),
    path("limits/", views.policies, name="policies"),
    path("limits/<str:key>/", views.policy, name="policy"),
    path("limits/changes/<uuid:change_id>/approve/", views.policy_approve, name="policy_approve"),
    path("limits/changes/<uuid:change_id>/refuse/", views.policy_refuse, name="policy_refuse"),
    path("holidays/", views.holidays, name="holidays"),
    path("deliveries/", views.deliveries, name="deliveries"),
    path("deliveries/<uuid:message_id>/replay/", views.delivery_replay, name="delivery_replay"),
    path("access/", views.access_log, name="access_log"),
    path("notices/", views.my_notices, name="notices"),
    path("notices/<uuid:notice_id>/open/", views.notice_open, name="notice_open"),
    path("notices/read/", views.notices_read, name="notices_read"),
]
