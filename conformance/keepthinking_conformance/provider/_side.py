"""Requests beside the loop: titles, summaries, and whatever else a scaffold asks its model that no user asked.

A request is taken for one of the loop unless a reason of `REASONS` speaks against it; the first one that does is its
reason. What a scaffold has lost, cut or rewritten is no reason: that is for the judge. What stands beside the loop gets
an answer of its own, moves nothing, and is recorded under the scope `<run>/side`.

What is asked for in words is known in English alone, and only where the words are not the script's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final, NamedTuple

from keepthinking._exchange import Request
from keepthinking._messages import Message
from keepthinking._turns import MODEL_ROLES, SYSTEM_ROLES
from keepthinking.retention._paths import meets
from keepthinking_conformance.provider._position import Position
from keepthinking_conformance.provider._script import Script
from keepthinking_conformance.provider._texts import results, spoken, texts, words

_WANTS: Final = re.compile(
    r"(?:\b|_)(?:title|headline|summar(?:y|ies|i[sz](?:e|es|ed|ing|er|ation))|recap|digest|synopsis|gist"
    r"|condens(?:e|ed|ing)|compact(?:ed|ing|ion)?|compress(?:ed|ing|ion)?|snapshot|hand-?off|checkpoint)\b",
    re.IGNORECASE,
).search
_WHAT_OF: Final = re.compile(
    r"\b(?:conversations?|chats?|sessions?|threads?|dialog(?:ue)?s?|discussion|history|messages?|context|transcript"
    r"|exchange|above|so far)\b",
    re.IGNORECASE,
).search
"""Words of which one of each kind stands where a title or a summary is asked for, as in the prompts of LangChain 1.4's
summarisation, opencode's titles, Codex's compaction and Gemini CLI's compression (read 2026-11-28). A reminder has
words of one of the two kinds at most."""

_SHORT: Final = 1000
"""A prompt that is longer, in characters, and has tools beside it, is an agent's own: such a one speaks of titles and
summaries, too."""

_NO_TOOLS: Final = ("$.tool_choice", "$.tool_choice.type", "$.toolConfig.functionCallingConfig.mode")
"""Where a request may say that no tool shall be called."""


class _Asked(NamedTuple):
    """A request, as the reasons look at it.

    Attributes:
        request: The request.
        script: Everything that is said in the run.
        at: Where it would stand in the loop; None where nothing tells.
        heard: The messages that the model did not say.
    """

    request: Request
    script: Script
    at: Position | None
    heard: Sequence[Message]

    @property
    def offers(self) -> bool:
        """Whether the model may call a tool; where it speaks in text, whether its instructions are an agent's."""
        if not self.script.grammar.native:
            return self.has_own_prompt or any(name in self.prompts for name in self.script.scenario.tools)
        params = self.request.params
        barred = any(meets(params, path, word) for path in _NO_TOOLS for word in ('"none"', '"NONE"'))
        return bool(self.request.conversation.tools) and not barred

    @property
    def prompts(self) -> str:
        """The words of the system prompt."""
        return "\n".join(text for message in self.heard if message.role in SYSTEM_ROLES for text in words(message))

    @property
    def has_own_prompt(self) -> bool:
        """Whether a system prompt of the script stands in it."""
        return any(prompt in self.prompts for prompt in (self.script.system, self.script.helper_system))

    def foreign(self, text: str) -> str:
        """Give what is left of a text without the script's own words."""
        left = text
        for known in self.script.texts:
            left = left.replace(known, " ")
        return left


class Reason(NamedTuple):
    """Why a request is none of the loop.

    Attributes:
        id: Its name.
        why: The same in words.
        holds: Whether it is so.
    """

    id: str
    why: str
    holds: Callable[[_Asked], bool]


def _is_unknown(asked: _Asked) -> bool:
    return asked.at is None


def _calls_without_tools(asked: _Asked) -> bool:
    return asked.at is not None and bool(asked.script.calls_of(*asked.at)) and not asked.offers


def _asks_in_words(asked: _Asked) -> bool:
    last = [list(words(message)) for message in asked.heard[-1:]]
    return not any(_surrounds(asked, texts) for texts in last) and _asks(asked, "\n".join(chain.from_iterable(last)))


def _surrounds(asked: _Asked, said: Sequence[str]) -> bool:
    """Tell whether a message tells an agent of its surroundings: beside tools, at length, around the user's words.

    Claude Code 2.1.332 and Qwen Code 0.24.4 send what they know (of skills, of the last session) in blocks before the
    user's words or as a system prompt behind them; mini-swe-agent 2.4.6 writes it around them (seen 2026-11-28).
    """
    theirs = asked.heard[-1].role in SYSTEM_ROLES or any(turn in text for turn in asked.script.turns for text in said)
    return asked.offers and theirs and sum(len(asked.foreign(text)) for text in said) > _SHORT


def _asks_in_prompt(asked: _Asked) -> bool:
    prompt = asked.prompts
    return not (asked.has_own_prompt or (asked.offers and len(prompt) > _SHORT)) and _asks(asked, prompt)


def _asks(asked: _Asked, text: str) -> bool:
    """Tell whether words ask for a title or a summary; those that hold one of ours tell it to the model instead."""
    if asked.offers and asked.script.stamp in text:
        return False
    left = asked.foreign(text)
    return _WANTS(left) is not None and _WHAT_OF(left) is not None


def _quotes(asked: _Asked) -> bool:
    """Tell whether one message holds the user's words together with what the model said or was told."""
    if asked.offers:
        return False
    marks = [marker for thread in asked.script.threads for marker in thread.markers]
    others = [*asked.script.said, *(called.receipt for called in asked.script.calls)]
    return any(
        any(mark in text for mark in marks) and any(other in text for other in others)
        for message in asked.heard
        for text in texts(message)
    )


def _is_another_agent(asked: _Asked) -> bool:
    if asked.offers or asked.has_own_prompt or asked.prompts == "":
        return False
    loop = any(message.role in MODEL_ROLES and any(spoken(message)) for message in asked.request.messages)
    return not loop and not any(True for message in asked.heard for _ in results(message))


REASONS: Final = (
    Reason("nothing-known", "neither words of the user nor results of the script stand in it", _is_unknown),
    Reason("no-tools", "the model would call a tool now, and is offered none", _calls_without_tools),
    Reason("asks-in-words", "the last words in it ask for a title or a summary", _asks_in_words),
    Reason(
        "asks-in-prompt", "its system prompt, which is not the agent's, asks for a title or a summary", _asks_in_prompt
    ),
    Reason("quotes", "without tools, one message quotes the user together with the model or its tools", _quotes),
    Reason("another-agent", "without tools, a prompt of its own speaks to the user's first words", _is_another_agent),
)
"""Why a request is none of the loop, in the order in which they are asked. Two more are told by the path alone:
counting tokens, and `/responses/compact` (`_routes`)."""


def closing(request: Request, script: Script, at: Position | None) -> Position | None:
    """Tell which answer is due where the agent may take no more steps and asks for a last one; None where it does not.

    It offers no tools then, whatever it holds of the loop, and often asks in the words of those who want a summary.
    What tells it from them: the agent's own prompt stands in it, or the loop does and nobody asks for a summary.

    Args:
        request: The request.
        script: Everything that is said in the run.
        at: Where it would stand otherwise.
    """
    if at is None or at.thread or not script.scenario.turns[at.turn].limited:
        return None
    asked = _asked(request, script, at)
    beside = not asked.has_own_prompt and (at.step == 0 or _asks_in_words(asked) or _asks_in_prompt(asked))
    if asked.offers or beside:
        return None
    return at._replace(step=len(script.scenario.turns[at.turn].steps) - 1)


def aside(request: Request, script: Script, at: Position | None) -> str:
    """Tell why a request is none of the loop; "" where it is one.

    Args:
        request: The request.
        script: Everything that is said in the run.
        at: Where it would stand in the loop.
    """
    asked = _asked(request, script, at)
    return next((reason.id for reason in REASONS if reason.holds(asked)), "")


def _asked(request: Request, script: Script, at: Position | None) -> _Asked:
    heard = [message for message in request.messages if message.role not in MODEL_ROLES]
    return _Asked(request, script, at, heard)
