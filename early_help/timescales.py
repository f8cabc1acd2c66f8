"""Limits of early help."""

from record.clocks import Rule
from record.policy import Limit

LIMITS: tuple[Limit, ...] = ()
RULES: tuple[Rule, ...] = ()
