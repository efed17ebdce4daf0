"""How fast a dialect reads and writes a long history, as ratios to a peer in the same run.

Peers: for reading, `orjson.loads` of the same bytes; for writing a history that grew by one step, a join of fragments
that are already encoded. Budgets stand in docs/design.md, section 10. Nothing here fails on a slow machine.

Usage: python bench/dialects.py [steps]
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from random import Random

import orjson

import keepthinking as kt

REPEATS = 31
Body = dict[str, object]


def chat(steps: int, random: Random) -> Body:
    """Make a tool loop as chat completions send it."""
    messages: list[Body] = [{"role": "system", "content": "Use the tools."}, {"role": "user", "content": "Go."}]
    for i in range(steps // 2):
        function = {"name": "search", "arguments": json.dumps({"query": words(random, 400)})}
        call = {"id": f"call_{i}", "type": "function", "function": function}
        thought = words(random, 1800)
        messages.append({"role": "assistant", "content": None, "reasoning_content": thought, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{i}", "content": words(random, 1800)})
    return {"model": "m", "messages": messages, "stream": True}


def anthropic(steps: int, random: Random) -> Body:
    """Make a tool loop as Anthropic's clients send it."""
    messages: list[Body] = [{"role": "user", "content": [{"type": "text", "text": "Go."}]}]
    for i in range(steps // 2):
        thought = {"type": "thinking", "thinking": words(random, 1400), "signature": words(random, 400)}
        call = {"type": "tool_use", "id": f"call_{i}", "name": "search", "input": {"query": words(random, 400)}}
        result = {"type": "tool_result", "tool_use_id": f"call_{i}", "content": words(random, 1800)}
        messages += [{"role": "assistant", "content": [thought, call]}, {"role": "user", "content": [result]}]
    return {"model": "m", "max_tokens": 1000, "system": "Use the tools.", "messages": messages, "stream": True}


def words(random: Random, size: int) -> str:
    """Make text of about a size, in characters."""
    return random.randbytes(size // 2).hex()


def milliseconds(run: Callable[[], object]) -> float:
    """Time a call: the median of many."""
    taken: list[float] = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def grown(dialect: kt.Dialect, request: kt.Request) -> Callable[[], object]:
    """Make a call that adds one step and writes the whole request."""
    conversation = request.conversation

    def step() -> object:
        nonlocal conversation
        call = kt.ToolCall(id="c", name="search", arguments='{"q":1}', kind="object")
        result = kt.Message(role="user", blocks=(kt.ToolResult.of("found", call_id="c"),))
        conversation = conversation.append(kt.Message.assistant(kt.Thinking.of("Hm."), call), result)
        return dialect.encode_request(kt.Request(conversation=conversation, model="m"), on_loss="report")

    step()
    return step


def main() -> None:
    """Print one line a dialect."""
    steps = int(sys.argv[1]) if sys.argv[1:] else 500
    for name, make in (("openai-chat", chat), ("anthropic-messages", anthropic)):
        body = make(steps, Random(0))
        raw = orjson.dumps(body)
        messages = body["messages"]
        assert isinstance(messages, list)
        fragments = [orjson.dumps(message) for message in messages]
        dialect = kt.dialect(name)
        request = dialect.decode_request(raw)
        dialect.encode_request(request)
        loads = milliseconds(lambda raw=raw: orjson.loads(raw))
        decode = milliseconds(lambda raw=raw, dialect=dialect: dialect.decode_request(raw))
        join = milliseconds(lambda fragments=fragments: b"".join((b'{"messages":[', b",".join(fragments), b"]}")))
        step = milliseconds(grown(dialect, request))
        print(
            f"{name}: {steps} steps, {len(raw) / 1e6:.2f} MB; "
            f"read {decode:.2f} ms = {decode / loads:.1f} x orjson.loads; "
            f"write one more step {step:.3f} ms = {step / join:.1f} x a join"
        )


if __name__ == "__main__":
    main()
