"""What screens and other rooms ask about people. Each function makes a fixed number of queries."""

from people.queries.access import Whom, canonical_ids, closed_to, records_of, whom
from people.queries.family import Family, FamilyMember, family_of
from people.queries.households import HouseholdChild, children_elsewhere, children_of_households
from people.queries.names import Shown, age, display_people, names_of
from people.queries.terms import PARENTS, household_label, is_child, is_live, is_member_child

__all__ = [
    "PARENTS",
    "Family",
    "FamilyMember",
    "HouseholdChild",
    "Shown",
    "Whom",
    "age",
    "canonical_ids",
    "children_elsewhere",
    "children_of_households",
    "closed_to",
    "display_people",
    "family_of",
    "household_label",
    "is_child",
    "is_live",
    "is_member_child",
    "names_of",
    "records_of",
    "whom",
]
