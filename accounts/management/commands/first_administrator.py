"""Make the account from which every other account is made."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import actions
from lib import application_clock
from lib.errors import Refused


class Command(BaseCommand):
    help = "Make the first administrator. Refused once there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address they sign in with")
        parser.add_argument("full_name", help="their full name, in quotation marks")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = actions.appoint_first_administrator(
                email=options["email"],
                full_name=options["full_name"],
                at=application_clock.now(),
            )
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(
            f"{user.email} is an administrator. They choose a password with “Forgot your"
            " password?” on the sign-in page, or sign in with the authority's single sign-on."
        )
