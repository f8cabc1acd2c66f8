from django.urls import path

from mash.views import decision

app_name = "mash"

urlpatterns = [
    path("contacts/<uuid:pk>/decide/", decision.decide, name="decide"),
    path("contacts/<uuid:pk>/confirm/", decision.confirm, name="confirm"),
    path("contacts/<uuid:pk>/reopen/", decision.reopen, name="reopen"),
    path("decisions/<uuid:pk>/", decision.decision, name="decision"),
]
