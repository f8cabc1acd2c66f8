"""Which agencies take part in strategy discussions, conferences and core groups."""

from datetime import time

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, require
from cases.queries import meetings as queries
from cases.views.asking import user_of
from lib.application_clock import now, today
from lib.working_days import add_months, instant

#: How many months back can be chosen; the second is shown unless told otherwise.
MONTHS = (1, 6, 12)


@login_required
@require_GET
def agencies_at_meetings(request: HttpRequest) -> HttpResponse:
    """For each agency and kind of meeting: asked, came, sent information, or neither."""
    user = user_of(request)
    require(user, Permission.STATUTORY_READ, at=now())
    chosen = next((each for each in MONTHS if str(each) == request.GET.get("months")), MONTHS[1])
    since = add_months(today(), -chosen)
    return render(
        request,
        "cases/agencies_at_meetings.html",
        {
            "rows": queries.taken_part(since=instant(since, time(0, 0))),
            "since": since,
            "months": MONTHS,
            "chosen": chosen,
        },
    )
