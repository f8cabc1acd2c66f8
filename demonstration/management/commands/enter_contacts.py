"""Enter the messages of a file, as a careful worker would, at the moments they came."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from demonstration import samples
from demonstration.authority import build
from demonstration.samples import Entered, Message, Staff
from demonstration.samples.compared import differences, staff_in_post
from people import matching
from record.errors import Refused


class Command(BaseCommand):
    help = "Enter the contacts of a file (see docs/samples.md) through the real actions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--compare", action="store_true", help="say where the result differs from `expected`"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        messages, problems = samples.in_order(_read(options["file"]))
        if not messages:
            raise CommandError("\n".join(problems) or "There are no messages in this file.")
        staff = self.staff(messages[0])
        known: dict[str, Entered] = {}
        different = 0
        for message in messages:
            try:
                entered = samples.enter(message, staff=staff, known=known)
            except (Refused, PermissionDenied) as refused:
                said = str(refused)
                problems.append(said if message.id in said else f"{message.id}: {said}")
                continue
            known[message.id] = entered
            contacts = ", ".join(contact.reference for contact in entered.contacts)
            self.stdout.write(f"{message.id}: {contacts}")
            if options["compare"]:
                found = differences(entered, known)
                different += bool(found)
                for line in found:
                    self.stdout.write(f"    {line}")
        matching.refresh_frequencies()
        self.stdout.write(f"{len(known)} of {len(known) + len(problems)} messages entered.")
        if options["compare"]:
            self.stdout.write(f"{len(known) - different} of them are as expected.")
        if problems:
            raise CommandError("\n".join(["Not entered:", *problems]))

    def staff(self, first: Message) -> Staff:
        """Whoever was in post when the first message came; an empty database gets an authority."""
        if not User.objects.exists():
            made = build(first_at=first.received_at, random=Random(2022))
            return Staff(day=made.contact_officers[0], night=made.edt[0])
        staff = staff_in_post(first.received_at)
        if staff is None:
            raise CommandError(
                "Nobody in this database could record contacts when the first message came"
                f" ({first.received_at:%-d %B %Y}). A contact officer and an emergency duty"
                " worker are needed, in post since before then: make seed SIZE=year, or an empty"
                " database."
            )
        return staff


def _read(path: Path) -> list[object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CommandError(f"{path} cannot be opened.") from error
    except ValueError as error:
        raise CommandError(f"{path} is not JSON: {error}.") from error
    if isinstance(found, Mapping):
        found = next((value for value in found.values() if isinstance(value, list)), [found])
    if not isinstance(found, list):
        raise CommandError(f"{path} is not a list of messages.")
    return found
