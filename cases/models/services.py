"""The directory of services for families, and the places families have there (domain.md 2.8)."""

import uuid

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from cases.choices import CountedIn, ServiceKind
from people.models import Person, history
from record.models import append_only


@pghistory.track(*history(), model_name="ServiceHistory")
class Service(models.Model):
    """A service that helps families: whom it is for, how many it takes, how to refer.

    `taken` counts the places in use and is written by `cases.services` alone, under the lock of
    this row. `needs` are codes of what it helps with, empty where it is for any family; `areas`
    the postcode districts it serves, empty where it serves all.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=14, choices=ServiceKind)
    run_by = models.CharField(max_length=200)
    for_whom = models.TextField()
    from_age = models.PositiveSmallIntegerField(null=True)
    to_age = models.PositiveSmallIntegerField(null=True)
    needs = ArrayField(models.CharField(max_length=14), default=list)
    areas = ArrayField(models.CharField(max_length=4), default=list)
    counted_in = models.CharField(max_length=6, choices=CountedIn)
    capacity = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    wait = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=200)
    how_to_refer = models.TextField()
    reviewed_on = models.DateField()
    valid_until = models.DateField()
    is_open = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cases_service_named_once", fields=["name", "run_by"]),
            models.CheckConstraint(
                name="cases_service_whole",
                condition=~Q(name="")
                & ~Q(run_by="")
                & ~Q(for_whom="")
                & ~Q(contact="")
                & ~Q(how_to_refer=""),
            ),
            models.CheckConstraint(
                name="cases_service_ages",
                condition=Q(from_age__isnull=True)
                | Q(to_age__isnull=True)
                | Q(to_age__gte=F("from_age")),
            ),
            models.CheckConstraint(
                name="cases_service_room", condition=Q(taken__lte=F("capacity"))
            ),
            models.CheckConstraint(
                name="cases_service_valid", condition=Q(valid_until__gt=F("reviewed_on"))
            ),
        ]
        indexes = [models.Index(fields=["kind", "name", "id"], name="cases_service_list")]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    @property
    def room(self) -> int:
        """How many places are free."""
        return self.capacity - self.taken

    @property
    def counted(self) -> str:
        """What a place is counted in, for one: "child" or "family"."""
        return "child" if self.counted_in == CountedIn.CHILD else "family"


class ServiceChange(models.Model):
    """Who entered or changed a service, why, and what it said before and after."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service = models.ForeignKey(Service, models.PROTECT, related_name="changes")
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    why = models.TextField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="cases_service_change_why", condition=~Q(why=""))
        ]
        indexes = [models.Index(fields=["service", "-at"], name="cases_service_change_of")]
        triggers = [append_only()]


class ServicePlace(models.Model):
    """A family's place at a service, from and to, or help that is not in the directory.

    It belongs to the early help or the contact that arranged it (`subject_kind`, `subject_id`).
    `until_on` is when the place is expected to be free again; it is given back by whoever ends it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service = models.ForeignKey(Service, models.PROTECT, null=True, related_name="places")
    other_name = models.CharField(max_length=200, blank=True)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    is_interim = models.BooleanField(default=False)
    why = models.TextField()
    agreed_by = models.CharField(max_length=200)
    takes = models.PositiveSmallIntegerField()
    from_at = models.DateTimeField()
    until_on = models.DateField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_because = models.TextField(blank=True)
    ended_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_place_at_one",
                condition=Q(service__isnull=False, other_name="", takes__gt=0)
                | (Q(service__isnull=True, takes=0) & ~Q(other_name="")),
            ),
            models.CheckConstraint(
                name="cases_place_agreed", condition=~Q(why="") & ~Q(agreed_by="")
            ),
            models.CheckConstraint(
                name="cases_place_ended_whole",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, ended_because="")
                | (Q(ended_at__gte=F("from_at"), ended_by__isnull=False) & ~Q(ended_because="")),
            ),
        ]
        indexes = [
            models.Index(fields=["subject_id", "-from_at"], name="cases_place_of"),
            models.Index(
                fields=["service", "until_on"],
                name="cases_place_open",
                condition=Q(ended_at__isnull=True),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    @property
    def name(self) -> str:
        """Name the service, in the directory or not."""
        return self.service.name if self.service is not None else self.other_name


class ServicePlaceChild(models.Model):
    """A child of a place. A child has one place at a service at a time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    place = models.ForeignKey(ServicePlace, models.PROTECT, related_name="children")
    service = models.ForeignKey(Service, models.PROTECT, null=True, related_name="+")
    child = models.ForeignKey(Person, models.PROTECT, related_name="service_places")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cases_place_child_once", fields=["place", "child"]),
            models.UniqueConstraint(
                name="cases_place_child_one_open",
                fields=["service", "child"],
                condition=Q(ended_at__isnull=True),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
