"""Enter messages as they come from outside, as a careful worker would, through the real actions.

A message is what a reader sees: its words, when and how it came, who sent it, and what the reader
types from it (`expected`: children, adults, households, consent, source, category, danger, RAG).
Links, clocks and out-of-hours are never typed: the system has to find them (decisions.md 94).
"""

from demonstration.samples.entering import enter
from demonstration.samples.messages import Entered, Message, NotReadable, Staff, in_order, read

__all__ = ["Entered", "Message", "NotReadable", "Staff", "enter", "in_order", "read"]
