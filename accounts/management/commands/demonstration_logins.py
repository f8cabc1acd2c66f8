"""Print whom one can sign in as in the demonstration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts import queries
from lib import application_clock


class Command(BaseCommand):
    help = "Print the log-ins of the demonstration, one for each role, and their password."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMONSTRATION:
            self.stdout.write("This is not a demonstration. There are no log-ins to print.")
            return
        logins = queries.demonstration_logins(at=application_clock.now())
        if not logins:
            self.stdout.write("There are no people yet. Fill the demonstration with: make seed")
            return
        width = max(len(login.email) for login in logins)
        for login in logins:
            self.stdout.write(f"  {login.email:<{width}}  {login.full_name}, {login.role.label}")
        self.stdout.write(f"  Everybody's password: {settings.DEMONSTRATION_PASSWORD}")
