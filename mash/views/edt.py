"""EDT hand-over: the list of the night, following it up, and the day's alerts to EDT."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, holds, require
from lib.application_clock import now
from mash import actions
from mash.forms import contact as forms
from mash.models import EdtHandover
from mash.queries import edt as queries
from mash.views.doors import contact_for, form_page, page, user_of
from record import read_log
from record.errors import Refused
from record.models import ReadKind


@login_required
@require_GET
def edt(request: HttpRequest) -> HttpResponse:
    """What the night did: not taken over, still to do, and what the day asks of EDT."""
    user = user_of(request)
    require(user, Permission.BOARD_SEE)
    found = queries.edt_page(by=user, at=now())
    read_log.shown(request, place="mash:edt", kind=ReadKind.LIST, person_ids=found.child_ids)
    return render(
        request,
        "mash/edt.html",
        {
            "found": found,
            "may_take": holds(user, Permission.EDT_HANDOVER_ACKNOWLEDGE),
            "may_write": holds(user, Permission.EDT_HANDOVER_WRITE),
            "now": now(),
        },
    )


def _handover(pk: UUID) -> EdtHandover:
    found = EdtHandover.objects.filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such hand-over.")
    return found


@page("GET", "POST")
def follow(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what came of what was left to do, and whether that was all."""
    user, row = user_of(request), _handover(pk)
    require(user, actions.right_to_follow(row))
    contact = contact_for(user, row.contact_id)
    form = forms.FollowForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        contact,
        form,
        title="What came of the alert" if row.is_to_edt else "What came of EDT’s hand-over",
        lead=f"Left to do: {row.left_to_do}" if row.left_to_do else "",
        act=lambda: actions.follow_hand_over(
            by=user,
            at=now(),
            handover_id=row.pk,
            what=form.cleaned_data["what"],
            is_over=not form.cleaned_data["is_more"],
        ),
        done=lambda made: (
            "Recorded, and the hand-over is closed."
            if made.is_over
            else "Recorded. It stays on the list until nothing is left to do."
        ),
        button="Record",
        anchor="edt",
    )


@page("POST")
def take_alert(request: HttpRequest, pk: UUID) -> HttpResponse:
    """EDT has read an alert of the day."""
    user, row = user_of(request), _handover(pk)
    require(user, Permission.EDT_HANDOVER_WRITE)
    contact_for(user, row.contact_id)
    try:
        actions.take_alert(by=user, at=now(), handover_id=row.pk)
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, "Read. The day sees that you have it.")
    return redirect("mash:edt")


@page("GET", "POST")
def alert(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Tell EDT before closing what may happen tonight."""
    user = user_of(request)
    require(user, Permission.EDT_ALERT)
    contact = contact_for(user, pk)
    form = forms.AlertForm(request.POST if request.method == "POST" else None)
    return form_page(
        request,
        contact,
        form,
        title="Alert the Emergency Duty Team",
        lead="Before closing: what may happen tonight, and what EDT would have to do. Where it is"
        " urgent, ring them as well.",
        act=lambda: actions.alert_edt(
            by=user,
            at=now(),
            contact_id=contact.pk,
            what_happened=form.cleaned_data["what_happened"],
            left_to_do=form.cleaned_data["left_to_do"],
            risk_now=form.cleaned_data["risk_now"],
        ),
        done="EDT is alerted. It shows here when they have read it.",
        button="Alert EDT",
        anchor="edt",
    )
