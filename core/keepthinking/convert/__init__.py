"""Conversion: a history of one dialect, sent to another one or to another provider of the same.

A dialect writes what it is given. What of a foreign history may be given to it is decided here: members that only the
other wire knows stay behind, seals go only where they are good, thinking goes as the policy says. Nothing stays behind
in silence: each thing that does is a `Loss` with its path.

What lives here: the conversion of values (`convert`), the same for a history that grows (`Converter`), bodies from wire
to wire (`translate`), and readers of what agents store (`importers`). What must not: how a wire is read or written
(`dialects`), what a provider wants back (`retention`).
"""

from keepthinking.convert._convert import convert
from keepthinking.convert._converter import Converter
from keepthinking.convert._policy import Policy, Seals, Thoughts, policy

__all__ = ["Converter", "Policy", "Seals", "Thoughts", "convert", "policy"]
