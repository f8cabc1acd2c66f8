"""A token for the id and the secret of a system, in the words of OAuth 2.0 (RFC 6749, 4.4)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularJSONAPIView
from oauth2_provider.views import TokenView
from rest_framework.throttling import BaseThrottle

from partner_api.throttling import PerAddress

GRANT = "client_credentials"


@method_decorator(csrf_exempt, name="dispatch")
class Token(TokenView):
    """Client credentials alone; every other way of OAuth is refused before it is looked at."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        throttle = PerAddress("token")
        if not throttle.allow_request(request, None):
            answer = _no("slow_down", "You ask too often. One token serves for 10 minutes.", 429)
            answer["Retry-After"] = str(int(throttle.wait() or 60))
            return answer
        try:
            grant = request.POST.get("grant_type")
        except RequestDataTooBig:
            return _no("invalid_request", "Send the grant type, the id and the secret.", 413)
        if grant != GRANT:
            return _no("unsupported_grant_type", "Send grant_type=client_credentials.", 400)
        try:
            return super().post(request, *args, **kwargs)
        except ValueError:
            # A NUL, or half a character, in the id or the secret: no system has such a one.
            return _no("invalid_client", "This is not the id and secret of a system.", 401)


def _no(error: str, words: str, status: int) -> JsonResponse:
    return JsonResponse(
        {"error": error, "error_description": words},
        status=status,
        headers={"Cache-Control": "no-store"},
    )


class PerSchema(PerAddress):
    """The schema is made anew for each request."""

    def __init__(self) -> None:
        super().__init__("schema")


class Schema(SpectacularJSONAPIView):
    """The OpenAPI schema. It holds no data, so nobody signs in for it."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes: list[type[BaseThrottle]] = [PerSchema]
