"""Whether reading a stream costs its length: the time of four times as many deltas, as a ratio.

About 4 is a cost in proportion to the length, about 16 one in proportion to its square. Each shape once was the latter.

Usage: python bench/streams.py [deltas]
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import keepthinking as kt

REPEATS = 5
Delta = dict[str, Any]


def call(index: int, id_: str, name: str, arguments: str) -> Delta:
    """Make a delta with one tool call."""
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": index, "id": id_, "type": "function", "function": function}]}


def detail(**entry: object) -> Delta:
    """Make a delta with one entry of `reasoning_details`."""
    return {"reasoning_details": [entry]}


SHAPES: Mapping[str, tuple[str | None, Callable[[int], Delta]]] = {
    "text": (None, lambda _: {"content": "word "}),
    "details without numbers": (None, lambda n: detail(type="reasoning.encrypted", data=str(n))),
    "details with ids": (None, lambda n: detail(type="reasoning.text", id=f"i{n}", text="t")),
    "calls": (None, lambda n: call(n, f"c{n}", "f", "{}")),
    "repeated names": (None, lambda _: call(0, "c", "f", "x")),
    "growing names": (None, lambda n: call(0, "c", "abc"[n % 3], "")),
    "unknown lists": (None, lambda n: {"later": [{"x": n}]}),
    "white space before tags": ("minimax", lambda _: {"content": " "}),
    "white space inside tags": ("minimax", lambda n: {"content": " " if n else "<think>a"}),
    "mirrors": ("openrouter", lambda _: {"reasoning": "ab", **detail(type="reasoning.text", index=0, text="ab")}),
}


def milliseconds(raw: bytes, profile: str | None) -> float:
    """Time one stream, in chunks of 4 KB: the median of several."""
    taken: list[float] = []
    for _ in range(REPEATS):
        decoder = kt.dialect("openai-chat").stream_decoder(profile)
        start = time.process_time()
        for at in range(0, len(raw), 4096):
            decoder.feed(raw[at : at + 4096])
        decoder.finish()
        taken.append(time.process_time() - start)
    return statistics.median(taken) * 1000


def stream(make: Callable[[int], Delta], count: int) -> bytes:
    """Write a stream of deltas."""
    chunks = ({"choices": [{"index": 0, "delta": make(n)}]} for n in range(count))
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)


def main() -> None:
    """Print one line a shape."""
    count = int(sys.argv[1]) if sys.argv[1:] else 4000
    for name, (profile, make) in SHAPES.items():
        few, many = milliseconds(stream(make, count), profile), milliseconds(stream(make, 4 * count), profile)
        print(f"{name}: {count} deltas {few:.1f} ms, {4 * count} deltas {many:.1f} ms, {many / few:.1f} x")


if __name__ == "__main__":
    main()
