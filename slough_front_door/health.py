"""Whether this process is alive, ready and measured; nothing here reads a record."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the process serves requests, whatever the state of its servers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Export the process's counters to who holds the token, or to this machine without one."""
    if settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        allowed = constant_time_compare(shown, settings.METRICS_TOKEN)
    else:
        direct = "X-Forwarded-For" not in request.headers
        allowed = direct and request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}
    if not allowed:
        raise Http404
    return ExportToDjangoView(request)
