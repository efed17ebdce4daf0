"""When a check has something to look at: one row a check, counted over the answers of a script or of a run.

Rule 1: a row counts what has to be there for the check to be able to fail, and nothing else: what came back is not
asked here.
Rule 2: what a rule lets go is no occasion for a check of keeping it.
Rule 3: the same row counts the script and the run, so that what was scripted and not seen is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from keepthinking.checks import CHECKS
from keepthinking_conformance.judge._facts import Fact

Occasion = Callable[[Fact], int]
"""Counts the occasions that one answer gives."""


def _back(fact: Fact) -> int:
    """An answer that has to stand in later requests."""
    return fact.whole * fact.followed


def _wanted(fact: Fact) -> int:
    """An answer whose thinking the rule wants in later requests."""
    return fact.whole * fact.wanted


def _several(fact: Fact) -> int:
    """An answer that does not stand alone."""
    return _back(fact) * (fact.nth > 0 or fact.held.blocks > 1)


_TABLE: Mapping[str, Occasion] = {
    # D1
    "thinking.kept.in-loop": lambda a: a.whole * a.held.thoughts * a.loop * a.wants.loop,
    "thinking.kept.cross-turn": lambda a: a.whole * a.held.thoughts * a.later * a.wants.later,
    "thinking.unaltered": lambda a: _wanted(a) * a.held.thoughts,
    "thinking.place": lambda a: _wanted(a) * a.held.thoughts,
    # D2
    "stream.thinking.kept": lambda a: a.streamed * _wanted(a) * a.held.thinking,
    "stream.thinking.whole": lambda a: a.streamed * _back(a) * a.held.thoughts,
    "stream.thinking.once": lambda a: a.streamed * _back(a) * a.held.thoughts,
    "stream.seal.kept": lambda a: a.streamed * _wanted(a) * a.held.seals,
    "stream.answer.kept": lambda a: a.streamed * _back(a) * (a.held.texts + a.held.calls),
    # D3
    "persist.thinking.kept": lambda a: a.whole * a.loaded * a.held.thinking,
    "persist.seal.kept": lambda a: a.whole * a.reread * a.held.seals,
    "persist.unfinished.not-kept": lambda a: a.cut * a.followed * a.held.thoughts,
    "persist.open-call.kept": lambda a: a.whole * a.waits * a.held.calls,
    # D4
    "context.turn.kept.in-loop": lambda a: a.whole * a.inside,
    "context.turn.kept.cross-turn": lambda a: a.whole * (a.followed - a.inside),
    "context.pairs.kept": lambda a: _back(a) * a.held.calls,
    "text.kept": lambda a: _back(a) * a.held.texts,
    "text.unaltered": lambda a: _back(a) * a.held.texts,
    "text.not-invented": _back,
    # D5
    "seal.kept": lambda a: _wanted(a) * a.held.seals,
    "seal.unaltered": lambda a: _wanted(a) * a.held.seals,
    "seal.on-its-block": lambda a: _wanted(a) * a.held.seals,
    "seal.not-invented": _back,
    "redacted.kept": lambda a: _wanted(a) * a.held.redacted,
    "opaque.kept": lambda a: _back(a) * a.held.opaque,
    "opaque.unaltered": lambda a: _back(a) * a.held.opaque,
    # D6
    "order.blocks": lambda a: _back(a) * (a.held.blocks > 1),
    "order.turns": lambda a: _back(a) * (a.nth > 0),
    "order.results": lambda a: _back(a) * a.held.calls,
    # D7
    "grouping.not-merged": _several,
    "grouping.not-split": _back,
    "block.once": _back,
    # D8
    "thinking.not-text": lambda a: _back(a) * a.held.thoughts,
    "thinking.not-executed": lambda a: a.whole * a.held.acts,
    # D9
    "handoff.thinking.kept": lambda a: a.whole * a.handed * a.held.thinking * a.wants.later,
    "handoff.foreign.not-sent": lambda a: a.whole * a.hands * a.abroad * a.held.seals,
    # D10
    "failed-turn.thinking.kept": lambda a: a.whole * a.tools.broken * a.inside * a.held.thinking * a.wants.loop,
    "failed-turn.survived": lambda a: a.whole * (a.held.blocks == a.held.thinking > 0),
    # D11
    "call.kept": lambda a: _back(a) * a.held.calls,
    "call.unaltered": lambda a: _back(a) * a.held.calls,
    "call.not-invented": _back,
    "parallel.together": lambda a: _back(a) * (a.held.calls > 1),
    # D12
    "retry.history.unaltered": lambda a: int(a.failed),
    "malformed-call.answered": lambda a: a.whole * a.tools.malformed,
    # D13
    "arguments.equal": lambda a: _back(a) * a.held.calls,
    "arguments.verbatim": lambda a: _back(a) * a.held.calls,
    # D14
    "ids.paired": lambda a: _back(a) * a.held.ids,
    "ids.verbatim": lambda a: _back(a) * a.held.ids,
    "call.name.unaltered": lambda a: _back(a) * a.held.calls,
    # D15
    "result.delivered": lambda a: a.whole * a.inside * a.tools.results,
    "result.unaltered": lambda a: a.whole * a.held.calls * a.tools.results * (a.followed > 1),
    # D16
    "thinking.empty.kept": lambda a: _wanted(a) * a.held.empty,
    "thinking.empty.not-invented": lambda a: _back(a) * (a.held.blocks > a.held.thinking == 0),
    "thinking.not-invented": _back,
    # D17
    "foreign.not-sent": lambda a: a.whole * a.abroad * a.held.seals,
    "thinking.not-sent": lambda a: _back(a) * a.held.thinking * a.wants.never,
    "switch.thinking.kept": lambda a: a.whole * a.switched * a.held.thinking * a.wants.later,
    # D18
    "gate.not-by-name": lambda a: a.named * _wanted(a) * a.held.thinking,
    # D20
    "prefix.unaltered": lambda a: a.whole * a.followed,
    "tools.kept": lambda a: _back(a) * a.held.calls,
    "inject.boundary": lambda a: a.whole * a.loop * a.held.calls * a.wants.forgets,
    "perturbed.history.unaltered": lambda a: a.perturbed * _back(a),
    # D21
    "thinking.own": lambda a: _several(a) * a.held.thinking,
}

OCCASIONS: Final = MappingProxyType(_TABLE)
"""How the occasions of a check are counted, by its id; `beside` checks have none in a run."""


def occasions(facts: Iterable[Fact]) -> Mapping[str, int]:
    """Count the occasions of each check that has one, in the order of the families."""
    found: Counter[str] = Counter()
    for fact in facts:
        for check, count in OCCASIONS.items():
            found[check] += count(fact)
    return {check: found[check] for check in CHECKS if found[check]}
