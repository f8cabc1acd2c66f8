"""Save a picture of a page of a running service, as one of the demonstration's people sees it.

.venv/bin/python -m dev.screenshot /mash/board/ --as EMAIL --width 390 --out board.png
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dev.services import Problem


def session_key(email: str) -> str:
    """Return a new session of the user with this address, straight from the database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slough_front_door.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import (
        BACKEND_SESSION_KEY,
        HASH_SESSION_KEY,
        SESSION_KEY,
        get_user_model,
    )
    from django.contrib.sessions.backends.db import SessionStore

    users = get_user_model()
    user = users._default_manager.filter(email__iexact=email).first()
    if user is None:
        raise Problem(f"Nobody here has the e-mail address {email}.")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


@contextmanager
def opened(options: argparse.Namespace, key: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    from dev.browser import launch_options

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**launch_options())
        context = chromium.new_context(
            viewport={"width": options.width, "height": options.height},
            java_script_enabled=not options.no_javascript,
            locale="en-GB",
            timezone_id="Europe/London",
            base_url=options.base,
        )
        if key:
            context.add_cookies([{"name": "sfd_session", "value": key, "url": options.base}])
        page = context.new_page()
        page.on("console", lambda message: print(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: print(f"page error: {error}"))
        yield page
        chromium.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Save a picture of a page.")
    parser.add_argument("path", help="the path of the page, or its whole address")
    parser.add_argument("--as", dest="email", default="", help="whose eyes")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--out", default="page.png")
    parser.add_argument("--no-javascript", action="store_true")
    parser.add_argument("--window", action="store_true", help="only what the window shows")
    parser.add_argument("--base", default=f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
    options = parser.parse_args()
    try:
        with opened(options, session_key(options.email) if options.email else "") as page:
            answer = page.goto(options.path)
            page.screenshot(path=options.out, full_page=not options.window)
            print(f"{answer.status} {page.title()} -> {options.out}")
    except Problem as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
