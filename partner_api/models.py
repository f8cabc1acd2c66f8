"""The systems of partner agencies that speak to us on their own, and what each has sent."""

import uuid

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from partner_api.choices import Scope
from record.models import append_only


@pghistory.track()
class AgencySystem(models.Model):
    """A system of one agency: a school's records, a police force's referrals.

    `application` is what it signs in as, with its secret hashed; `account` is who it is on the
    record. Nobody signs in to our pages with that account: it has no password.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey("accounts.PartnerAgency", models.PROTECT, related_name="systems")
    name = models.CharField(max_length=100)
    application = models.OneToOneField(
        "oauth2_provider.Application", models.PROTECT, related_name="system"
    )
    account = models.OneToOneField("accounts.User", models.PROTECT, related_name="system")
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    secret_given_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    closed_because = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="partner_api_system_named", condition=~Q(name="")),
            models.CheckConstraint(
                name="partner_api_system_scopes",
                condition=Q(scopes__len__gt=0, scopes__contained_by=Scope.values),
            ),
            models.CheckConstraint(
                name="partner_api_system_closed_whole",
                condition=Q(closed_at__isnull=True, closed_by__isnull=True, closed_because="")
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(closed_because="")),
            ),
            models.UniqueConstraint(
                name="partner_api_system_once",
                fields=["agency", "name"],
                condition=Q(closed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may(self) -> list[str]:
        """What it may do, in words."""
        return [str(scope.label) for scope in Scope if scope in self.scopes]


class Sending(models.Model):
    """One message of a system and the contact it became; kept, so that it never becomes two.

    `key` is the sender's own; `digest` tells whether the same key came with another message.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(AgencySystem, models.PROTECT, related_name="sendings")
    agency = models.ForeignKey("accounts.PartnerAgency", models.PROTECT, related_name="+")
    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    contact = models.OneToOneField("cases.Contact", models.PROTECT, related_name="sending")
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="partner_api_sending_once", fields=["system", "key"])
        ]
        indexes = [
            models.Index(fields=["agency", "-received_at", "id"], name="partner_api_sending_agency")
        ]
        triggers = [append_only()]
