"""Every address of the service. Each app keeps its own; `cases` holds the home page."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path
from health_check.views import HealthCheckView

from slough_front_door import health

handler400 = "slough_front_door.api.bad_request"
handler500 = "slough_front_door.api.server_error"

urlpatterns = [
    path("health/", health.alive, name="health"),
    path(
        "health/ready/",
        HealthCheckView.as_view(checks=["health_check.Database", "health_check.Cache"]),
        name="ready",
    ),
    path("metrics/", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.sign_in_urls")),
]

for app, prefix in (
    ("accounts", "account/"),
    ("people", "people/"),
    ("mash", "mash/"),
    ("early_help", "early-help/"),
    ("assessments", "assessments/"),
    ("record", "record/"),
    ("demonstration", "demonstration/"),
    ("partner_api", ""),
    ("cases", ""),
):
    if find_spec(f"{app}.urls"):
        urlpatterns.append(path(prefix, include(f"{app}.urls")))
