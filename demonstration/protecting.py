"""Strategy discussions are held, enquiries made, conferences recorded: the work after 4b.

Of every four discussions three are situations of domain.md 7.3: one without health, who catch up;
one without health, who never do; one that is followed by another while the enquiry runs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import PermissionDenied

from accounts.models import PartnerAgency, User
from accounts.permissions import remember
from assessments.actions import booking, protection
from assessments.actions import section_47 as enquiries
from assessments.models import ConferenceBooking, ProtectionPlan, Section47Enquiry
from cases import actions as case_actions
from cases.actions import Rationale
from cases.choices import HandoverState, VisitOutcome, VisitPurpose, WorkerRole
from cases.models import Allocation, Handover, MeetingPart, Responsibility
from demonstration.population import Household
from lib.working_days import instant, london_date
from mash import actions
from mash.actions.strategy_conclude import household_of
from mash.models import StrategyDiscussion
from people.choices import Stage
from people.models import Person
from record import calendar
from record.errors import Refused

if TYPE_CHECKING:
    from demonstration.play import Case, Play

SAFE = (
    "Grandmother sleeps in the house; he stays at his brother’s.",
    "Mother and children stay with her sister until Friday.",
    "He has left and the police hold his keys.",
)
SAID = ("I want it to be quiet.", "He shouts and then it is dark.", "Can Nan stay?")
WITHOUT_HEALTH, NEVER_CAUGHT_UP, AGAIN = 1, 2, 3
CYCLE = 4


class Protecting:
    """What follows a decision to hold a strategy discussion, for one play."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.begun = 0
        self.meets_on: dict[UUID, date] = {}
        self.to_plan: list[Household] = []
        self.sure: set[UUID] = set()

    def goes_to_plan(self, home: Household) -> bool:
        """Say whether this is a family planted so that its enquiry leads to a plan."""
        return any(home is each for each in self.to_plan)

    def follow(self, case: Case, at: datetime) -> None:
        """Hold the discussion that a decision called, mostly in time."""
        discussion = (
            StrategyDiscussion.objects.filter(
                contact=case.contact_id, state=StrategyDiscussion.State.CALLED
            )
            .order_by("called_at")
            .last()
        )
        if discussion is None:
            return
        place, self.begun = self.begun % CYCLE, self.begun + 1
        random = Random(f"{case.received_at:%Y%m%d%H%M}:{place}")
        held_at = self.play.working(at, random.uniform(0.6, 2.5))
        self.play.later(
            held_at, lambda now: self._hold(case, discussion.pk, place=place, random=random, at=now)
        )

    def _hold(
        self, case: Case, discussion_id: UUID, *, place: int, random: Random, at: datetime
    ) -> None:
        discussion = StrategyDiscussion.objects.get(pk=discussion_id)
        chair = discussion.chair
        remember(chair)
        parts = self._invited(discussion, chair, at)
        missing = "health" if place in (WITHOUT_HEALTH, NEVER_CAUGHT_UP) else ""
        late = "Police could not be reached before." if at > discussion.due_at else ""
        if not self._try(
            lambda: actions.hold(
                by=chair,
                at=at,
                discussion_id=discussion_id,
                mode="video",
                social_worker_id=random.choice(self.play.people.mash_workers).pk,
                manager_id=chair.pk,
                late_reason=late,
                attendance=[
                    actions.Attendance(
                        part_id=part.pk,
                        has_attended=part.agency.kind != missing,
                        who="Duty desk" if part.agency.kind != missing else "",
                        absent_because="Nobody on duty" if part.agency.kind == missing else "",
                    )
                    for part in parts
                ],
            )
        ):
            return
        self._conclude(case, discussion_id, chair, is_quorate=not missing, random=random, at=at)
        if place == AGAIN:
            self.play.later(
                self.play.working(at + timedelta(days=6), 1),
                lambda now: self._again(case, discussion_id, chair, random, now),
            )
        if place == WITHOUT_HEALTH:
            part_id = next(part.pk for part in parts if part.agency.kind == missing)
            self.play.later(
                self.play.working(at, 5), lambda now: self._catch_up(part_id, random, now)
            )

    def _invited(
        self, discussion: StrategyDiscussion, chair: User, at: datetime
    ) -> list[MeetingPart]:
        first = self._agencies("police", "health")
        return actions.invite_agencies(
            by=chair,
            at=at,
            discussion_id=discussion.pk,
            invitations=[
                actions.Invitation(agency_id=agency.pk, asked="What you know of a year")
                for agency in first
            ],
        )

    def _agencies(self, *kinds: str) -> list[PartnerAgency]:
        """The first agency of each kind, in order of kind."""
        wanted = sorted(self.play.people.agencies.values(), key=lambda each: each.name)
        first = {each.kind: each for each in reversed(wanted) if each.kind in kinds}
        return [agency for _kind, agency in sorted(first.items())]

    def _there(self, at: datetime) -> list[protection.AgencyThere]:
        """Most agencies come to a conference or core group, some write, some do neither."""
        chance = Random(f"{at:%Y%m%d%H%M}")
        found = []
        for agency in self._agencies("police", "health", "school"):
            roll = chance.random()
            found.append(
                protection.AgencyThere(
                    agency_id=agency.pk,
                    has_attended=roll < 0.65,
                    has_sent_information=0.65 <= roll < 0.85,
                    words="Nobody was free"
                    if roll >= 0.85
                    else "A report, by the lead for safeguarding"
                    if roll >= 0.65
                    else "The lead for safeguarding",
                )
            )
        return found

    def _conclude(
        self,
        case: Case,
        discussion_id: UUID,
        chair: User,
        *,
        is_quorate: bool,
        random: Random,
        at: datetime,
    ) -> None:
        discussion = StrategyDiscussion.objects.get(pk=discussion_id)
        home = household_of(discussion, by=chair, on=london_date(at))
        named = sorted((name, pk) for pk, name in home.items() if name)
        unborn = set(
            Person.objects.filter(pk__in=home, stage=Stage.UNBORN).values_list("pk", flat=True)
        )
        lines = [
            self._line(
                pk, name, pk in unborn, is_met=random.random() < (0.6 if others else 0.8), at=at
            )
            for others, (name, pk) in enumerate(named)
        ]
        team, _manager, _workers = random.choice(self.play.people.assessment)
        done = self._try(
            lambda: actions.conclude(
                by=chair,
                at=at,
                discussion_id=discussion_id,
                lines=lines,
                know="An injury that is explained two ways.",
                worries="That it happens again before anybody sees it.",
                protects="Somebody outside the home whom the children talk to.",
                alternative="An assessment alone would be too slow.",
                parents_told="Mother told by the social worker; the police tell him.",
                is_legal_advice_needed=False,
                not_quorate_because="" if is_quorate else "The children go home at four.",
                to_team_id=team.pk,
            )
        )
        if not done:
            return
        for handover in Handover.objects.filter(
            contact=case.contact_id, state=HandoverState.OFFERED, offered_at=at
        ):
            self.play.later(
                self.play.working(at, random.uniform(0.3, 2)),
                self.play.receiver(case, handover.pk),
            )
        for enquiry in self._of(discussion_id):
            self._plan(case, enquiry.pk, Random(f"{random.random()}"), at)
        hours = (1, 6) if random.random() < 0.9 else (14, 30)
        self.play.later(
            self.play.working(at, random.uniform(*hours)),
            lambda now: self._send_minutes(discussion_id, chair, now),
        )

    def _send_minutes(self, discussion_id: UUID, chair: User, at: datetime) -> None:
        parts = MeetingPart.objects.filter(meeting_id=discussion_id)
        self._try(
            lambda: actions.send_minutes(
                by=chair,
                at=at,
                discussion_id=discussion_id,
                minutes="Each agency said what it knows; decisions and actions are as recorded.",
                part_ids=list(parts.values_list("pk", flat=True)),
            )
        )

    def _again(
        self, case: Case, discussion_id: UUID, chair: User, random: Random, at: datetime
    ) -> None:
        """A further discussion while the enquiry runs; the conference keeps its limit."""
        first = StrategyDiscussion.objects.get(pk=discussion_id)
        if first.state != StrategyDiscussion.State.CONCLUDED:
            return
        further = actions.call_further(
            by=chair,
            at=at,
            discussion_id=discussion_id,
            child_ids=sorted(first.children.values_list("child_id", flat=True)),
            reason="The hospital has sent its report.",
            is_same_day=False,
            chair_id=chair.pk,
        )
        held_at = self.play.working(at, 1)
        self.play.later(
            held_at, lambda now: self._hold(case, further.pk, place=0, random=random, at=now)
        )

    def _line(
        self, child_id: UUID, name: str, is_unborn: bool, *, is_met: bool, at: datetime
    ) -> actions.ConcludedLine:
        if not is_met:
            return actions.ConcludedLine(
                child_id=child_id,
                is_met=False,
                why=f"Nothing points to {name} being hurt; looked at in the assessment.",
                then="assessment",
            )
        return actions.ConcludedLine(
            child_id=child_id,
            is_met=True,
            why=f"{name} may have been hurt by somebody at home.",
            is_joint=True,
            seen_by="" if is_unborn else "The social worker with the police",
            see_at=None if is_unborn else at + timedelta(hours=3),
            is_seen_alone=None if is_unborn else True,
            medical="needed",
            safety_plan=SAFE[0],
        )

    def _catch_up(self, part_id: UUID, random: Random, at: datetime) -> None:
        self._try(
            lambda: actions.record_contribution(
                by=random.choice(self.play.people.mash_workers),
                at=at,
                part_id=part_id,
                author="Named nurse",
                information="Seen twice this year; nothing recorded about bruises.",
                reliability="fact",
                sharing="may_share",
                how="phone",
            )
        )

    # The enquiry ---------------------------------------------------------------------------------

    def _of(self, discussion_id: UUID) -> list[Section47Enquiry]:
        found = Section47Enquiry.objects.filter(discussion_id=discussion_id).select_related("child")
        return sorted(found, key=lambda each: each.child.name)

    def _plan(self, case: Case, enquiry_id: UUID, random: Random, at: datetime) -> None:
        """See the child, write, conclude, confer: each on its day."""

        def on(days: int, do: Callable[[UUID, Random, datetime], None]) -> None:
            day = calendar.calendar().add_working_days(london_date(at), days)
            moment = at + timedelta(days=(day - london_date(at)).days)
            self.play.later(
                self.play.working(moment, random.uniform(0.2, 4)),
                lambda now: do(enquiry_id, random, now),
            )

        is_late = random.random() < 0.15
        if self.goes_to_plan(case.home):
            self.sure.add(enquiry_id)
            is_late = False
        self.play.later(
            at + timedelta(hours=random.uniform(3, 20) if not is_late else 40),
            lambda now: self._see(enquiry_id, random, now),
        )
        written, decided, conferred = (3, 11, 17) if is_late else (3, 5, random.randint(7, 14))
        self.meets_on[enquiry_id] = calendar.calendar().add_working_days(london_date(at), conferred)
        on(random.randint(2, written), self._write)
        on(random.randint(written + 1, decided), self._outcome)
        on(conferred, self._confer)
        on(conferred + random.randint(7, 10), self._core_group)

    def _worker(self, child_id: UUID) -> User | None:
        held = (
            Allocation.objects.filter(child=child_id, role=WorkerRole.LEAD, to_at__isnull=True)
            .select_related("worker")
            .first()
        )
        if held is None:
            return None
        remember(held.worker)
        return held.worker

    def _manager(self, child_id: UUID) -> User | None:
        held = (
            Responsibility.objects.filter(child=child_id, to_at__isnull=True)
            .select_related("manager")
            .first()
        )
        if held is None:
            return None
        remember(held.manager)
        return held.manager

    def _see(self, enquiry_id: UUID, random: Random, at: datetime) -> None:
        enquiry = Section47Enquiry.objects.select_related("child").get(pk=enquiry_id)
        worker = self._worker(enquiry.child_id) or random.choice(self.play.people.mash_workers)
        if enquiry.child.stage == Stage.UNBORN:
            return
        seen = random.random() < 0.92
        self._try(
            lambda: case_actions.record_visit(
                by=worker,
                at=at,
                purpose=VisitPurpose.SECTION_47,
                outcome=VisitOutcome.KEPT if seen else VisitOutcome.NO_ACCESS,
                where="At home" if seen else "",
                is_home_seen=seen,
                children=[
                    case_actions.ChildAtVisit(
                        child_id=enquiry.child_id,
                        was_seen=seen,
                        was_seen_alone=seen and random.random() < 0.85,
                        not_alone_because="Would not leave the room",
                        words=random.choice(SAID) if seen else "",
                        next_attempt_on=None if seen else london_date(at) + timedelta(days=1),
                    )
                ],
            )
        )

    def _write(self, enquiry_id: UUID, random: Random, at: datetime) -> None:
        enquiry = Section47Enquiry.objects.select_related("child").get(pk=enquiry_id)
        worker = self._worker(enquiry.child_id)
        if worker is None:
            return
        name = enquiry.child.given_name or "The baby"

        def write() -> None:
            enquiries.write_child(
                by=worker,
                at=at,
                enquiry_id=enquiry_id,
                found=f"{name}: a mark on the arm, seen by the nurse; explained two ways.",
                child_view=f"{name}: {random.choice(SAID)}",
                medical="Examined the same day; the cause stays open.",
                analysis=f"{name} was close by, and it may happen again at night.",
                version=enquiry.child_version,
            )
            enquiries.write_family(
                by=worker,
                at=at,
                enquiry_id=enquiry_id,
                parents_view="Mother says it was a fall; he says he was out.",
                agencies_said="Police: call-outs this year. Health: seen twice. School: tired.",
                home="Two bedrooms; the children share one.",
                version=enquiry.family_version,
            )
            enquiries.write_safety(
                by=worker,
                at=at,
                enquiry_id=enquiry_id,
                steps=[
                    enquiries.SafetyStep(what=SAFE[0], who="Grandmother", when="Tonight and daily")
                ],
                tonight="She has said yes, and has the emergency number.",
                version=enquiry.safety_version,
            )
            enquiries.submit(by=worker, at=at, enquiry_id=enquiry_id)

        self._try(write)

    def _outcome(self, enquiry_id: UUID, random: Random, at: datetime) -> None:
        enquiry = Section47Enquiry.objects.select_related("child").get(pk=enquiry_id)
        manager = self._manager(enquiry.child_id)
        if manager is None:
            return
        outcome, next_step, conference = random.choices(
            (
                ("continuing_risk", "conference", "required"),
                ("no_continuing_risk", "assessment", "not_required"),
                ("not_substantiated", "assessment", "not_required"),
                ("no_continuing_risk", "cin_plan", ""),
            ),
            (45, 25, 22, 8) if enquiry_id not in self.sure else (1, 0, 0, 0),
        )[0]
        concluded = self._try(
            lambda: enquiries.conclude(
                by=manager,
                at=at,
                enquiry_id=enquiry_id,
                outcome=outcome,
                next_step=next_step,
                conference=conference,
                conference_why="Police and health agree." if conference else "",
                rationale=Rationale(
                    know="What was seen, and what each agency says.",
                    worries="That it happens again at night.",
                    protects="Grandmother is there and believes the children.",
                    decision="As the outcome says.",
                    why="The alternative would leave the nights as they are.",
                ),
                who_informed="Mother and child at home; police and health by phone.",
                not_seen_because="Not at home twice; seen at school by the nurse.",
                late_reason="The medical report came late.",
            )
        )
        if concluded and conference == "required":
            self.play.later(
                self.play.working(at, random.uniform(0.5, 3)),
                lambda now: self._book(enquiry_id, random, now),
            )

    def _book(self, enquiry_id: UUID, random: Random, at: datetime) -> None:
        """Book the conference for the day on which it is held; most share the report in time."""
        enquiry = Section47Enquiry.objects.get(pk=enquiry_id)
        manager = self._manager(enquiry.child_id)
        if (
            manager is None
            or ConferenceBooking.objects.filter(
                children__enquiry=enquiry_id, children__ended_at=None
            ).exists()
        ):
            return
        starts_at = instant(self.meets_on[enquiry_id], time(14, 0))
        booked = self._try(
            lambda: booking.book_conference(
                by=manager,
                at=at,
                enquiry_id=enquiry_id,
                starts_at=starts_at,
                chair="Kit Chairwell",
                place="Slough town hall, room 2, or by video",
                invited="Police, health visitor, school, mother and father apart",
                family_told="Mother at home and father by phone, by the social worker",
                late_because="The chair has no earlier day; Nan stays in the house until then.",
            )
        )
        if booked and random.random() < 0.8:
            shared = instant(booking.share_by(starts_at, at=at), time(11, 0))
            self.play.later(max(shared, at), lambda now: self._share(enquiry_id, now))

    def _share(self, enquiry_id: UUID, at: datetime) -> None:
        enquiry = Section47Enquiry.objects.get(pk=enquiry_id)
        worker = self._worker(enquiry.child_id)
        if worker is not None:
            self._try(
                lambda: booking.share_report(
                    by=worker,
                    at=at,
                    enquiry_id=enquiry_id,
                    shared_on=london_date(at),
                    how="Read with mother at home; she says the part about the nights is right.",
                )
            )

    def _confer(self, enquiry_id: UUID, random: Random, at: datetime) -> None:
        enquiry = Section47Enquiry.objects.select_related("child").get(pk=enquiry_id)
        manager = self._manager(enquiry.child_id)
        if manager is None or enquiry.ended_at is not None:
            return
        together = protection.awaited_with(child_ids=[enquiry.child_id], by=manager, at=at)
        lines = [
            self._conferred(
                each, is_plan=random.random() < 0.85 or each.pk in self.sure, random=random
            )
            for each in sorted(together, key=lambda each: each.child.name)
        ]
        self._try(
            lambda: protection.record_conference(
                by=manager,
                at=at,
                lines=lines,
                chair="Kit Chairwell",
                attended="Both parents; the children by their worker.",
                summary="How each child is, what has changed, what must.",
                family_view="Mother wants help; he does not see why.",
                agencies=self._there(at),
            )
        )

    def _conferred(
        self, enquiry: Section47Enquiry, *, is_plan: bool, random: Random
    ) -> protection.ConferenceLine:
        name = enquiry.child.given_name or "the baby"
        return protection.ConferenceLine(
            enquiry_id=enquiry.pk,
            result="plan" if is_plan else "no_plan",
            why=f"What {name} lives with at night." if is_plan else f"{name} is safe with an aunt.",
            report="enquiry",
            category=random.choices(("NEG", "EMO", "PHY", "SAB"), (45, 38, 12, 5))[0],
            must_change="Nobody hurts or frightens the children; nights are quiet.",
            contingency="We take legal advice.",
            core_group="Mother, grandmother, school, health visitor, social worker.",
            late_reason="The chair was ill.",
        )

    def _core_group(self, enquiry_id: UUID, random: Random, at: datetime) -> None:
        plan = (
            ProtectionPlan.objects.running()
            .filter(enquiry=enquiry_id, started_at__lt=at)
            .select_related("child")
            .first()
        )
        worker = self._worker(plan.child_id) if plan is not None else None
        if plan is None or worker is None or random.random() < 0.15:
            return
        self._see_on_plan(plan, worker, at)
        self._try(
            lambda: protection.record_core_group(
                by=worker,
                at=at,
                attended="Mother, school, health visitor.",
                family_view="Mother is tired and pleased.",
                agencies=self._there(at),
                lines=[
                    protection.CoreGroupLine(
                        plan_id=plan.pk,
                        changed="The nights are quieter.",
                        next_steps="School rings daily; the worker comes on Tuesdays.",
                    )
                ],
            )
        )

    def _see_on_plan(self, plan: ProtectionPlan, worker: User, at: datetime) -> None:
        if plan.child.stage == Stage.UNBORN:
            return
        self._try(
            lambda: case_actions.record_visit(
                by=worker,
                at=at - timedelta(hours=1),
                purpose=VisitPurpose.CPP,
                outcome=VisitOutcome.KEPT,
                where="At home",
                children=[
                    case_actions.ChildAtVisit(
                        child_id=plan.child_id, was_seen=True, was_seen_alone=True, words=SAID[2]
                    )
                ],
            )
        )

    def _try(self, do: Callable[[], object]) -> bool:
        """Do something that the record may have overtaken."""
        try:
            do()
        except (Refused, PermissionDenied, Person.DoesNotExist):
            return False
        return True
