"""What the model says in the language of its scaffold: the same step, as calls of the wire, as text or as code.

A pure function of a step's parts and words. What has been thought stays where it stands; all else becomes one text.

Sources, read in the frameworks' own code on 2026-11-28: llama-index-core 0.14 (`agent/react/output_parser.py`,
`agent/workflow/codeact_agent.py`), smolagents 1.26 (`agents.py`, `utils.py`: `parse_code_blobs`), autogen-agentchat 0.7
(`agents/_code_executor_agent.py`: `_extract_markdown_code_blocks`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from keepthinking._adapter import Speech
from keepthinking_conformance.provider._bodies import Spoken
from keepthinking_conformance.scenarios import FINAL, Call, Say

if TYPE_CHECKING:
    from keepthinking_conformance.provider._threads import Called


class Meant(NamedTuple):
    """What a step wants to say.

    Attributes:
        words: What the model says of it.
        calls: What it calls.
        answer: The answer; None where the step is not the last one of its turn.
    """

    words: str
    calls: Sequence[Called]
    answer: str | None


def in_text(speech: Speech, spoken: Sequence[Spoken], words: str) -> tuple[Spoken, ...]:
    """Say a step in a language that has no calls on the wire.

    Args:
        speech: The language.
        spoken: The parts of the step.
        words: What the model says before it acts or answers, where the script has nothing for that.
    """
    spot = max((n for n, one in enumerate(spoken) if isinstance(one.part, Say | Call)), default=-1)
    said = " ".join(one.text for one in spoken if isinstance(one.part, Say))
    calls = [one.called for one in spoken if one.called is not None]
    meant = Meant(said or words, calls, None) if calls else Meant(words, (), said)
    text = _LANGUAGES[speech](meant)
    return tuple(
        one._replace(part=Say(), text=text, called=None) if n == spot else one
        for n, one in enumerate(spoken)
        if n == spot or not isinstance(one.part, Say | Call)
    )


def considered(speech: Speech, called: Called) -> str:
    """Write down what a thought holds: a call, or an answer by the tool or function for that.

    Where calls stand on the wire it is a call as models write it that have none: as the chat templates of Hermes and
    Qwen, and as smolagents' prompts, which read it out of text where an answer has no call.
    """
    name, arguments = called.call.tool, called.arguments
    if speech in _CONSIDERED:
        return _CONSIDERED[speech](called)
    held = f'{{"name": "{name}", "arguments": {arguments}}}'
    return f"Action:\n<tool_call>\n{held}\n</tool_call>"


def in_code(name: str, arguments: str) -> str:
    """Write a call as code; the arguments are JSON text of an object."""
    held: dict[str, Any] = json.loads(arguments)
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in held.items())})"


def _react(meant: Meant) -> str:
    if meant.answer is not None:
        return f"Thought: {meant.words}\nAnswer: {meant.answer}"
    (called,) = meant.calls
    return f"Thought: {meant.words}\nAction: {called.call.tool}\nAction Input: {called.arguments}"


def _fenced(opens: str, closes: str, before: str = "") -> Callable[[Meant], str]:
    """Write code between marks; what has none is the answer."""

    def written(meant: Meant) -> str:
        if meant.answer is not None:
            return meant.answer
        return f"{before}{meant.words}\n{opens}\n{_printed(meant.calls)}\n{closes}"

    return written


def _code_agent(meant: Meant) -> str:
    if meant.answer is None:
        return _fenced("<code>", "</code>", "Thought: ")(meant)
    return f"Thought: {meant.words}\n<code>\n{FINAL}({meant.answer!r})\n</code>"


def _printed(calls: Sequence[Called]) -> str:
    return "\n".join(f"print({in_code(called.call.tool, called.arguments)})" for called in calls)


_LANGUAGES: Final[Mapping[Speech, Callable[[Meant], str]]] = MappingProxyType(
    {
        "react": _react,
        "code-act": _fenced("<execute>", "</execute>"),
        "code-agent": _code_agent,
        "code-block": _fenced("```python", "```"),
    }
)
"""How a step is written, by language; those that are not here leave calls on the wire."""


def _react_considered(called: Called) -> str:
    if called.call.tool == FINAL:
        return f"Thought: That may be it.\nAnswer: {called.key}"
    return f"Thought: That may help.\nAction: {called.call.tool}\nAction Input: {called.arguments}"


def _code_considered(opens: str, closes: str) -> Callable[[Called], str]:
    def written(called: Called) -> str:
        ends = called.call.tool == FINAL
        return f"{opens}\n{f'{FINAL}({called.key!r})' if ends else _printed([called])}\n{closes}"

    return written


_CONSIDERED: Final[Mapping[Speech, Callable[[Called], str]]] = MappingProxyType(
    {
        "react": _react_considered,
        "code-act": _code_considered("<execute>", "</execute>"),
        "code-agent": _code_considered("<code>", "</code>"),
        "code-block": _code_considered("```python", "```"),
    }
)
"""How a call or an answer stands in a thought, by language."""
