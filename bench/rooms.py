"""What one new step costs where the rest of a history is known: reading it in each room, beside LangChain's.

Each agent asks with all of its history at every step. Reading it again whole would cost an n-step loop n squared; what
a reader knows costs a look. smolagents makes its messages anew for each request, so here that is its own share.

Usage: python bench/rooms.py [steps]; rooms whose framework is not installed are left out.
"""

from __future__ import annotations

import statistics
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from random import Random
from typing import Any

import keepthinking as kt

FRAMEWORKS = {
    "langchain": "langchain_core",
    "llama_index": "llama_index",
    "autogen": "autogen_core",
    "smolagents": "smolagents",
}
NEW = 20


def history(steps: int) -> list[kt.Message]:
    """Make a tool loop."""
    random = Random(1)

    def words(size: int) -> str:
        return random.randbytes(size // 2).hex()

    found = [kt.Message.system("Use the tools."), kt.Message.user("Go.")]
    for n in range(steps):
        call = kt.ToolCall.of("search", {"query": words(400)}, id=f"call_{n}")
        found.append(kt.Message.assistant(kt.Thinking.of(words(1800), signature=words(300)), call))
        found.append(kt.Message(role="tool", blocks=(kt.ToolResult.of(words(1800), call_id=f"call_{n}"),)))
    return found


def requests(room: str, steps: int) -> list[list[Any]]:
    """Give what a model is asked with at each of the last steps."""
    native: list[Any] = import_module(f"keepthinking_adapters.{room}").to_native(history(steps + NEW)).value
    if room == "smolagents":
        counts = [2 + steps + n for n in range(NEW)]
        return [[message for step in native[:count] for message in step.to_messages()] for count in counts]
    return [native[: 2 + 2 * (steps + n)] for n in range(NEW)]


def milliseconds(room: str, steps: int) -> tuple[float, float]:
    """Time a new step for a reader that knows the others, and all of them for one that knows none."""
    name = "_chat" if room == "smolagents" else "_from_native"
    reader: Any = import_module(f"keepthinking_adapters.{room}.{name}").Reader
    first, *others = requests(room, steps)
    known = reader()
    start = time.process_time()
    known.read(first)
    whole = time.process_time() - start
    taken: list[float] = []
    for request in others:
        start = time.process_time()
        known.read(request)
        taken.append(time.process_time() - start)
    return statistics.median(taken) * 1000, whole * 1000


def main() -> None:
    """Print one line a room."""
    steps = int(sys.argv[1]) if sys.argv[1:] else 200
    peer: float | None = None
    for room, package in FRAMEWORKS.items():
        if find_spec(package) is None:
            continue
        new, whole = milliseconds(room, steps)
        many, _ = milliseconds(room, 4 * steps)
        peer = new if room == "langchain" else peer
        beside = "" if peer is None else f", {new / peer:.1f} x LangChain's"
        print(f"{room}: one new step of {steps} {new:.2f} ms{beside}, all {whole:.1f} ms; of {4 * steps} {many:.2f} ms")


if __name__ == "__main__":
    main()
