"""The one kind of answer that is not a mistake of the program: an action that says no."""

from __future__ import annotations

from collections.abc import Iterable


class Refused(Exception):
    """An action was not carried out; the message says why and what is missing, to the worker.

    :param links: what is missing and where to do it, in the order to do it
    :param field: the name of the form field that the message is about, when it is about one
    """

    def __init__(
        self,
        message: str = "",
        *,
        links: Iterable[tuple[str, str]] = (),
        field: str | None = None,
    ) -> None:
        super().__init__(message)
        self.links = list(links)
        self.field = field
