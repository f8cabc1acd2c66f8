"""Fill an empty database with the demonstration authority."""

import multiprocessing
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections

from accounts.models import User
from demonstration import agencies, at_risk, authority, histories, planted, services, waits
from demonstration.play import Play
from lib import application_clock
from lib.working_days import instant
from people import matching
from record import flags, outbox, partitions

SIZES = {"small": (500, 17), "year": (20_000, 365)}
PARTS = 2
"""The play runs in this many processes, each with its own families; always the same number, so
that seed and end date alone decide what is made."""
NUMBERED = ("cases_contact_number", "people_la_child_id")
COMMIT_LATER = "SET synchronous_commit = off"


class Command(BaseCommand):
    help = "Make invented people, contacts and decisions by playing a front door through time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--size", choices=[*SIZES, "million"], default="small")
        parser.add_argument("--contacts", type=int, default=None, help="instead of a size")
        parser.add_argument("--seed", type=int, default=2022)
        parser.add_argument("--end", type=date.fromisoformat, default=None)

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists():
            raise CommandError(
                "There are people in this database already. Seeding needs an empty one: make clean."
            )
        if options["size"] == "million":
            from demonstration.million import load

            load(say=self.say)
            return
        total, days = SIZES[options["size"]]
        self.play(
            seed=options["seed"],
            total=options["contacts"] or total,
            days=days,
            end_at=self.end(options["end"]),
        )

    def play(self, *, seed: int, total: int, days: int, end_at: datetime) -> None:
        """Build the authority, play the parts side by side, and put the numbering right."""
        first_on = end_at.date() - timedelta(days=days)
        earliest = min(histories.first_on(end_at, first_on), planted.last_holiday(end_at))
        self._months(earliest, end_at.date())
        built = authority.build(
            first_at=instant(first_on, clock_time(0, 0)),
            random=Random(seed),
        )
        connections.close_all()
        context = multiprocessing.get_context("fork")
        done = [context.Value("i", 0) for _ in range(PARTS)]

        def part(number: int) -> None:
            self._number_apart(number)
            play = Play(
                random=Random(f"{seed}:{number}"),
                first_on=first_on,
                end_at=end_at,
                authority=built,
                yearly=total,
            )
            planned = histories.plan(play, part=number, parts=PARTS)
            planned += waits.plan(play, part=number, parts=PARTS)
            planned += planted.plan(play) if number == 0 else at_risk.plan(play)
            share = total // PARTS + (total % PARTS if number == 0 else 0)
            play.plan_contacts(max(share - planned, 0))
            with outbox.without_waking():
                for so_far in play.run():
                    done[number].value = so_far

        processes = [context.Process(target=part, args=(number,)) for number in range(PARTS)]
        for process in processes:
            process.start()
        self._watch(processes, lambda: sum(each.value for each in done), total)
        if any(process.exitcode for process in processes):
            raise CommandError("The play stopped part of the way. The reason stands above.")
        self._number_together()
        with outbox.without_waking():
            agencies.send(built, end_at=end_at)
        planted.nobody_named(built, end_at=end_at)
        with application_clock.set_to(end_at):
            if built.coordinator is not None:
                services.open_directory(by=built.coordinator, end_at=end_at)
                services.take_places(
                    by=built.coordinator, officer=built.contact_officers[0], end_at=end_at
                )
            matching.refresh_frequencies()
            flags.sweep(at=end_at)

    @staticmethod
    def _months(first_on: date, last_on: date) -> None:
        day = first_on.replace(day=1)
        while day <= last_on:
            partitions.ensure(today=day)
            day = (day + timedelta(days=32)).replace(day=1)

    @staticmethod
    def _number_apart(number: int) -> None:
        """Give this part numbers of its own, so that they do not depend on which part is faster."""
        with connection.cursor() as cursor:
            cursor.execute(COMMIT_LATER)
            for name in NUMBERED:
                cursor.execute(f"CREATE TEMP SEQUENCE {name} START {number + 1} INCREMENT {PARTS}")

    @staticmethod
    def _number_together() -> None:
        """Let the next number be one that nobody has."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval('cases_contact_number', 1 +"
                " coalesce((SELECT max(split_part(reference, '-', 3)::int) FROM cases_contact), 0))"
            )
            cursor.execute(
                "SELECT setval('people_la_child_id', 1 + coalesce((SELECT"
                " max(regexp_replace(la_child_id, '\\D', '', 'g')::int) FROM people_person), 0))"
            )

    def _watch(self, processes: list[Any], count: Callable[[], int], total: int) -> None:
        shown = -1
        while any(process.is_alive() for process in processes):
            time.sleep(0.2)
            if count() != shown:
                shown = count()
                self.say(shown, total)
        for process in processes:
            process.join()
        self.say(count(), count())
        if sys.stderr.isatty():
            self.stderr.write("")

    @staticmethod
    def end(day: date | None) -> datetime:
        """The moment the play stops: now, or 13:30 of the day given."""
        if day is None:
            return application_clock.now()
        return instant(day, clock_time(13, 30))

    def say(self, done: int, total: int) -> None:
        """One line of progress that overwrites itself on a terminal."""
        if sys.stderr.isatty():
            filled = int(30 * done / max(total, 1))
            self.stderr.write(f"\r  {'#' * filled:<30} {done:,} of {total:,}", ending="")
            self.stderr.flush()
        elif done % 100 == 0 or done == total:
            self.stderr.write(f"  {done:,} of {total:,}")
