"""Where an answer ends before its end: at the first of the sequences that its request names.

The sequence itself is not sent, nor what stands behind it (OpenAI's API description, `StopConfiguration`;
https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons; Gemini's `GenerationConfig.stopSequences`
and `FinishReason.STOP`; read 2026-11-28). Thoughts are left whole: vendors look for sequences in what is said, and
where a server looked in thoughts, too, that was taken for its defect (https://github.com/vllm-project/vllm/pull/14550,
https://github.com/vllm-project/vllm/issues/52393, read 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple, cast

from keepthinking._exchange import Request
from keepthinking.dialects._text import is_dict
from keepthinking_conformance.provider._bodies import Spoken
from keepthinking_conformance.scenarios import Say

_PLACES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "openai-chat": ("stop",),
        "anthropic-messages": ("stop_sequences",),
        "gemini": ("generationConfig", "stopSequences"),
        "ollama": ("options", "stop"),
    }
)
"""Where a request names them, by dialect. The Responses API has no such parameter."""


class Stopped(NamedTuple):
    """What is left of an answer.

    Attributes:
        spoken: Its parts.
        at: The sequence at which it was stopped; None where it came to its own end.
    """

    spoken: tuple[Spoken, ...]
    at: str | None


def stopped(spoken: Sequence[Spoken], stops: Sequence[str]) -> Stopped:
    """Stop an answer at the sequence that comes first in a text of it; of two at one place, the longer is named.

    A text of which nothing is left is none, unless it was all there is.
    """
    for n, one in enumerate(spoken):
        found = [(one.text.index(stop), -len(stop), stop) for stop in stops if stop in one.text]
        if not isinstance(one.part, Say) or not found:
            continue
        end, _, at = min(found)
        left = (*spoken[:n], one._replace(text=one.text[:end]))
        return Stopped(left if end or not n else left[:-1], at)
    return Stopped(tuple(spoken), None)


def stops_of(request: Request, dialect: str) -> tuple[str, ...]:
    """Give the sequences that a request names, one or a list of them; "" is none, since it would stop every answer."""
    if dialect not in _PLACES:
        return ()
    first, *rest = _PLACES[dialect]
    held = request.params.get(first)
    value: object = None if held is None else held.value
    for name in rest:
        value = value.get(name) if is_dict(value) else None
    named = cast("list[object]", value) if isinstance(value, list) else [value]
    return tuple(one for one in named if isinstance(one, str) and one)
