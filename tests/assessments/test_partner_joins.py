"""A partner joins the home of three who wait for transfer: nobody is handed on unthought of."""

from __future__ import annotations

import pytest
from django.urls import reverse

from assessments.actions.transfer import NotReady
from assessments.models import Transfer
from cases.change_codes import ChangeOutcome
from cases.models import ChangeOfCircumstance, ChildRiskReview
from lib import application_clock
from tests.assessments.plans import day, held
from tests.assessments.transfers import (
    allocated,
    completed,
    joins,
    long_term_worker,
    waits,
    whole,
)
from tests.cases.change_cases import RATIONALE, TOLD
from tests.mash.pages import form, moment, text_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

NAMES = ("Maisie", "Jayden", "Isla")


def test_the_transfer_passes_only_after_the_third_review_and_the_decision(
    client,
    typed_later,
    contact_officer,
    mash_manager,
    assessment_team_manager,
    assessment_social_worker,
    sfs_manager,
):
    manager, worker = assessment_team_manager, assessment_social_worker
    family = held(contact_officer, mash_manager, manager, worker, *NAMES)
    transfer = waits(whole(family), sfs_manager)
    allocated(transfer, sfs_manager, long_term_worker(), at=day(10))

    def ask(user, at, name, *args, **data):
        with application_clock.set_to(at):
            client.logout()
            client.force_login(user)
            address = reverse(name, args=args)
            if data:
                return text_of(client.post(address, form(**data), follow=True))
            return text_of(client.get(address))

    def handed_on(at):
        return completed(transfer, sfs_manager, at=at).state == Transfer.State.COMPLETED

    joins(family, worker, at=day(11))  # the record logs it
    change = ChangeOfCircumstance.objects.get()
    assert change.is_by_system
    with pytest.raises(NotReady, match="waits for triage"):
        handed_on(day(11))

    said = ask(
        manager,
        day(12),
        "cases:change_triage",
        change.pk,
        change_class="significant",
        concerned=[str(family["Maisie"].pk)],
    )
    assert "0 of 3 children reviewed" in said
    reviews = {
        review.child.given_name: review
        for review in ChildRiskReview.objects.filter(subject_id=change.pk).select_related("child")
    }
    assert set(reviews) == set(NAMES)

    def review(name):
        return ask(
            worker,
            day(13),
            "cases:risk_review",
            reviews[name].pk,
            what_changed=f"{name} shares a room now",
            effect=f"{name} sleeps badly",
            risk_before="low",
            risk_now="moderate",
            was_seen="yes",
            was_seen_alone="yes",
            **moment("25 3 2026", "09:00", name="seen_at"),
            childs_view=f"“He is loud”, {name}",
            protects="Nan",
            is_assessment_right="yes",
            is_plan_right="yes",
            recommendation=f"See {name} again",
        )

    def decide():
        lines = {
            f"child-{child.pk}-{field}": value
            for child in family.children.values()
            for field, value in (
                ("outcome", ChangeOutcome.STANDS.value),
                ("line", f"{child.given_name} has met Kyle and was seen alone"),
            )
        }
        reasons = {
            name: getattr(RATIONALE, name)
            for name in ("know", "worries", "protects", "decision", "why")
        }
        rows = {"action-TOTAL_FORMS": "0", "action-INITIAL_FORMS": "0"}
        return ask(
            manager, day(14), "cases:change_decide", change.pk, **reasons, **TOLD, **lines, **rows
        )

    for name in ("Maisie", "Jayden"):
        review(name)
    assert "Isla Testwood has no review" in decide()
    with pytest.raises(NotReady, match="Isla Testwood has no review"):
        handed_on(day(14))
    review("Isla")
    with pytest.raises(NotReady, match="the manager has not decided"):
        handed_on(day(14))
    assert "This change is done for every child of the home" in decide()

    assert handed_on(day(15))
    for child in family.children.values():
        told = ask(sfs_manager, day(15), "cases:child", child.pk)
        for line in (
            "Change: an adult moves in or becomes a regular visitor",
            "Change triaged: significant",
            "Risk reviewed: low, now moderate",
            "Change decided: every child of the home reviewed",
        ):
            assert line in told, child.given_name
