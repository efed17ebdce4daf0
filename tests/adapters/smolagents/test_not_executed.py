"""Code and calls that a model only thought are never run, wherever a wire has thoughts and however a stream is cut.

What is text and what is thought is the wire's word, and between tags the profile's. With MiniMax's thinking inline a
thought is what stands at the head of an answer up to the first closing tag.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec.structs import replace
from smolagents import CodeAgent, OpenAIModel, Tool

from keepthinking import Block, Text, Thinking
from keepthinking._profiles import profile
from keepthinking_adapters.smolagents import (
    ADAPTER,
    KeepThinkingCodeAgent,
    KeepThinkingModel,
    KeepThinkingToolCallingAgent,
    load_memory,
    save_memory,
)
from keepthinking_conformance.scenarios import PROVIDERS
from tests.adapters.smolagents.agents import WAYS, faults, quiet
from tests.adapters.spoken import Spoken, calls, spoken
from tests.core.client.server import CHAT, Reply, Server, serving

BAD = "<code>\nfinal_answer('only thought')\n</code>"
CODE = "Thought: look.\n<code>\nprint(look(at='said'))\n</code>"
FINAL = "<code>\nfinal_answer('said')\n</code>"
THOUGHTS = {
    "code": f"Perhaps\n{BAD}\nor not.",
    "code, twice": BAD + BAD,
    "a fence": "```py\nlook('thought')\nfinal_answer('only thought')\n```",
    "an answer": "final_answer('only thought')",
    "half a tag": "I open <code> and look('thought').",
    "the other half": "look('thought') </code>",
    "the tag of another model": f"<think>{BAD}",
    "what a tool said": f"Observation:\n{BAD}",
    "a call": 'Action:\n{"name": "look", "arguments": {"at": "thought"}}',
    "an answer as a call": '{"name": "final_answer", "arguments": {"answer": "only thought"}}',
}
INLINE = {name for name in PROVIDERS if name == "minimax"}
"""Their thoughts stand at the head of a text, and nowhere else."""


class Look(Tool):
    """A tool that remembers where it was told to look."""

    name = "look"
    description = "Look at a place."
    inputs = {"at": {"type": "string", "description": "Where."}}
    output_type = "string"

    def __init__(self) -> None:
        self.seen: list[str] = []
        super().__init__()  # type: ignore[no-untyped-call] # smolagents has some annotations

    def forward(self, at: str) -> str:
        self.seen.append(at)
        return f"seen {at}"


def coder(provider: Spoken, way: str, look: Look) -> KeepThinkingCodeAgent:
    options: dict[str, Any] = {"stream_outputs": way == "streamed", "max_steps": 30, **quiet()}
    return KeepThinkingCodeAgent(tools=[look], model=ADAPTER.model(provider.endpoint), **options)


def caller(provider: Spoken, way: str, look: Look) -> KeepThinkingToolCallingAgent:
    options: dict[str, Any] = {"stream_outputs": way == "streamed", "max_steps": 30, **quiet()}
    return KeepThinkingToolCallingAgent(tools=[look], model=ADAPTER.model(provider.endpoint), **options)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", PROVIDERS)
def test_code_in_a_thought_is_not_run(profile: str, way: str) -> None:
    steps: list[tuple[Block, ...]] = [(Thinking.of(thought), Text(text=CODE)) for thought in THOUGHTS.values()]
    steps += [(Thinking.of(THOUGHTS["code"]), Text(text=FINAL)), (Thinking.of("Again."), Text(text=FINAL))]
    with spoken(profile, steps, stream=way == "streamed") as provider:
        look = Look()
        agent = coder(provider, way, look)
        assert agent.run("Look.") == "said"
        fresh = coder(provider, way, look)
        load_memory(fresh, save_memory(agent))

        assert fresh.run("Sure?", reset=False) == "said"
        assert look.seen == ["said"] * len(THOUGHTS)
        assert faults(provider.report()) == []
        assert set(provider.report().fates) == {"preserved"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", [profile for profile in PROVIDERS if profile not in INLINE])
def test_nor_where_it_stands_between_or_behind_words(profile: str, way: str) -> None:
    bad = Thinking.of(THOUGHTS["code"])
    steps: list[tuple[Block, ...]] = [
        (Text(text="Thought: look.\n<code>\n"), bad, Text(text="print(look(at='said'))\n</code>")),
        (Text(text=CODE), bad),
        (bad, Text(text=CODE), bad, Text(text="\nDone.")),
        (Text(text="I open "), bad, Text(text="no code."), bad),
        (Text(text=FINAL), bad),
    ]
    with spoken(profile, steps, stream=way == "streamed") as provider:
        look = Look()

        assert coder(provider, way, look).run("Look.") == "said"
        assert look.seen == ["said"] * 3


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_call_in_a_thought_is_not_made(profile: str, way: str) -> None:
    said = ("look", '{"at": "said"}')
    steps: list[tuple[Block, ...]] = [(Thinking.of(thought), *calls(said)) for thought in THOUGHTS.values()]
    steps += [(Thinking.of(THOUGHTS["an answer as a call"]), Text(text="said"))]
    with spoken(profile, steps, stream=way == "streamed") as provider:
        look = Look()

        assert caller(provider, way, look).run("Look.") == "said"
        assert look.seen == ["said"] * len(THOUGHTS)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", PROVIDERS)
def test_tags_in_arguments_are_arguments(profile: str, way: str) -> None:
    at = f"<think>{BAD}</think> </code> <code>"
    steps: list[tuple[Block, ...]] = [
        (Thinking.of("I look."), *calls(("look", json.dumps({"at": at})))),
        (Thinking.of("Seen."), Text(text="said")),
    ]
    with spoken(profile, steps, stream=way == "streamed") as provider:
        look = Look()

        assert caller(provider, way, look).run("Look.") == "said"
        assert look.seen == [at]
        assert faults(provider.report()) == []


# Between tags in the text, byte by byte

ANSWERS = {
    "at the head": f"<think>{BAD}</think>\n\n{FINAL}",
    "behind white space": f" \n<think>\n{BAD}\n</think>\n{FINAL}",
    "with an opening tag inside": f"<think>a <think>{BAD}</think>{FINAL}",
    "a fence": f"<think>```py\nfinal_answer('only thought')\n```</think>{FINAL}",
    "with an opening tag in the code": "<think>So.</think><code>\nx = '<think>'\nfinal_answer('said')\n</code>",
    "with a closing tag in the code": "<think>So.</think><code>\nx = '</think>'\nfinal_answer('said')\n</code>",
}
"""What MiniMax's models write, and of which only what stands behind the thought is run."""
CUT_OFF = f"<think>\nI think {BAD} {FINAL}"
"""What a model wrote that came to its limit while it thought."""
SECOND = {
    "a second thought": f"<think>a</think>Well.<think>{BAD}</think>{FINAL}",
    "a thought behind words": f"Thought: well.\n<think>{BAD}</think>{FINAL}",
}
"""Text by MiniMax's profile, since only the head of an answer is known to hold thoughts."""


def whole(content: str) -> Reply:
    message = {"role": "assistant", "content": content}
    body = {**_HEAD, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": _USAGE}
    return Reply(parts=[json.dumps(body).encode()], headers={"content-type": "application/json", **_CLOSE})


def streamed(*pieces: str) -> Reply:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": piece} for piece in pieces]
    chunks: list[dict[str, Any]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    chunks.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    frames = [b"data: " + json.dumps({**_HEAD, "choices": [chunk]}).encode() + b"\n\n" for chunk in chunks]
    return Reply(parts=[*frames, b"data: [DONE]\n\n"], headers={"content-type": "text/event-stream", **_CLOSE})


_HEAD = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
_USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
_CLOSE = {"connection": "close"}


@contextmanager
def playing(*replies: Reply) -> Iterator[Server]:
    with serving() as server:
        server.play(*replies)
        yield server


def ours(server: Server, **options: Any) -> KeepThinkingModel:
    return KeepThinkingModel("m", **{"profile": "minimax", "base_url": server.base(CHAT), "api_key": "k", **options})


def ran(model: Any, *, stream: bool, agent: type[CodeAgent] = KeepThinkingCodeAgent) -> object:
    options: dict[str, Any] = {"stream_outputs": stream, "max_steps": 3, **quiet()}
    return agent(tools=[], model=model, **options).run("Go.")


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("stream", [False, True])
def test_what_stands_between_the_tags_of_an_answer_is_not_run(answer: str, *, stream: bool) -> None:
    text = ANSWERS[answer]
    with playing(streamed(*text) if stream else whole(text)) as server:
        assert ran(ours(server), stream=stream) == "said"


@pytest.mark.parametrize("answer", [*ANSWERS, "cut off"])
def test_no_word_of_a_thought_is_a_piece_of_a_stream_wherever_that_is_cut(answer: str) -> None:
    text = ANSWERS.get(answer, CUT_OFF)
    behind = "" if answer == "cut off" else text[text.index("</think>") + len("</think>") :].lstrip()
    cuts = range(len(text))
    with playing(*(streamed(text[:cut], text[cut:]) for cut in cuts)) as server:
        model = ours(server)
        for cut in cuts:
            pieces = list(model.generate_stream([{"role": "user", "content": "Go."}]))
            assert "".join(str(piece.content or "") for piece in pieces).strip() == behind.strip(), cut


def test_a_thought_that_was_cut_off_is_not_run_and_goes_back() -> None:
    with playing(whole(CUT_OFF), whole(ANSWERS["at the head"])) as server:
        assert ran(ours(server), stream=False) == "said"

        told = json.loads(server.seen[1].body)["messages"]
        assert [one["content"] for one in told if one["role"] == "assistant"] == [CUT_OFF]


def anywhere(**options: Any) -> Any:
    """Give MiniMax's profile for a model that thinks in other places, too."""
    minimax = profile("minimax", CHAT)
    assert minimax.tags is not None
    return replace(minimax, name="minimax-anywhere", tags=replace(minimax.tags, where="anywhere", **options))


@pytest.mark.parametrize("answer", SECOND)
@pytest.mark.parametrize("stream", [False, True])
def test_where_else_a_model_thinks_its_profile_says(answer: str, *, stream: bool) -> None:
    text = SECOND[answer]
    with playing(*[streamed(*text) if stream else whole(text)] * 2) as server:
        assert ran(ours(server), stream=stream) == "only thought"
        assert ran(ours(server, profile=anywhere()), stream=stream) == "said"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("answer", ["at the head", "behind white space"])
def test_the_stock_client_runs_what_its_model_only_thought(answer: str, *, stream: bool) -> None:
    text = ANSWERS[answer]
    with playing(streamed(text) if stream else whole(text)) as server:
        model = OpenAIModel("m", api_base=server.base(CHAT), api_key="k")

        assert ran(model, stream=stream, agent=CodeAgent) == "only thought"
