"""The cold start: a command of any language becomes a subject, without a line of code.

What lives here: the words of a command, what surrounds it, which of its own tools the script may call, and its session.
What must not: judging, and the provider's server, which is handed in.
"""

from keepthinking_conformance.command._bindings import Choice, choose, told
from keepthinking_conformance.command._environment import Folder, environment, values_of
from keepthinking_conformance.command._errors import CommandError, EndedError
from keepthinking_conformance.command._rules import Pin, Rules, read_rules, rules_of
from keepthinking_conformance.command._session import CommandSession
from keepthinking_conformance.command._subject import CommandSubject, Plain
from keepthinking_conformance.command._survey import Seen, survey
from keepthinking_conformance.command._words import PLACEHOLDERS, Command, filled, parse

__all__ = [
    "PLACEHOLDERS",
    "Choice",
    "Command",
    "CommandError",
    "CommandSession",
    "CommandSubject",
    "EndedError",
    "Folder",
    "Pin",
    "Plain",
    "Rules",
    "Seen",
    "choose",
    "environment",
    "filled",
    "parse",
    "read_rules",
    "rules_of",
    "survey",
    "told",
    "values_of",
]
