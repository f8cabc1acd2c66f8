"""Pages on which the authority says which names are short for which."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from lib.application_clock import now
from people import actions, matching
from people.forms import EndVariantForm, LookUpNameForm, VariantForm
from people.models import NameVariant
from people.queries.variants import stated_variants
from people.views.opening import asker, posted
from record.errors import Refused

PER_PAGE = 50


@login_required
@require_http_methods(["GET"])
def variants(request: HttpRequest) -> HttpResponse:
    """List what was said of short names, and look up what a name is taken for."""
    require(asker(request), Permission.REFERENCE_DATA_EDIT)
    form = LookUpNameForm(request.GET)
    typed = form.cleaned_data["q"] if form.is_valid() else ""
    name = matching.one_part(typed)
    context = {
        "form": form,
        "typed": typed,
        "name": name,
        "found": matching.variants_of(name) if name else [],
        "page": Paginator(stated_variants(), PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "people/variants.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def state_variant(request: HttpRequest) -> HttpResponse:
    """Say that two names are taken for one, or that they are not."""
    by = asker(request)
    require(by, Permission.REFERENCE_DATA_EDIT)
    form = VariantForm(posted(request), initial=request.GET.dict())
    if form.is_valid():
        said = form.cleaned_data
        try:
            row = actions.state_variant(
                by=by,
                at=now(),
                name=said["name"],
                variant=said["variant"],
                is_same=said["is_same"] == "yes",
                because=said["because"],
            )
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, _done(row))
            return redirect("people:variants")
    return _form_page(
        request, form, title="Say whether two names are used for one person", button="Record"
    )


@login_required
@require_http_methods(["GET", "POST"])
def end_variant(request: HttpRequest, variant_id: UUID) -> HttpResponse:
    """Take back what was said of two names."""
    by = asker(request)
    require(by, Permission.REFERENCE_DATA_EDIT)
    row = get_object_or_404(NameVariant, pk=variant_id)
    form = EndVariantForm(posted(request))
    if form.is_valid():
        try:
            row = actions.end_variant(by=by, at=now(), variant_id=row.pk, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _done(row))
            return redirect("people:variants")
    return _form_page(
        request,
        form,
        title=f"Take back what was said of {row.name.title()} and {row.variant.title()}",
        button="Take it back",
        words="The list that comes with the system holds again for these two.",
    )


def _form_page(
    request: HttpRequest, form: VariantForm | EndVariantForm, **context: str
) -> HttpResponse:
    crumbs = [("Short names", reverse("people:variants"))]
    return render(request, "people/variant.html", {"form": form, "crumbs": crumbs, **context})


def _done(row: NameVariant) -> str:
    if row.keys_made_at is not None:
        return "Recorded. The search goes by it now"
    return (
        "Recorded. Many people are called so: the search goes by it for all of them within the hour"
    )
