"""Limits of assessments, enquiries, plans and transfers."""

from record.clocks import Rule
from record.policy import Limit

LIMITS: tuple[Limit, ...] = ()
RULES: tuple[Rule, ...] = ()
