"""What screens and other rooms ask about people. Each function makes a fixed number of queries."""

from people.queries.access import (
    Whom,
    canonical_ids,
    closed_persons,
    closed_to,
    homes_of,
    readable,
    records_of,
    whom,
)
from people.queries.candidates import CandidateShown, shown_candidates
from people.queries.changes import Change, changes_of
from people.queries.family import Family, FamilyMember, family_of
from people.queries.households import HouseholdChild, children_elsewhere, children_of_households
from people.queries.names import Shown, age, display_people, names_of
from people.queries.page import (
    ClosedPage,
    Opening,
    PersonPage,
    closed_page,
    live_opening,
    opening,
    openings,
    person_page,
)
from people.queries.terms import PARENTS, counts_as_child, household_label, is_child, is_live

__all__ = [
    "PARENTS",
    "CandidateShown",
    "Change",
    "ClosedPage",
    "Family",
    "FamilyMember",
    "HouseholdChild",
    "Opening",
    "PersonPage",
    "Shown",
    "Whom",
    "age",
    "canonical_ids",
    "changes_of",
    "children_elsewhere",
    "children_of_households",
    "closed_page",
    "closed_persons",
    "closed_to",
    "counts_as_child",
    "display_people",
    "family_of",
    "homes_of",
    "household_label",
    "is_child",
    "is_live",
    "live_opening",
    "names_of",
    "opening",
    "openings",
    "person_page",
    "readable",
    "records_of",
    "shown_candidates",
    "whom",
]
