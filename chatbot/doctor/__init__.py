"""Whether the model that is chosen answers, and what to change where it does not: one screen, a line a check.

finding: what a check found, and how it is told. configuration, key, endpoint, asking, here, surroundings: the checks.
examining: which of them are made, one after the other.
"""

from chatbot.doctor.examining import examine
from chatbot.doctor.finding import Finding, exit_code, lines, summary

__all__ = ["Finding", "examine", "exit_code", "lines", "summary"]
