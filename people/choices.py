"""Code sets of people, shared by several models. Stored codes never change; labels may."""

from django.db import models


class Stage(models.TextChoices):
    UNBORN = "unborn", "Unborn"
    BORN = "born", "Born"


class Sex(models.TextChoices):
    """CIN census coding (2025-26): M, F, U."""

    FEMALE = "F", "Female"
    MALE = "M", "Male"
    UNKNOWN = "U", "Not known"


class NameKind(models.TextChoices):
    CURRENT = "current", "Name"
    KNOWN_AS = "known_as", "Known as"
    PREVIOUS = "previous", "Previous name"
    TRANSLITERATED = "transliterated", "Written another way"
    AS_GIVEN = "as_given", "As somebody gave it"


class IdentifierKind(models.TextChoices):
    NHS = "nhs", "NHS number"
    UPN = "upn", "Unique pupil number"
    FORMER_UPN = "former_upn", "Former unique pupil number"
    OTHER = "other", "Other reference"


class Source(models.TextChoices):
    """Where a fact was learned."""

    REFERRER = "referrer", "Referrer"
    FAMILY = "family", "Family"
    AGENCY = "agency", "Another agency"
    OUR_RECORD = "our_record", "Our record"
    WORKER = "worker", "Worker"
    SYSTEM = "system", "Worked out"


class Confidence(models.TextChoices):
    CONFIRMED = "confirmed", "Confirmed"
    STATED = "stated", "Stated"
    UNSURE = "unsure", "Not sure"


class HouseholdRole(models.TextChoices):
    RESIDENT_CHILD = "resident_child", "Lives here"
    PART_TIME_CHILD = "part_time_child", "Stays some nights"
    UNBORN = "unborn", "Unborn"
    ADULT_CARER = "adult_carer", "Carer, lives here"
    OTHER_ADULT = "other_adult", "Adult, lives here"
    FREQUENT_VISITOR = "frequent_visitor", "Regular visitor"


class RelationshipKind(models.TextChoices):
    """What `person` is to `other`."""

    MOTHER = "mother", "Mother"
    FATHER = "father", "Father"
    PARENT = "parent", "Parent"
    STEP_PARENT = "step_parent", "Step-parent"
    FOSTER_CARER = "foster_carer", "Foster carer"
    CARER = "carer", "Carer"
    GRANDPARENT = "grandparent", "Grandparent"
    AUNT_UNCLE = "aunt_uncle", "Aunt or uncle"
    SIBLING = "sibling", "Brother or sister"
    HALF_SIBLING = "half_sibling", "Half-brother or half-sister"
    STEP_SIBLING = "step_sibling", "Step-brother or step-sister"
    TWIN = "twin", "Twin"
    PARTNER = "partner", "Partner"
    EX_PARTNER = "ex_partner", "Former partner"
    OTHER_RELATIVE = "other_relative", "Other relative"
    FRIEND = "friend", "Friend or associate"
    OTHER = "other", "Other"


class AddressKind(models.TextChoices):
    HOME = "home", "Home"
    TEMPORARY = "temporary", "Temporary"
    STAYS = "stays", "Stays here at times"
    BAIL = "bail", "Bail or approved address"
    REFUGE = "refuge", "Refuge"
    OTHER = "other", "Other"


class SettingKind(models.TextChoices):
    SCHOOL = "school", "School or college"
    EARLY_YEARS = "early_years", "Nursery or childminder"
    GP = "gp", "GP"
    HEALTH_VISITOR = "health_visitor", "Health visitor"
    MIDWIFE = "midwife", "Midwife"
    OTHER = "other", "Other"


class YesNoUnknown(models.TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"
    UNKNOWN = "unknown", "Not known yet"


CHILD_ROLES = (HouseholdRole.RESIDENT_CHILD, HouseholdRole.PART_TIME_CHILD, HouseholdRole.UNBORN)
