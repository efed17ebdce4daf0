"""Seals: made over what they seal, known again from a later request alone, and good for nothing else."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import keepthinking as kt
from keepthinking import Message, Request, Thinking
from keepthinking._messages import Seal
from keepthinking_conformance.provider import Provider, Script, reply
from keepthinking_conformance.provider._projected import Prefix
from keepthinking_conformance.provider._seals import Bound, Mint, covered
from keepthinking_conformance.provider._strict import refused
from keepthinking_conformance.provider._words import Words
from keepthinking_conformance.scenarios import BESIDE, PROVIDERS, SCENARIOS, misfit
from tests import recordings
from tests.conformance.provider_client import ask, opening, speaks
from tests.conformance.test_provider_voices import SWITCH, say
from tests.conformance.wires import WIRES, grouped

pytestmark = pytest.mark.extras

RUN = "sealed"
PLAYED = {**PROVIDERS, **BESIDE}
SEALING = [
    (name, scenario.id)
    for name, served in PLAYED.items()
    for scenario in SCENARIOS.values()
    if served.sealed and not misfit(scenario, served) and not scenario.has_other
]
BOUNDS: tuple[Bound, ...] = ("nothing", "block", "prefix")


def script_of(profile: str, scenario: str = "second-turn", run: str = RUN) -> Script:
    return Script(SCENARIOS[scenario], PLAYED[profile], seed=7, token=run)


def played(script: Script) -> list[Message]:
    """Have a whole conversation without a server; seals may depend on all that was asked."""
    row = WIRES[script.served.dialect]
    messages = opening(script)
    for t, text in enumerate(script.turns):
        messages.append(Message.user(text))
        for s in range(len(script.scenario.turns[t].steps)):
            messages.append(reply(ask(script, messages), script).message)
            results = [
                kt.ToolResult(call_id=one.id, name=one.call.tool if row.named else kt.UNSET, content=one.result)
                for one in script.calls_of(t, s)
            ]
            messages += grouped(row, results)
    return messages


def wired(script: Script, messages: list[Message]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(speaks(script).encode_request(ask(script, messages), script.profile).body)
    if isinstance(body.get("system"), str):
        body["system"] = _as_parts(body["system"])
    return body


def read(script: Script, body: dict[str, Any]) -> Request:
    return speaks(script).decode_request(body, script.profile)


def takes(script: Script, body: dict[str, Any]) -> bool:
    return refused(read(script, body), script, script.voices[0]) is None


# -- made and known again ----------------------------------------------------------------------------------------------


@given(st.sampled_from(BOUNDS), st.binary(max_size=20), st.binary(max_size=20), st.text(max_size=9), st.data())
def test_a_seal_is_good_for_what_it_was_made_for_and_for_nothing_else(
    bound: Bound, block: bytes, before: bytes, path: str, data: st.DataObject
) -> None:
    mint = Mint(Words("secret"), "domain", bound=bound)
    seal = Seal(slot="signature", wire=mint.seal(path, block, before))
    other = data.draw(st.binary(max_size=20).filter(lambda found: found not in {block, before}))

    assert mint.look(seal, block, before) == "good"
    assert mint.look(seal, other, before) == "forged"
    assert mint.look(seal, block, other) == ("elsewhere" if bound == "prefix" else "good")
    for stranger in (Mint(Words("other"), "domain", bound=bound), Mint(Words("secret"), "elsewhere", bound=bound)):
        assert stranger.look(seal, block, before) == "forged"
    at = data.draw(st.integers(0, len(seal.wire) - 3))
    cut = Seal(slot="signature", wire=seal.wire[:at])
    letter = data.draw(st.sampled_from("AZaz09+/=-_ é").filter(lambda found: found != seal.wire[at]))
    changed = Seal(slot="signature", wire=f"{seal.wire[:at]}{letter}{seal.wire[at + 1 :]}")
    for wrong in (cut, changed, Seal(slot="signature", wire=""), Seal(slot="signature", wire=f"{seal.wire}A")):
        assert mint.look(wrong, block, before) == "forged"
    assert mint.item_of(seal) == mint.item_id(path)


def test_a_seal_that_is_bytes_may_be_spelt_in_any_alphabet_and_one_that_is_text_may_not() -> None:
    mint = Mint(Words("secret"), "domain", bound="block")
    paths = (f"p{n}" for n in range(99))
    wire = next(wire for path in paths if "+" in (wire := mint.seal(path, b"", b"")))
    respelt = wire.replace("+", "-").replace("/", "_").rstrip("=")

    assert mint.look(Seal(slot="s", wire=respelt, encoding="base64"), b"", b"") == "good"
    assert mint.look(Seal(slot="s", wire=respelt), b"", b"") == "forged"
    assert len(base64.b64decode(wire)) == 256


@pytest.mark.parametrize("cell", SEALING, ids="/".join)
def test_every_seal_of_a_run_is_its_own_and_is_known_again_at_every_later_step(cell: tuple[str, str]) -> None:
    script = script_of(*cell)
    voice = script.voices[0]
    wire = speaks(script)
    # As bytes: a parsed body has lost how its numbers were written.
    history = wire.decode_request(wire.encode_request(ask(script, played(script)), script.profile).body, script.profile)
    prefix = Prefix(wire)
    prefix.head(history)
    seen: list[str] = []
    for message in history.messages:
        for block in message.blocks:
            for seal in block.seals if not isinstance(block, kt.ToolResult | kt.Opaque) else ():
                assert voice.mint.look(seal, covered(voice.dialect, block), prefix.digest()) == "good"
                seen.append(seal.wire)
            prefix.add(message, block)

    assert seen
    assert len(seen) == len(set(seen))


def test_of_one_domain_the_seals_are_the_same_and_of_two_they_are_not() -> None:
    def wire(profile: str) -> str:
        script = script_of(profile, "loop")
        return next(seal.wire for block in script.answer(0, 0).blocks for seal in block.seals)

    assert wire("google-gemini") != wire("vertex-gemini")
    assert wire("minimax-anthropic") != wire("deepseek-anthropic")
    assert wire("anthropic") == wire("anthropic")


# -- bound to the block ------------------------------------------------------------------------------------------------


def test_a_seal_of_another_run_or_of_another_thought_is_not_taken() -> None:
    script, elsewhere = script_of("anthropic"), script_of("anthropic", run="elsewhere")
    body, other = wired(script, played(script)), wired(elsewhere, played(elsewhere))
    assert takes(script, body)

    thoughts = [b for m in body["messages"] for b in m["content"] if isinstance(b, dict) and b["type"] == "thinking"]
    foreign = [b for m in other["messages"] for b in m["content"] if isinstance(b, dict) and b["type"] == "thinking"]
    own = thoughts[0]["signature"]
    for wrong in (foreign[0]["signature"], thoughts[1]["signature"]):
        thoughts[0]["signature"] = wrong
        assert not takes(script, body)
    thoughts[0].update(foreign[0])  # a whole block that another conversation said
    assert not takes(script, body)
    thoughts[0]["signature"] = own
    assert not takes(script, body)


def test_a_block_that_is_moved_whole_is_good_where_it_is_bound_to_itself_alone() -> None:
    for profile, wanted in (("anthropic", True), ("anthropic-bound", False)):
        script = script_of(profile)
        body = wired(script, played(script))
        first, second, *_ = [m["content"] for m in body["messages"] if m["role"] == "assistant"]
        first[0], second[0] = second[0], first[0]
        assert takes(script, body) is wanted


def test_the_seals_of_another_provider_are_refused_where_nobody_says_that_they_are_taken() -> None:
    with Provider() as provider:
        talk = provider.open(SWITCH, profile="minimax-anthropic", other="anthropic", temper="strict")
        own, other = talk.script.voices
        messages = [*opening(talk.script), Message.user(talk.turns[0])]
        said = say(talk, own, messages, stream=False)
        results = [kt.ToolResult(call_id=one.id, content=one.result) for one in talk.script.calls_of(0, 0)]
        history = [*messages, said, *grouped(WIRES["anthropic-messages"], results)]
        say(talk, own, history, stream=False)  # who made it takes it, and checks nothing
        with pytest.raises(AssertionError, match="cannot be modified"):
            say(talk, other, history, stream=False)
        bare = said.with_blocks([block for block in said.blocks if not isinstance(block, Thinking)])
        say(talk, other, [*messages, bare, *history[3:]], stream=False)


# -- bound to all that stands before -----------------------------------------------------------------------------------


Change = Callable[[dict[str, Any]], object]


def _said(body: dict[str, Any], n: int) -> Any:
    return [m for m in body["messages"] if m["role"] == "assistant"][n]["content"]


def _heard(body: dict[str, Any], n: int) -> Any:
    return [m for m in body["messages"] if m["role"] == "user"][n]


def _as_parts(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}]


def _marked(block: dict[str, Any]) -> None:
    block["cache_control"] = {"type": "ephemeral"}


def _texts(body: dict[str, Any]) -> None:
    """Write strings as parts, and parts as strings, wherever a message allows it."""
    body["system"] = body["system"][0]["text"]
    for message in body["messages"]:
        if isinstance(message["content"], str):
            message["content"] = _as_parts(message["content"])
        for block in message["content"]:
            if block["type"] == "tool_result":
                block["content"] = _as_parts(block["content"])


HARMLESS: dict[str, Change] = {
    "nothing": lambda _: None,
    "strings as parts": _texts,
    "a mark for the cache on the prompt": lambda b: _marked(b["system"][0]),
    "a mark for the cache on a tool": lambda b: _marked(b["tools"][-1]),
    "a mark for the cache on a result": lambda b: _marked(_heard(b, 1)["content"][0]),
    "a mark for the cache on a call": lambda b: _marked(_said(b, 0)[-1]),
    "a result that says that it did not fail": lambda b: _heard(b, 1)["content"][0].update(is_error=False),
    "another order of the members of a tool": lambda b: b["tools"].__setitem__(
        0, dict(reversed(b["tools"][0].items()))
    ),
    "other parameters": lambda b: b.update(max_tokens=99, temperature=1.0, metadata={"user_id": "u"}),
    "another model of the same domain": lambda b: b.update(model="claude-sonnet-5-5"),
    "an empty text": lambda b: _said(b, 0).insert(1, {"type": "text", "text": ""}),
    "a message in two": lambda b: b["messages"].insert(1, {"role": "user", "content": ""}),
    "a word at the end": lambda b: b["messages"].append({"role": "user", "content": "Go on."}),
    "the last answer gone": lambda b: b["messages"].pop(),
}
HARM: dict[str, Change] = {
    "another prompt": lambda b: b["system"][0].update(text=b["system"][0]["text"] + " Today is Tuesday."),
    "no prompt": lambda b: b.pop("system"),
    "another tool": lambda b: b["tools"].append({"name": "more", "input_schema": {"type": "object"}}),
    "a tool less": lambda b: b["tools"].pop(),
    "other words of a tool": lambda b: b["tools"][0].update(description="Look it up."),
    "another schema of a tool": lambda b: b["tools"][0]["input_schema"].update(additionalProperties=False),
    "other words of the user": lambda b: _heard(b, 0).update(content="Something else."),
    "a message before": lambda b: b["messages"].insert(0, {"role": "user", "content": "Hello."}),
    "a reminder between": lambda b: _heard(b, 1)["content"].append({"type": "text", "text": "Remember."}),
    "another result": lambda b: _heard(b, 1)["content"][0].update(content="[cleared]"),
    "a result that failed": lambda b: _heard(b, 1)["content"][0].update(is_error=True),
    "other arguments": lambda b: _said(b, 0)[-1].update(input={"key": "other"}),
    "another name of a call": lambda b: _said(b, 0)[-1].update(name="read_note"),
    "a thought less": lambda b: _said(b, 0).pop(0),
    "an answer more": lambda b: b["messages"].insert(1, {"role": "assistant", "content": "Let me see."}),
    "a turn less": lambda b: b.update(messages=b["messages"][6:]),
    "white space at the end of an earlier thought": lambda b: _said(b, 0)[0].update(
        thinking=_said(b, 0)[0]["thinking"] + " "
    ),
    "another id of a call and its result": lambda b: (
        _said(b, 0)[-1].update(id="toolu_other"),
        _heard(b, 1)["content"][0].update(tool_use_id="toolu_other"),
    ),
}


@pytest.mark.parametrize("profile", ["anthropic-bound", "anthropic"])
@pytest.mark.parametrize("change", HARMLESS)
def test_what_changes_no_memory_breaks_no_seal(profile: str, change: str) -> None:
    script = script_of(profile)
    body = wired(script, played(script))
    HARMLESS[change](body)

    assert takes(script, body)


@pytest.mark.parametrize("change", HARM)
def test_what_changes_memory_breaks_the_seals_behind_it_and_no_other(change: str) -> None:
    script = script_of("anthropic-bound")
    body = wired(script, played(script))
    HARM[change](body)
    found = refused(read(script, body), script, script.voices[0])

    assert found is not None
    assert found.status == 400
    assert ("bound to a different conversation" in found.text) != change.startswith("white space")
    # A provider that binds them to their blocks alone minds none of it but what is done to a thought.
    kept = script_of("anthropic")
    body = wired(kept, played(kept))
    HARM[change](body)
    assert takes(kept, body) is not change.startswith("white space")


def test_a_seal_is_made_in_view_of_what_was_asked_so_a_new_beginning_gets_good_ones() -> None:
    script = script_of("anthropic-bound")
    first, second = (
        reply(ask(script, [*opening(script), *more, Message.user(script.turns[0])]), script).message
        for more in ([], [Message.user("Hello.")])
    )

    assert first.thinking == second.thinking
    assert [block.seals for block in first.blocks if block.seals] != [b.seals for b in second.blocks if b.seals]


def _bodies() -> Iterator[dict[str, Any]]:
    path = recordings.directory() / "anthropic-messages.jsonl"
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            body = json.loads(line)["request"]
            if isinstance(body, dict) and body.get("messages"):
                yield body


BODIES = list(_bodies())


def digest(body: object) -> bytes:
    wire = kt.dialect("anthropic-messages")
    return Prefix.of(wire.decode_request(body), wire).digest()


def _leaves(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _leaves(inner, (*path, n))
    elif isinstance(value, str):
        yield path


@given(st.sampled_from(BODIES), st.data())
def test_a_prefix_differs_just_where_the_memory_of_a_recorded_request_does(
    body: dict[str, Any], data: st.DataObject
) -> None:
    wire = kt.dialect("anthropic-messages")
    changed = json.loads(json.dumps(body))
    paths = [path for path in _leaves(body["messages"], ("messages",)) if path[-1] not in {"type", "role"}]
    path = data.draw(st.sampled_from(paths))
    assume(path.count("content") < 2 or path[-1] == "text")  # of results, `diff` compares the words alone
    held: Any = changed
    for key in path[:-1]:
        held = held[key]
    held[path[-1]] += data.draw(st.sampled_from(["x", " ", "\n", "\\u00e9", "é"]))
    one, other = (wire.decode_request(held) for held in (body, changed))
    memory = [d for d in kt.diff(one.conversation, other.conversation, wire.projection) if d.keep == "memory"]

    assert (digest(body) != digest(changed)) == bool(memory)


@given(st.sampled_from(BODIES), st.randoms(use_true_random=False))
def test_a_prefix_is_the_same_however_a_recorded_request_is_written(body: dict[str, Any], random: Any) -> None:
    def shuffled(value: Any, *, free: bool) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            if free:
                random.shuffle(keys)
            # What a call says, and how a tool is described, the model reads as it is written.
            return {key: shuffled(value[key], free=free and key not in {"input", "input_schema"}) for key in keys}
        return [shuffled(inner, free=free) for inner in value] if isinstance(value, list) else value

    written = json.dumps(shuffled(body, free=True), indent=random.choice([None, 1]), ensure_ascii=random.random() < 0.5)

    assert digest(written) == digest(body)
