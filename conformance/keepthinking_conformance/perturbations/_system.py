"""The system prompt: another one, none, a long one, one that changes."""

from __future__ import annotations

from random import Random
from typing import Final

from msgspec.structs import replace

from keepthinking._adapter import Run
from keepthinking_conformance.perturbations._types import SECOND, Perturbation, Spoken, Stage

_PERSONA: Final = (
    "You are Captain Marrow, an old sailor who now keeps an archive ashore. You speak in short, salty sentences, and "
    "you use your tools one step at a time."
)
_CLAUSE: Final = "Clause {n}: an entry of shelf {n} is quoted in full, with its number, and never from memory. "
_LONG: Final = 50_000
"""Characters."""


def _persona(run: Run, stage: Stage) -> Run:
    del stage
    return replace(run, system=_PERSONA)


def _emptied(run: Run, stage: Stage) -> Run:
    del stage
    return replace(run, system="")


def _long(run: Run, stage: Stage) -> Run:
    del stage
    rules = "".join(_CLAUSE.format(n=n) for n in range(1, _LONG // len(_CLAUSE) + 10))
    # With a blank at its end, which some clients take away, something else would differ, too.
    return replace(run, system=f"{run.system}\n\n{rules}"[: _LONG - 1] + ".")


def _changed(run: Run, stage: Stage) -> Run:
    return _persona(run, stage) if stage.session >= SECOND else run


def _dated(run: Run, stage: Stage) -> Run:
    first = stage.draw.randint(1, 27)
    return replace(run, system=f"{run.system}\n\nToday is {first + stage.session:02} February 2026.")


def _into_words(words: str, turn: int, draw: Random) -> Spoken:
    del draw
    return Spoken(texts=(f"{_PERSONA}\n\n{words}" if turn == 0 else words,))


_OURS: Final = "the instructions are others in the second session by the perturbation's own doing"

ROWS: Final = (
    Perturbation(
        id="system.persona",
        axis="system",
        title="Instructions of quite another kind",
        rule="The system prompt; nothing else differs.",
        needs=frozenset({"system"}),
        given=_persona,
    ),
    Perturbation(
        id="system.emptied",
        axis="system",
        title="No instructions",
        rule="There is no system prompt, or the scaffold's own; nothing else differs.",
        needs=frozenset({"system"}),
        given=_emptied,
    ),
    Perturbation(
        id="system.long",
        axis="system",
        title="Instructions of 50,000 characters",
        rule="The length of the system prompt; nothing else differs.",
        needs=frozenset({"system"}),
        given=_long,
    ),
    Perturbation(
        id="system.changed",
        axis="system",
        title="Saved, and loaded by an agent with other instructions",
        rule="The system prompt differs from the second session on; what was said in the first stays as it was.",
        plays="resume",
        needs=frozenset({"system"}),
        given=_changed,
        allows={"prefix.unaltered": _OURS},
    ),
    Perturbation(
        id="system.dated",
        axis="system",
        title="Instructions with the date, which is another one after loading",
        rule="The line with the date differs from the second session on; what was said in the first stays as it was.",
        plays="resume",
        needs=frozenset({"system"}),
        given=_dated,
        allows={"prefix.unaltered": _OURS},
    ),
    Perturbation(
        id="system.moved",
        axis="system",
        title="The instructions stand before the user's first words",
        rule="There is no system prompt, or the scaffold's own, and the first words begin with it.",
        needs=frozenset({"system"}),
        given=_emptied,
        says=_into_words,
    ),
)
"""The perturbations of this axis."""
