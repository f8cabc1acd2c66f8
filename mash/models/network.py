"""The picture of exploitation across children: people, places, things, and what links them.

Each node and link says how good its source is, by the 3x5x2 scale of the police: how reliable the
source (1-3), how it knows (A-E), and whether it may be passed on (P, C).
"""

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from people.models import Person, history


class SourceGrade(models.TextChoices):
    RELIABLE = "1", "1 Reliable"
    UNTESTED = "2", "2 Untested"
    NOT_RELIABLE = "3", "3 Not reliable"


class InformationGrade(models.TextChoices):
    KNOWN_DIRECTLY = "A", "A Known directly"
    CORROBORATED = "B", "B Known indirectly, but corroborated"
    INDIRECTLY = "C", "C Known indirectly"
    NOT_KNOWN = "D", "D Not known"
    FALSE = "E", "E Suspected to be false"


class Handling(models.TextChoices):
    MAY_SHARE = "P", "P May be passed on"
    CONDITIONS = "C", "C May be passed on only with conditions"


class Graded(models.Model):
    """What a source said, how good it is, and since when and until when it is held."""

    detail = models.TextField(blank=True)
    source = models.CharField(max_length=300)
    source_grade = models.CharField(max_length=1, choices=SourceGrade)
    information_grade = models.CharField(max_length=1, choices=InformationGrade)
    handling = models.CharField(max_length=1, choices=Handling)
    known_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ended_because = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True

    @property
    def grade(self) -> str:
        """The grading as people of the police read it: 2BP."""
        return f"{self.source_grade}{self.information_grade}{self.handling}"


ENDED_WHOLE = Q(ended_at__isnull=True, ended_by__isnull=True) | (
    Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(ended_because="")
)


@pghistory.track(*history(), model_name="NetworkNodeHistory")
class NetworkNode(Graded):
    """A person, place, vehicle, phone or handle. A recorded person is seen as their record is."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        PLACE = "place", "Place"
        VEHICLE = "vehicle", "Vehicle"
        PHONE = "phone", "Phone"
        HANDLE = "handle", "Name online"
        GROUP = "group", "Group"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=7, choices=Kind)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="network_nodes")
    label = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mash_node_named",
                condition=(Q(person__isnull=False, kind="person", label=""))
                | (Q(person__isnull=True) & ~Q(label="")),
            ),
            models.UniqueConstraint(
                name="mash_node_person_once",
                fields=["person"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(name="mash_node_ended_whole", condition=ENDED_WHOLE),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What the picture calls it."""
        return self.person.name if self.person is not None else self.label


@pghistory.track(*history(), model_name="NetworkLinkHistory")
class NetworkLink(Graded):
    """What one node has to do with another."""

    class Kind(models.TextChoices):
        ASSOCIATES = "associates", "is seen with"
        FAMILY = "family", "is family of"
        EXPLOITS = "exploits", "is said to exploit"
        SEEN_AT = "seen_at", "is seen at"
        LIVES = "lives", "lives at"
        USES = "uses", "uses"
        CALLS = "calls", "is in contact with"
        BELONGS = "belongs", "belongs to"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    one = models.ForeignKey(NetworkNode, models.PROTECT, related_name="links_from")
    other = models.ForeignKey(NetworkNode, models.PROTECT, related_name="links_to")
    kind = models.CharField(max_length=10, choices=Kind)

    class Meta:
        constraints = [
            models.CheckConstraint(name="mash_link_of_two", condition=~Q(one=F("other"))),
            models.UniqueConstraint(
                name="mash_link_once",
                fields=["one", "other", "kind"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(name="mash_link_ended_whole", condition=ENDED_WHOLE),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
