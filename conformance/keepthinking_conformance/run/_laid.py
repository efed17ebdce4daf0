"""A scaffold that brings its own tools: what they have to find, and what shows that they were called.

Nobody sees such a tool at work. What shows is the request behind a call: a result of it stands there, under the call's
id, with the code that only the result holds, or in the place of the one that belongs to the call as it was sent back.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from keepthinking import KeepthinkingError, Request, ToolCall, ToolResult, dialect
from keepthinking._turns import MODEL_ROLES
from keepthinking_conformance.scenarios import Binding, Served

if TYPE_CHECKING:  # a provider is handed in: whoever makes one needs its server, this module does not
    from keepthinking_conformance.provider import Called, Talk

WORKSPACE: Final = "workspace"
"""The folder of a run in which such a scaffold works."""


@contextmanager
def fresh() -> Generator[Path]:
    """Give a directory that nothing else uses, by its real path: a scaffold may compare it with that of a file."""
    with tempfile.TemporaryDirectory(prefix="keepthinking-", ignore_cleanup_errors=True) as directory:
        yield Path(directory).resolve()


def lay(binding: Binding, calls: Iterable[Called], workspace: Path) -> None:
    """Put down what the calls of a script have to find; a call that has to fail finds nothing.

    Args:
        binding: The tool that is called.
        calls: The calls, those among them that are only thought of.
        workspace: Where the scaffold works; it is made.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    for called in calls:
        note = binding.note(called.key, called.receipt, called.result) if called.call.outcome == "ok" else None
        if note is not None:
            path = workspace / note[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(note[1], encoding="utf-8")


def heard(served: Served, talk: Talk) -> tuple[Sequence[Called], Sequence[Called]]:
    """Tell which calls of a script have a result in any request, and which that were only thought of.

    Where neither wire nor tool tells a call from the next one, one result is one call.
    """
    requests = list(_requests(served, talk))
    made = [called for called in talk.script.calls if any(_has_result(called, request) for request in requests)]
    nameless = [called for called in talk.script.calls if called not in made and not isinstance(called.id, str)]
    spare = max((sum(1 for _ in _results(request)) for request in requests), default=0) - len(made)
    acted = [called for called in talk.script.considered if any(_has_result(called, one) for one in requests)]
    return [*made, *nameless[: max(spare, 0)]], acted


def has_receipt(called: Called, served: Served, talk: Talk) -> bool:
    """Tell whether any request has what a call had to find."""
    return any(called.receipt in text for request in _requests(served, talk) for _, text in _results(request))


def _has_result(called: Called, request: Request) -> bool:
    """Tell whether a request has the result of a call: by its id, its receipt, or where it stands."""
    return any(
        (isinstance(called.id, str) and result.call_id == called.id) or called.receipt in text
        for result, text in _results(request)
    ) or _is_answered(called, request)


def _is_answered(called: Called, request: Request) -> bool:
    """Tell whether a call that came back under another id, or without one, has a result.

    A call that fails finds no receipt. It is known by its arguments, and its result by the id that the scaffold gave to
    both; where it gave none, the results behind an answer follow its calls, in their order.
    """
    named = {result.call_id for result, _ in _results(request)}
    asked: list[ToolCall] = []
    behind = 0
    for message in request.messages:
        if message.role in MODEL_ROLES:
            asked, behind = ([] if behind else asked), 0  # an answer may stand in several messages
            asked += [block for block in message.blocks if isinstance(block, ToolCall)]
        results = [block for block in message.blocks if isinstance(block, ToolResult)]
        for n, result in enumerate(results if message.role not in MODEL_ROLES else (), behind):
            if n < len(asked) and not isinstance(result.call_id, str) and called.key in asked[n].arguments:
                return True
            behind = n + 1
        if any(isinstance(call.id, str) and call.id in named and called.key in call.arguments for call in asked):
            return True
    return False


def _requests(served: Served, talk: Talk) -> Iterator[Request]:
    spoken = dialect(served.dialect)
    for exchange in talk.exchanges:
        try:
            yield spoken.decode_request(exchange.request, served.profile)
        except KeepthinkingError:
            continue  # the audit tells about it


def _results(request: Request) -> Iterator[tuple[ToolResult, str]]:
    """Give the results of a request, each with what it says."""
    for message in request.messages:
        for block in message.blocks if message.role not in MODEL_ROLES else ():
            if isinstance(block, ToolResult):
                yield block, _text(block)


def _text(result: ToolResult) -> str:
    held = result.content
    parts = held if isinstance(held, tuple) else ()
    return held if isinstance(held, str) else "".join(getattr(part, "text", "") for part in parts)
