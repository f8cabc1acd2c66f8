"""Systems of two agencies, and what they sent in the last half hour: nobody has looked at it yet.

Sent when everything else has been played, by the same call as the interface for partners, so what
an officer finds is what a school or the police would have sent. The ids and the secret are known,
so that whoever tries the demonstration can be such a system (docs/api.md).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from accounts.models import User
from accounts.permissions import remember
from demonstration.authority import Authority
from lib import application_clock
from partner_api import actions
from partner_api.choices import Scope
from partner_api.models import AgencySystem, Sending
from partner_api.serializers import ContactInput


@dataclass(frozen=True)
class System:
    """One system: the id it signs in with, whose it is and what it is called."""

    client_id: str
    agency: str
    name: str


SCHOOL = System("demonstration-school", "Larkmead Example Primary", "Pupil records")
POLICE = System("demonstration-police", "Thames Valley Police, MASH desk", "Referrals")


def send(authority: Authority, *, end_at: datetime) -> list[Sending]:
    """Open both systems and let them send."""
    if authority.administrator is None:
        return []
    opened_at = end_at - timedelta(days=1)
    systems = {
        one: _open(one, authority, by=authority.administrator, at=opened_at)
        for one in (SCHOOL, POLICE)
    }
    return [
        _send(systems[one], said, number=number, at=end_at - timedelta(minutes=minutes))
        for number, (one, minutes, said) in enumerate(_messages(end_at.date()), 1)
    ]


def _open(one: System, authority: Authority, *, by: User, at: datetime) -> AgencySystem:
    with application_clock.set_to(at):
        system, _secret = actions.open_system(
            by=by,
            at=at,
            agency_id=authority.agencies[one.agency].pk,
            name=one.name,
            scopes=list(Scope.values),
        )
    application = system.application
    application.client_id = one.client_id
    application.client_secret = settings.DEMONSTRATION_PASSWORD
    application.save(update_fields=["client_id", "client_secret"])
    remember(system.account)
    return system


def _send(system: AgencySystem, said: dict[str, Any], *, number: int, at: datetime) -> Sending:
    with application_clock.set_to(at):
        data = ContactInput(data=said, context={"system": system})
        data.is_valid(raise_exception=True)
        return actions.send_contact(
            system=system,
            at=at,
            key=f"demonstration-{number}",
            digest=f"demonstration-{number}",
            message=data.validated_data["message"],
        )


def _messages(today: date) -> list[tuple[System, int, dict[str, Any]]]:
    """Who sends what, how many minutes before the end."""
    return [
        (
            POLICE,
            28,
            {
                "concern": "Officers attended after a neighbour rang. Shouting between two adults,"
                " no injury seen. A boy of about four was awake on the stairs. The woman did not"
                " want to say more while her partner was in the room.",
                "sender": {"name": "Pc Sam Placeholder", "role": "Response officer"},
                "your_reference": "INC-0412",
                "immediate_danger": "no",
                "safe_contact": "Do not ring her mobile: he answers it.",
                "children": [
                    {
                        "description": "boy, about 4",
                        "family_name": "Mockford",
                        "age": "about 4",
                        "sex": "M",
                        "address_line": "27 Trial Street",
                        "postcode": "SL1 3AB",
                        "place": "resident_child",
                    }
                ],
                "adults": [
                    {
                        "given_name": "Lena",
                        "family_name": "Mockford",
                        "sex": "F",
                        "place": "adult_carer",
                        "relations": [
                            {"child": 0, "kind": "mother", "parental_responsibility": "yes"}
                        ],
                    },
                    {"description": "her partner, name refused", "sex": "M"},
                ],
                "agreement": [
                    {"asked_as": "parent_with_pr", "state": "not_asked_yet", "who": "Mother"}
                ],
            },
        ),
        (
            SCHOOL,
            17,
            {
                "concern": "Zain fell asleep in class three times this week and asked a dinner lady"
                " for bread to take home. His sister collects him on her own.",
                "sender": {
                    "name": "Orla Samplewick",
                    "role": "Designated safeguarding lead",
                    "phone": "01632 960123",
                    "availability": "until 16:00",
                },
                "your_reference": "LEP-1181",
                "do_parents_know": "no",
                "parents_know_note": "We could not reach the mother today.",
                "children": [
                    {
                        "given_name": "Zain",
                        "family_name": "Testwood",
                        "date_of_birth": f"{today.year - 5}-02",
                        "sex": "M",
                        "postcode": "SL1 2EL",
                        "school": SCHOOL.agency,
                        "place": "resident_child",
                    }
                ],
            },
        ),
        (
            SCHOOL,
            6,
            {
                "concern": "Maja told her teacher that her mother is expecting a baby, cries a lot"
                " and has not been to the clinic because the bus costs too much.",
                "sender": {"name": "Orla Samplewick", "role": "Designated safeguarding lead"},
                "your_reference": "LEP-1182",
                "do_parents_know": "yes",
                "children": [
                    {
                        "given_name": "Maja",
                        "family_name": "Dummywicz",
                        "other_names": ["Maya Dummywicz"],
                        "date_of_birth": f"{today.year - 9}-06-03",
                        "sex": "F",
                        "language": "Polish",
                        "address_line": "8 Exemplar Court",
                        "postcode": "SL2 5AA",
                        "school": SCHOOL.agency,
                        "place": "resident_child",
                    },
                    {"stage": "unborn", "family_name": "Dummywicz", "place": "resident_child"},
                ],
                "adults": [
                    {
                        "given_name": "Ewa",
                        "family_name": "Dummywicz",
                        "sex": "F",
                        "language": "Polish",
                        "needs_interpreter": "yes",
                        "place": "adult_carer",
                        "relations": [
                            {"child": 0, "kind": "mother", "parental_responsibility": "yes"},
                            {"child": 1, "kind": "mother"},
                        ],
                    }
                ],
                "agreement": [
                    {
                        "asked_as": "parent_with_pr",
                        "state": "given",
                        "who": "Mother, through a colleague who speaks Polish",
                    }
                ],
            },
        ),
    ]
