"""What somebody typed, found again among what a page sent."""

import re

from django.http import HttpRequest

#: Never shown again, whatever stands in it.
NOT_WORDS = re.compile(r"csrf|token|version|password|secret|code$|^keep", re.IGNORECASE)
#: What a page sends of its own: the code of a choice, an id, a number, a date.
CHOSEN = re.compile(r"[a-z0-9_.:-]*|[\W\d]*|[0-9A-Fa-f-]{32,36}|[A-Z]{1,4}[0-9A-Z-]{0,8}")


def words_sent(request: HttpRequest | None) -> list[str]:
    """Give the words of a form that was sent, in the order of the page.

    To somebody signed in alone: another site can send words here in nobody's name, for a page of
    ours to show.
    """
    user = getattr(request, "user", None)
    if request is None or request.method != "POST" or user is None or not user.is_authenticated:
        return []
    return [
        said.strip()
        for name, values in request.POST.lists()
        if not NOT_WORDS.search(name)
        for said in values
        if not CHOSEN.fullmatch(said.strip())
    ]
