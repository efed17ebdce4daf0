"""Faults that show under one perturbation alone: something that a scaffold sees makes it drop what the model thought.

Each is a condition: on its tools, its instructions, its user, its surroundings, its results. What real scaffolds do
then is seldom so plain; that it is the same everywhere lets the conditions be read as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from keepthinking_conformance.miniatures._habits import Habits, Sent
from keepthinking_conformance.miniatures._talk import here_and_now
from keepthinking_conformance.miniatures._wire import Told
from keepthinking_conformance.miniatures.faults._fault import Fault

When = Callable[[Sent], bool]
"""Tells whether the scaffold drops everything."""

_FEW: Final = 64
"""So many tools a scaffold has at most that has not been told of a hundred."""

_LONG: Final = 32_768
"""Characters of instructions that are long."""

_HUGE: Final = 100_000
"""Characters of a result that are too many."""

_SLOW: Final = 1.4
"""Seconds behind which an answer is late."""

# -- tools -------------------------------------------------------------------------------------------------------------


def _declared(sent: Sent) -> list[str]:
    return [str(tool.tool.name) for tool in sent.talk.run.tools]


def _called(sent: Sent) -> list[str]:
    """Give the tools that were called before the conversation was loaded, in their order."""
    answers = [entry.wire for entry in sent.history[1 : sent.talk.loaded + 1] if entry.kind == "answer"]
    return list(dict.fromkeys(call.name for answer in answers for call in sent.wire.calls(answer)))


def _renamed(sent: Sent) -> bool:
    return bool(_called(sent)) and not set(_called(sent)) & set(_declared(sent))


def _reordered(sent: Sent) -> bool:
    called, declared = _called(sent), _declared(sent)
    return called != declared and sorted(called) == sorted(declared)


def _added(sent: Sent) -> bool:
    return bool(_called(sent)) and set(_called(sent)) < set(_declared(sent))


def _removed(sent: Sent) -> bool:
    return set(_called(sent)) > set(_declared(sent))


def _is_reworded(sent: Sent) -> bool:
    return any(str(tool.tool.description).startswith("Reworded") for tool in sent.talk.run.tools)


def _has_twins(sent: Sent) -> bool:
    names = _declared(sent)
    return any(one != other and other.startswith(one) for one in names for other in names)


def _has_many(sent: Sent) -> bool:
    return len(sent.talk.run.tools) > _FEW


# -- system and user ---------------------------------------------------------------------------------------------------


def _is_told(text: str, *, later: bool) -> When:
    """Tell whether the instructions hold a text, before the conversation was saved or since it was loaded."""
    return lambda sent: text in sent.talk.run.system and bool(sent.talk.loaded) is later


def _has_no_instructions(sent: Sent) -> bool:
    return not sent.talk.run.system and not _begins("You are")(sent)


def _hears_instructions(sent: Sent) -> bool:
    return not sent.talk.run.system and _begins("You are")(sent)


def _has_long_instructions(sent: Sent) -> bool:
    return len(sent.talk.run.system) > _LONG


def _begins(*texts: str) -> When:
    """Tell whether the user's words begin in one of these ways."""
    return lambda sent: any(words.startswith(texts) for words in sent.talk.heard)


def _is_foreign(sent: Sent) -> bool:
    return any(not words[0].isascii() for words in sent.talk.heard)


def _sees_pictures(sent: Sent) -> bool:
    return sent.talk.pictures > 0


def _is_reminded(sent: Sent) -> bool:
    return any(a.kind == "results" and b.kind == "words" for a, b in zip(sent.history, sent.history[1:], strict=False))


def _hears_several(sent: Sent) -> bool:
    return any(a.kind == "words" and b.kind == "user" for a, b in zip(sent.history, sent.history[1:], strict=False))


# -- environment and results -------------------------------------------------------------------------------------------


def _finds_files(sent: Sent) -> bool:
    return (sent.talk.run.directory / "AGENTS.md").exists()


def _is_elsewhere(sent: Sent) -> bool:
    return here_and_now()[0] != sent.talk.began[0]


def _is_another_day(sent: Sent) -> bool:
    return here_and_now()[1] != sent.talk.began[1]


def _has_waited(sent: Sent) -> bool:
    return sent.talk.line.slowest > _SLOW


def _met_nobody(sent: Sent) -> bool:
    return sent.talk.line.refused > 0


def _asks_again(sent: Sent) -> bool:
    return sent.again and not _met_nobody(sent)


def _is_given(held: Callable[[Told], bool]) -> When:
    return lambda sent: any(map(held, sent.talk.told))


def _holds(text: str, *, failed: bool = False) -> When:
    return _is_given(lambda told: text in told.text and told.failed is failed)


_TABLE: Mapping[str, When] = {
    "tools.renamed": _renamed,
    "tools.reordered": _reordered,
    "tools.added": _added,
    "tools.removed": _removed,
    "tools.reworded": _is_reworded,
    "tools.decoy": _has_twins,
    "tools.hundred": _has_many,
    "system.persona": _is_told("You are", later=False),
    "system.emptied": _has_no_instructions,
    "system.long": _has_long_instructions,
    "system.changed": _is_told("You are", later=True),
    "system.dated": _is_told("Today is", later=True),
    "system.moved": _hears_instructions,
    "user.paraphrased": _begins("Whenever", "hey", "I should"),
    "user.language": _is_foreign,
    "user.image": _sees_pictures,
    "user.reminder": _is_reminded,
    "user.several": _hears_several,
    "user.contradicts": _begins("Forget"),
    "environment.files": _finds_files,
    "environment.clock": _is_another_day,
    "environment.latency": _has_waited,
    "environment.restart": _met_nobody,
    "environment.directory": _is_elsewhere,
    "environment.rate-limit": _asks_again,
    "environment.tool-gone": _holds("no longer there", failed=True),
    "results.empty": _is_given(lambda told: told.text == ""),
    "results.huge": _is_given(lambda told: len(told.text) > _HUGE),
    "results.binary": _holds("\0"),
    "results.wrong-type": _is_given(lambda told: told.text.startswith("[")),
    "results.error": _holds("exit status", failed=True),
    "results.timeout": _holds("in time", failed=True),
    "results.duplicated": _is_given(lambda told: told.text.count("Receipt") > 1),
    "results.think-tags": _holds("<think>"),
    "results.tool-calls": _holds("<tool_call>"),
    "results.json": _is_given(lambda told: told.text.startswith("{")),
    "results.instructions": _holds("Ignore all previous"),
}


def _fault(name: str, when: When) -> Fault:
    def drops(sent: Sent) -> None:
        for answer in sent.answers if when(sent) else ():
            sent.wire.forget(answer)

    does = f"Drops all thinking where it meets what `{name}` changes."
    return Fault(name=f"upset-by-{name}", does=does, habits=Habits(sends=drops), at="sends")


FAULTS: Final[Mapping[str, Fault]] = MappingProxyType({name: _fault(name, when) for name, when in _TABLE.items()})
"""The faults, by the perturbation under which they show."""
