"""The one kind of answer that is not a mistake of the program: an action that says no."""


class Refused(Exception):
    """An action was not carried out; the message says why and what is missing, to the worker."""
