"""Fill an empty database with the demonstration authority."""

import sys
from argparse import ArgumentParser
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from demonstration import planted
from demonstration.authority import build
from demonstration.play import Play
from lib import application_clock
from lib.working_days import instant
from people import matching

SIZES = {"small": (500, 17), "year": (20_000, 365)}


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
        total = options["contacts"] or total
        end_at = self.end(options["end"])
        random = Random(options["seed"])
        first_on = end_at.date() - timedelta(days=days)
        first_at = instant(first_on, time(0, 0))
        authority = build(first_at=first_at, random=random)
        play = Play(
            random=random, first_on=first_on, end_at=end_at, authority=authority, yearly=total
        )
        planned = planted.plan(play)
        play.plan_contacts(max(total - planned, 0))
        shown = -1
        for done in play.run():
            if done != shown and (done % 5 == 0 or done >= total):
                self.say(done, total)
                shown = done
        self.say(play.done, play.done)
        with application_clock.set_to(end_at):
            matching.refresh_frequencies()
        self.stderr.write("")

    @staticmethod
    def end(day: date | None) -> datetime:
        """The moment the play stops: now, or 13:30 of the day given."""
        if day is None:
            return application_clock.now()
        return instant(day, time(13, 30))

    def say(self, done: int, total: int) -> None:
        """One line of progress that overwrites itself on a terminal."""
        if sys.stderr.isatty():
            filled = int(30 * done / max(total, 1))
            self.stderr.write(f"\r  {'#' * filled:<30} {done:,} of {total:,}", ending="")
            self.stderr.flush()
        elif done % 100 == 0 or done == total:
            self.stderr.write(f"  {done:,} of {total:,}")
