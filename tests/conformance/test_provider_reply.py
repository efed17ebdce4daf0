"""The reply: where a conversation stands is read from the request, whatever a scaffold has done to it."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Conversation, Message, Request, Text, Thinking, ToolCall, ToolResult, same
from keepthinking_conformance import strategies as kts
from keepthinking_conformance.provider import Script, reply
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from tests.conformance.provider_client import CELLS, ask, histories, opening, speaks

pytestmark = pytest.mark.extras

SIDE = "Give this chat a title of at most five words."


def script_of(cell: tuple[str, str], seed: int = 7, run: str = "here") -> Script:
    profile, scenario = cell
    return Script(SCENARIOS[scenario], PROVIDERS[profile], seed=seed, token=run)


SCRIPTS = {cell: script_of(cell) for cell in CELLS}
STEPS = [(cell, *step) for cell, script in SCRIPTS.items() for step in histories(script)]


@pytest.mark.parametrize("cell", CELLS, ids="/".join)
def test_a_faithful_history_is_answered_with_the_next_step(cell: tuple[str, str]) -> None:
    script = SCRIPTS[cell]

    for turn, step, messages in histories(script):
        said = reply(ask(script, messages), script).message
        assert said.blocks == script.answer(turn, step).blocks


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("cell", CELLS, ids="/".join)
def test_an_answer_is_read_back_as_it_was_made(cell: tuple[str, str], *, stream: bool) -> None:
    script = SCRIPTS[cell]
    wire = speaks(script)

    for _, _, messages in histories(script):
        answer = reply(ask(script, messages, stream=stream), script)
        if stream:
            decoder = wire.stream_decoder(script.profile)
            for frame in wire.encode_stream(answer, script.profile):
                decoder.feed(frame)
            read = decoder.finish()
        else:
            encoded = wire.encode_response(answer, script.profile)
            assert [loss for loss in encoded.losses if loss.kind != "spelling"] == []
            read = wire.decode_response(encoded.body, script.profile)
        # A stream adds the `index` of each call, and either way has a spelling of its own.
        assert read.message.blocks == tuple(
            replace(ours, spelling=block.spelling, fields=block.fields if isinstance(block, ToolCall) else ours.fields)
            for ours, block in zip(answer.message.blocks, read.message.blocks, strict=True)
        )
        assert read.message.items == answer.message.items
        assert same(answer, read, wire.projection)
        assert (read.origin, read.stop_reason, read.outcome) == (answer.origin, answer.stop_reason, "complete")


@given(st.sampled_from(STEPS), st.data())
def test_nothing_that_a_scaffold_does_to_a_history_changes_where_it_stands(
    at: tuple[tuple[str, str], int, int, list[Message]], data: st.DataObject
) -> None:
    cell, turn, step, messages = at
    script = SCRIPTS[cell]
    for damage in data.draw(st.lists(st.sampled_from(DAMAGES), max_size=5), label="damages"):
        messages = damage(messages, data)

    said = reply(ask(script, messages), script).message

    assert said.blocks == script.answer(turn, step).blocks


def lose_answers(messages: Sequence[Message], data: st.DataObject) -> list[Message]:
    return [m for m in messages if m.role != "assistant" or data.draw(st.booleans())]


def lose_thinking(messages: Sequence[Message], data: st.DataObject) -> list[Message]:  # noqa: ARG001 - as the others
    return [m.with_blocks([b for b in m.blocks if not isinstance(b, Thinking)]) for m in messages]


def shuffle_results(messages: Sequence[Message], data: st.DataObject) -> list[Message]:
    """Reorder the results of a step among themselves, be they messages or blocks."""
    found: list[Message] = []
    for is_result, group in itertools.groupby(messages, key=lambda m: m.role == "tool"):
        together = list(group)
        found += data.draw(st.permutations(together)) if is_result else together
    return [m.replace(blocks=tuple(data.draw(st.permutations(m.blocks)))) if m.role == "user" else m for m in found]


def merge_what_was_heard(messages: Sequence[Message], data: st.DataObject) -> list[Message]:  # noqa: ARG001 - as the others
    """Write results as words of the user, and merge what then stands side by side."""
    found: list[Message] = []
    for message in messages:
        if message.role not in {"user", "tool"}:
            found.append(message)
            continue
        words = "\n".join(f"Observation: {text}" for text in texts(message))
        if found and found[-1].role == "user":
            words = f"{found.pop().text}\n{words}"
        found.append(Message.user(words))
    return found


def rewrite_results(messages: Sequence[Message], data: st.DataObject) -> list[Message]:
    """Write results in other words around the receipt, under other ids."""
    wrap = data.draw(st.sampled_from(['{{"output": "{}", "ok": true}}', "[[{}]]", "{} (cached)"]))
    return [
        message.replace(
            blocks=tuple(
                replace(block, call_id="renamed", content=wrap.format(block.content))
                if isinstance(block, ToolResult) and isinstance(block.content, str)
                else block
                for block in message.blocks
            )
        )
        for message in messages
    ]


def add_system_words(messages: Sequence[Message], data: st.DataObject) -> list[Message]:
    at = data.draw(st.integers(0, len(messages)))
    return [*messages[:at], Message.system("Remember to be brief, and finish your task."), *messages[at:]]


def repeat_the_user(messages: Sequence[Message], data: st.DataObject) -> list[Message]:
    at = data.draw(st.integers(0, len(messages)))
    return [*messages[:at], Message.user("Go on, please."), *messages[at:]]


DAMAGES = [
    lose_answers,
    lose_thinking,
    shuffle_results,
    merge_what_was_heard,
    rewrite_results,
    add_system_words,
    repeat_the_user,
]


def texts(message: Message) -> Iterator[str]:
    for block in message.blocks:
        if isinstance(block, Text):
            yield block.text
        elif isinstance(block, ToolResult) and isinstance(block.content, str):
            yield block.content


@pytest.mark.parametrize("cell", CELLS, ids="/".join)
def test_results_whose_words_are_hidden_are_known_by_their_ids(cell: tuple[str, str]) -> None:
    script = SCRIPTS[cell]

    for turn, step, messages in histories(script):
        hidden = [
            message.replace(
                blocks=tuple(
                    replace(block, content="[cleared]") if isinstance(block, ToolResult) else block
                    for block in message.blocks
                )
            )
            for message in messages
        ]
        assert reply(ask(script, hidden), script).message.blocks == script.answer(turn, step).blocks


def test_results_without_their_words_count_by_their_ids_also_before_the_users_words() -> None:
    script = script_of(("deepseek", "loop"))
    first = script.calls[0]
    hidden = Message(role="tool", blocks=(ToolResult(call_id=first.id, content="[cleared]"),))
    messages = [*opening(script), script.answer(0, 0), hidden, Message.user(script.turns[0])]

    assert reply(ask(script, messages), script).message.blocks == script.answer(0, 1).blocks


def test_words_of_the_user_count_only_where_the_user_speaks() -> None:
    script = script_of(("deepseek", "second-turn"))
    messages = [Message.system(f"Later: {script.turns[1]}"), Message.user(script.turns[0])]

    assert reply(ask(script, messages), script).message.blocks == script.answer(0, 0).blocks


@pytest.mark.parametrize("profile", PROVIDERS)
def test_where_a_summary_stands_for_the_user_the_results_tell_the_turn(profile: str) -> None:
    script = SCRIPTS[profile, "second-turn"]

    for turn, step, messages in histories(script):
        left = [message for message in messages if not (message.role == "user" and message.text)]
        said = reply(ask(script, [Message.user("What came before: a question."), *left]), script).message
        results = any(isinstance(block, ToolResult) for message in left for block in message.blocks)
        wanted = script.answer(turn, step).blocks
        if not results:
            assert [type(block) for block in said.blocks] == [Text]
        elif (turn, step) == (1, 0):  # nothing of the second turn is left
            assert said.blocks == script.answer(0, 2).blocks
        else:
            assert said.blocks == wanted


@pytest.mark.parametrize("profile", ["deepseek", "anthropic"])
@given(request=kts.requests())
def test_no_request_is_beyond_an_answer(profile: str, request: Request) -> None:
    script = SCRIPTS[profile, "loop"]

    answer = reply(request, script)

    assert answer == reply(request, script)
    assert speaks(script).encode_response(answer, script.profile).body
    assert list(speaks(script).encode_stream(answer, script.profile))


def test_a_failure_whose_words_are_hidden_and_whose_id_is_renamed_is_still_a_result() -> None:
    script = script_of(("deepseek", "tool-error"))
    messages = [
        *opening(script),
        Message.user(script.turns[0]),
        Message(role="tool", blocks=(ToolResult(call_id="other", content="Error: tool failed"),)),
    ]

    assert reply(ask(script, messages), script).message.blocks == script.answer(0, 1).blocks


def test_a_step_of_which_one_result_came_is_not_asked_again() -> None:
    script = script_of(("anthropic", "parallel"))
    first, *_ = script.calls_of(0, 0)
    messages = [
        *opening(script),
        Message.user(script.turns[0]),
        Message(role="user", blocks=(ToolResult(call_id=first.id, content=first.result),)),
    ]

    assert reply(ask(script, messages), script).message.blocks == script.answer(0, 1).blocks


def test_after_the_last_step_the_last_answer_is_given_again() -> None:
    script = script_of(("deepseek", "loop"))
    _, step, messages = histories(script)[-1]
    again = reply(ask(script, [*messages, script.answer(0, step), Message.user("Go on.")]), script)

    assert again.message.blocks == script.answer(0, step).blocks


@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_call_on_the_side_gets_a_plain_answer_without_thinking_or_calls(profile: str) -> None:
    script = script_of((profile, "loop"))

    for messages, tools in (([Message.user(SIDE)], True), ([Message.user(f"{SIDE}\n\n{script.turns[0]}")], False)):
        request = ask(script, messages)
        if not tools:
            request = replace(request, conversation=Conversation.of(*messages))
        said = reply(request, script).message
        assert [type(block) for block in said.blocks] == [Text]
        assert said.text


def test_two_requests_at_one_step_get_answers_with_other_ids_and_equal_requests_the_same() -> None:
    script = script_of(("deepseek", "loop"))
    (_, _, one), (_, _, two), *_ = histories(script)
    ids = [reply(ask(script, messages), script).origin for messages in (one, two, [*one, Message.user("Now.")], one)]

    assert ids[0] == ids[3]
    assert len(set(ids[:3])) == 3


def everything(script: Script) -> list[str]:
    """Give everything that is unique in a run, as text."""
    found = [script.system, *script.turns, *script.markers]
    for turn, step, _ in histories(script):
        for block in script.answer(turn, step).blocks:
            found += [seal.wire for seal in block.seals]
            if isinstance(block, ToolCall):
                found.append(block.arguments)
            elif isinstance(block, Text | Thinking) and block.text:
                found.append(block.text)
    for called in script.calls:
        found += [called.key, called.receipt, called.result]
    return found


@pytest.mark.parametrize("cell", CELLS, ids="/".join)
def test_nothing_is_said_twice_in_a_run_nor_in_another_run(cell: tuple[str, str]) -> None:
    runs = [script_of(cell), script_of(cell, run="there"), script_of(cell, seed=8)]
    said = [text for script in runs for text in everything(script)]

    assert len(said) == len(set(said))


def test_no_two_blocks_of_a_hundred_runs_share_eight_words() -> None:
    seen: dict[tuple[str, ...], str] = {}
    for number in range(100):
        script = script_of(("anthropic", "second-turn"), run=f"t{number}")
        for turn, step, _ in histories(script):
            for block in script.answer(turn, step).blocks:
                if isinstance(block, Text | Thinking):
                    words = re.findall(r"\w+", block.text)
                    assert len(words) >= 8
                    for run in zip(*(words[i:] for i in range(8)), strict=False):
                        assert run not in seen
                        seen[run] = block.text


def test_call_ids_are_unique_in_a_run_and_look_like_the_vendors() -> None:
    shapes = {
        "deepseek": r"call_0\d_\w{22}",
        "kimi": r"functions\.(look_up|read_note|measure):\d",
        "minimax": r"call_function_\w{22}_\d",
        "minimax-split": r"call_function_\w{22}_\d",
        "openrouter": r"toolu_01\w{22}",
        "vllm": r"chatcmpl-tool-\w{22}",
        "anthropic": r"toolu_01\w{22}",
        "minimax-anthropic": r"call_function_\w{22}_\d",
        "deepseek-anthropic": r"call_0\d_\w{22}",
        "openai": r"call_\w{22}",
        "deepseek-responses": r"call_0\d_\w{22}",
        "google-gemini": r"\w{8}",
    }
    for profile in PROVIDERS:
        script = script_of((profile, "second-turn"))
        ids = [called.id for called in script.calls]
        if profile in {"vertex-gemini", "ollama-native"}:
            assert set(ids) == {UNSET}
            continue
        assert len(ids) == len(set(ids)) == 4
        assert all(re.fullmatch(shapes[profile], str(id_)) for id_ in ids), ids


def test_thoughts_in_fields_have_white_space_at_their_edges_here_and_there() -> None:
    for profile, served in PROVIDERS.items():
        script = script_of((profile, "loop"))
        fields = served.dialect == "openai-chat" and script.profile.tags is None
        trimmed = [thought != thought.strip() for step in range(5) for thought in [script.answer(0, step).thinking]]
        assert trimmed == [False, fields, False, fields, False]


def test_seals_are_long_and_every_thought_of_a_sealing_provider_has_one() -> None:
    for (profile, _), script in SCRIPTS.items():
        for turn, step, _ in histories(script):
            blocks = script.answer(turn, step).blocks
            sealed = [block for block in blocks if block.seals]
            assert all(len(seal.wire) > 300 for block in sealed for seal in block.seals)
            if PROVIDERS[profile].dialect == "gemini":  # it seals what follows from its thoughts
                calls = [block for block in blocks if isinstance(block, ToolCall)]
                assert sealed in (calls[:1], calls) if calls else sealed == [blocks[-1]]
            else:
                thoughts = [block for block in blocks if isinstance(block, Thinking)]
                assert sealed == (thoughts if PROVIDERS[profile].sealed else [])


def test_gemini_seals_one_call_or_all_and_a_text_or_what_stands_behind_it() -> None:
    seen = set()
    for number in range(8):
        for scenario in ("loop", "parallel"):
            script = script_of(("google-gemini", scenario), run=f"t{number}")
            for turn, step, _ in histories(script):
                blocks = script.answer(turn, step).blocks
                calls = [bool(block.seals) for block in blocks if isinstance(block, ToolCall)]
                texts = [bool(block.text) for block in blocks if isinstance(block, Text) and block.seals]
                seen.add(("calls", all(calls)) if len(calls) > 1 else ("text", texts[0]) if texts else ("call", True))

    assert seen == {("calls", True), ("calls", False), ("call", True), ("text", True), ("text", False)}


_DIGEST = """
import hashlib
from tests.conformance.provider_client import CELLS, ask, histories, speaks
from tests.conformance.test_provider_reply import SCRIPTS
from keepthinking_conformance import strategies as kts
from keepthinking_conformance.provider import reply

found = hashlib.sha256()
for cell in CELLS:
    script = SCRIPTS[cell]
    for _, _, messages in histories(script):
        found.update(speaks(script).encode_response(reply(ask(script, messages), script), script.profile).body)
print(found.hexdigest())
"""


def test_another_process_gives_the_same_answers() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            capture_output=True,
            check=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(said) == 1
    assert said != {""}
