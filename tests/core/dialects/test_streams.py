"""A streamed response is one response, however it is cut: in bytes, in frames, in deltas."""

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from types import UnionType
from typing import Any, NamedTuple

import pytest
from msgspec import UNSET

from keepthinking._compare import same
from keepthinking._errors import DecodeError, KeepthinkingError
from keepthinking._exchange import Response
from keepthinking._messages import Block, Message, Text, Thinking, ToolCall
from keepthinking.dialects._base import Dialect
from tests.core.dialects.wire import DIALECTS, Recording, differences, read_stream, recordings

Counted = Callable[[str], None]
SEEDS = range(6)


def streams(captures: Path, id_: str) -> list[tuple[str, bytes]]:
    # line ends are a case of their own, below
    found = [
        (one.name, one.stream.replace(b"\r\n", b"\n")) for one in recordings(captures, id_) if one.stream is not None
    ]
    assert found, f"no recorded stream of {id_}"
    return found


def said(dialect: Dialect, response: Response) -> tuple[Any, str]:
    """Give a response as JSON: raw members may be spaced in another way and still be the same."""
    return json.loads(dialect.encode_response(response).body), response.outcome


# -- bytes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", DIALECTS)
def test_bytes_cut_anywhere_give_one_response(id_: str, captures: Path, counted: Counted) -> None:
    dialect, count = DIALECTS[id_], 0
    for name, raw in streams(captures, id_):
        whole = read_stream(dialect, raw)
        for seed in SEEDS:
            count += 1
            assert read_stream(dialect, raw, Random(seed)) == whole, f"{name}, seed {seed}"
        decoder = dialect.stream_decoder()
        for byte in raw:
            decoder.feed(bytes([byte]))
        assert decoder.finish() == whole.response, name
    counted(f"{id_}: {count} random cuts of recorded streams gave the response of the whole")


# -- frames ----------------------------------------------------------------------------------------------------------


def with_comments(raw: bytes) -> bytes:
    return b": hello\n\n" + raw.replace(b"\n\n", b"\n\n: OPENROUTER PROCESSING\n\n")


def spread(raw: bytes) -> bytes:
    """Write the data of each frame in several lines, which is legal where JSON has white space."""

    def lines(match: re.Match[bytes]) -> bytes:
        if not match[1].lstrip().startswith(b"{"):
            return match[0]
        text = json.dumps(json.loads(match[1]), indent=1).encode()
        return b"".join(b"data: " + line + b"\n" for line in text.split(b"\n"))

    return re.sub(rb"data: ?(.*)\n", lines, raw)


FRAMES: Mapping[str, Callable[[bytes], bytes]] = {
    "CRLF": lambda raw: raw.replace(b"\n", b"\r\n"),
    "CR": lambda raw: raw.replace(b"\n", b"\r"),
    "comments": with_comments,
    "a byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "no space after the colon": lambda raw: raw.replace(b"data: ", b"data:").replace(b"event: ", b"event:"),
    "ids and retries": lambda raw: raw.replace(b"data: ", b"id: 7\nretry: 10\nodd: x\ndata: "),
    "empty frames": lambda raw: raw.replace(b"\n\n", b"\n\n\n\n") + b"\n",
    "data in several lines": spread,
    "no last blank line": lambda raw: raw.rstrip(b"\n"),
    "no event names": lambda raw: re.sub(rb"event: .*\n", b"", raw),
}


@pytest.mark.parametrize("change", FRAMES)
@pytest.mark.parametrize("id_", DIALECTS)
def test_frames_written_otherwise_say_the_same(id_: str, change: str, captures: Path) -> None:
    dialect = DIALECTS[id_]
    for name, raw in streams(captures, id_):
        expected = said(dialect, read_stream(dialect, raw).response)
        changed = FRAMES[change](raw)
        assert changed != raw or change == "no event names", name
        for cuts in (None, Random(1), Random(2)):
            assert said(dialect, read_stream(dialect, changed, cuts).response) == expected, name


END: Mapping[str, tuple[bytes, str]] = {
    # Every choice said why it ended, so nothing is missing but the word for it: some servers never send it.
    "openai-chat": (rb"data: \[DONE\]\s*", "as before"),
    # The vendor's client too takes a message as whole at `message_stop` alone.
    "anthropic-messages": (rb"event: message_stop\ndata: .*\s*", "truncated"),
    "mistral": (rb"data: \[DONE\]\s*", "as before"),
    "openai-responses": (
        rb'(event: .*\n)?data: .*"type": ?"response\.(completed|incomplete)".*\s*',
        "truncated",
    ),
    # There is no word for the end: "if empty, the model has not stopped" (google-genai 3.4.0, `Candidate`).
    "gemini": (rb'"finishReason": ?"\w+",\s*|,\s*"finishReason": ?"\w+"', "truncated"),
}
"""What ends a stream, and the outcome where it is missing."""

SAID_AT_THE_END: Mapping[str, Callable[[Any], Any]] = {
    # The event that ends a stream holds the whole answer once more, and what is only known then: usage, status, and
    # seals in words of their own (`alternates`, of which any one is equal); gateways give an item another id there.
    "openai-responses": lambda body: [
        {key: value for key, value in item.items() if key not in {"encrypted_content", "id"}} for item in body["output"]
    ],
}
"""What of a body the other events say, too, where the last one says more than that the stream has ended."""


@pytest.mark.parametrize("id_", DIALECTS)
def test_a_missing_end_loses_no_word(id_: str, captures: Path) -> None:
    dialect = DIALECTS[id_]
    pattern, outcome = END[id_]
    for name, raw in streams(captures, id_):
        body, before = said(dialect, read_stream(dialect, raw).response)
        if id_ == "gemini":
            body["candidates"][0].pop("finishReason")
        cut, count = re.subn(pattern, b"", raw)
        assert count == 1 or before == "failed" or outcome == "as before", name
        after = before if outcome == "as before" or before == "failed" else outcome
        ours, ended = said(dialect, read_stream(dialect, cut).response)
        part = SAID_AT_THE_END.get(id_, lambda whole: whole)
        assert (part(ours), ended) == (part(body), after), name


@pytest.mark.parametrize("id_", DIALECTS)
def test_a_stream_cut_after_any_frame_keeps_what_came(id_: str, captures: Path, counted: Counted) -> None:
    dialect, count = DIALECTS[id_], 0
    for name, raw in streams(captures, id_):
        frames = re.findall(rb".+?\n\n", raw, re.DOTALL)
        whole = read_stream(dialect, raw).response
        for kept in range(len(frames) - 2):
            try:  # nothing but comments is no stream; from the first frame with data on there is a response
                response = read_stream(dialect, b"".join(frames[:kept])).response
            except DecodeError as error:
                assert b"\ndata:" not in b"\n" + b"".join(frames[:kept]), f"{name}: {error}"  # noqa: PT017 - see above
                continue
            count += 1
            assert response.outcome in {"truncated", whole.outcome}, name
            assert whole.message.text.startswith(response.message.text), name
            assert whole.message.thinking.startswith(response.message.thinking), name
            again = b"".join(dialect.encode_stream(response, cuts=Random(kept)))
            assert said(dialect, read_stream(dialect, again).response) == said(dialect, response), name
    counted(f"{id_}: {count} prefixes of recorded streams kept what had come")


# -- deltas ----------------------------------------------------------------------------------------------------------


def responses(dialect: Dialect, found: list[Recording]) -> Iterator[tuple[str, Response]]:
    for one in found:
        if one.stream is not None:
            yield one.name, read_stream(dialect, one.stream).response
        else:
            yield one.name, dialect.decode_response(one.response, status=one.status)


ADDED: Mapping[str, str] = {
    "openai-responses": r"(?!)",
    "openai-chat": r"\$\.choices\[\d+\]\.message\.tool_calls\[\d+\]\.index",  # a delta has to say what it continues
    "anthropic-messages": r"(?!)",
    "mistral": r"\$\.choices\[\d+\]\.message\.tool_calls\[\d+\]\.index",
    "gemini": r"(?!)",
}
"""What a stream states and a whole body need not."""


@pytest.mark.parametrize("id_", DIALECTS)
def test_a_response_streamed_in_any_pieces_comes_back(id_: str, captures: Path, counted: Counted) -> None:
    dialect, count = DIALECTS[id_], 0
    for name, response in responses(dialect, recordings(captures, id_)):
        if response.http_status != 200:
            continue  # an error with a status of its own is never streamed
        for cuts in (None, *map(Random, SEEDS)):
            count += 1
            raw = b"".join(dialect.encode_stream(response, cuts=cuts))
            streamed = read_stream(dialect, raw, cuts).response
            (body, outcome), (again, ended) = said(dialect, response), said(dialect, streamed)
            assert ended == outcome, name
            found = list(all_differences(body, again))
            assert all(left is ABSENT and re.fullmatch(ADDED[id_], path) for path, left, _ in found), f"{name}: {found}"
            assert same(response, streamed, dialect.projection), name
    counted(f"{id_}: {count} streams written in random pieces came back as the response")


def pretty(body: Any, end: str) -> bytes:
    """Write a body as a server does that indents its answers; a line break may be any of three."""
    return json.dumps(body, indent=2).replace("\n", end).encode()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("id_", DIALECTS)
def test_a_body_with_line_breaks_is_a_stream_without(id_: str, end: str, captures: Path, counted: Counted) -> None:
    dialect, count = DIALECTS[id_], 0
    for name, response in responses(dialect, recordings(captures, id_)):
        if response.http_status != 200:
            continue
        count += 1
        body = json.loads(dialect.encode_response(response).body)
        plain, broken = (dialect.decode_response(written) for written in (body, pretty(body, end)))
        raw = b"".join(dialect.encode_stream(broken, cuts=Random(count)))
        assert all(line.startswith((b"event: ", b"data: ")) for line in re.split(rb"[\r\n]+", raw) if line), name
        compact = b"".join(dialect.encode_stream(plain, cuts=Random(count)))
        assert said(dialect, read_stream(dialect, raw).response) == said(
            dialect, read_stream(dialect, compact).response
        )
    counted(f"{id_}: {count} indented bodies were streamed in frames of one line")


SEALED: Mapping[str, type | UnionType] = {"gemini": Block}
"""Which blocks show their seals where it is not thinking alone."""


@pytest.mark.parametrize("id_", DIALECTS)
def test_events_show_what_the_response_holds(id_: str, captures: Path) -> None:
    dialect = DIALECTS[id_]
    for name, raw in streams(captures, id_):
        response, events = read_stream(dialect, raw)
        if response.outcome == "failed":
            assert [event.kind for event in events if event.kind == "error"], name
            continue
        kinds = [event.kind for event in events]
        assert kinds[0] == "start", name
        assert kinds.count("start") == 1, name
        told = re.search(END[id_][0], raw) is not None or END[id_][1] != "as before"
        assert kinds.count("end") == told, name
        assert kinds[-1] == "end" or not told, name
        shown = {
            kind: "".join(event.text for event in events if event.kind == kind and isinstance(event.text, str))
            for kind in ("text", "thinking")
        }
        message = response.message
        assert (shown["text"], shown["thinking"]) == (message.text, message.thinking), name
        calls = [block for block in message.blocks if isinstance(block, ToolCall)]
        assert [event.name for event in events if event.kind == "tool_call"] == [call.name for call in calls], name
        sealed = SEALED.get(id_, Thinking)
        seals = sum(len(block.seals) for block in message.blocks if isinstance(block, sealed))
        assert len([event for event in events if event.kind == "seal"]) == seals, name


# -- what the vendor's own client makes of the same bytes --------------------------------------------------------------


def by_openai(raw: bytes) -> Any:
    from openai._models import construct_type
    from openai._streaming import SSEDecoder
    from openai.lib.streaming.chat import ChatCompletionStreamState
    from openai.types.chat import ChatCompletionChunk

    state: Any = ChatCompletionStreamState()
    for event in SSEDecoder().iter_bytes(iter([raw])):
        if not event.data.startswith("[DONE]"):
            state.handle_chunk(construct_type(type_=ChatCompletionChunk, value=event.json()))
    return state.current_completion_snapshot.to_dict(mode="json")


def by_anthropic(raw: bytes) -> Any:
    import httpx2
    from anthropic._models import construct_type_unchecked
    from anthropic._streaming import SSEDecoder
    from anthropic.lib.streaming._beta_messages import accumulate_event
    from anthropic.types.beta import BetaRawMessageStreamEvent

    snapshot: Any = None
    pieces: dict[int, bytes] = {}
    for sse in SSEDecoder().iter_bytes(iter([raw])):
        if sse.event == "ping":
            continue
        event: Any = construct_type_unchecked(type_=BetaRawMessageStreamEvent, value=sse.json())  # type: ignore[arg-type]
        snapshot = accumulate_event(
            event=event, current_snapshot=snapshot, json_bufs=pieces, request_headers=httpx2.Headers()
        )
    return snapshot.to_dict(mode="json")


def by_mistral(raw: bytes) -> Any:
    """Add up what Mistral's client gives: it types the events of a stream and leaves the adding up to whoever reads."""
    import httpx2
    from mistralai.client.models import CompletionEvent
    from mistralai.client.utils.eventstreaming import EventStream

    answer = httpx2.Response(200, content=raw, headers={"content-type": "text/event-stream"})
    body: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for event in EventStream(answer, CompletionEvent.model_validate_json, sentinel="[DONE]"):
        chunk = event.data.model_dump(mode="json", exclude_unset=True)
        for choice in chunk.pop("choices"):
            known = choices.setdefault(choice["index"], {"message": {"role": "assistant"}})
            add_mistral(known["message"], choice.pop("delta"))
            known.update(choice)
        body.update(chunk)
    return {**body, "object": "chat.completion", "choices": list(choices.values())}


def add_mistral(message: dict[str, Any], delta: dict[str, Any]) -> None:
    """Add a delta up as Mistral's own agent does: a string is a text, a thought goes on with the thought before it."""
    content = delta.pop("content", None)
    if isinstance(content, str) and not isinstance(message.get("content"), list):
        message["content"] = message.get("content", "") + content
    elif content:
        parts = message["content"] if isinstance(message.get("content"), list) else []
        message["content"] = parts
        more: list[Any] = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for part in more:
            if not parts or parts[-1]["type"] != part["type"]:
                parts.append(part)
            elif part["type"] == "text":
                parts[-1]["text"] += part["text"]
            else:
                for piece in part["thinking"]:  # the last chunk of a thought holds none
                    parts[-1]["thinking"][-1]["text"] += piece["text"]
    message.update(delta)


def by_openai_responses(raw: bytes) -> Any:
    from openai import omit
    from openai._models import construct_type
    from openai._streaming import SSEDecoder
    from openai.lib.streaming.responses._responses import ResponseStreamState
    from openai.types.responses import ResponseStreamEvent

    state: Any = ResponseStreamState(input_tools=omit, text_format=omit)
    with warnings.catch_warnings(action="ignore"):  # the client copies values that are newer than its types
        for event in SSEDecoder().iter_bytes(iter([raw])):
            if not event.data.startswith("[DONE]"):
                state.handle_event(construct_type(type_=ResponseStreamEvent, value=event.json()))
        return state._completed_response.to_dict(mode="json", warnings=False)


CLIENTS: Mapping[str, Callable[[bytes], Any]] = {
    "openai-chat": by_openai,
    "anthropic-messages": by_anthropic,
    "mistral": by_mistral,
    "openai-responses": by_openai_responses,
}


class Differs(NamedTuple):
    """One way in which we differ from the vendor's client."""

    path: str
    """Pattern of the path."""
    right: Callable[[Any, Any], bool]
    """What has to hold for ours and theirs."""
    reason: str


ABSENT = object()


def repeats(ours: Any, theirs: Any) -> bool:
    return isinstance(theirs, str) and isinstance(ours, str) and theirs == ours * (len(theirs) // len(ours))


def only_theirs_null(ours: Any, theirs: Any) -> bool:
    return ours is ABSENT and theirs is None


DIFFERENCES: Mapping[str, tuple[Differs, ...]] = {
    "openai-chat": (
        Differs(r"\$\.choices\[\d+\]\.message\.(role|channel|name)", repeats, "the client joins labels of every chunk"),
        Differs(
            r"\$\.choices\[\d+\]\.message\.role",
            lambda ours, theirs: ours == "assistant" and theirs is None,
            "the stream names no role, and a message has to have one",
        ),
        Differs(r"\$\.(choices\[\d+\]\.message\..*|usage|system_fingerprint)", only_theirs_null, "filled in as None"),
        Differs(
            r"\$\.(?!choices|id$|object$|created$|model$)\w+(\.\w+)*",
            lambda ours, theirs: theirs is ABSENT or (theirs is None and ours is not ABSENT),
            "of the chunks' own members the client keeps those of the first alone",
        ),
        Differs(
            r"\$\.choices\[\d+\]\.(?!message|index|finish_reason|logprobs)\w+",
            lambda ours, theirs: theirs is ABSENT or (theirs is None and isinstance(ours, str)),
            "of a choice's unknown members the client keeps those of the first chunk alone",
        ),
    ),
    "anthropic-messages": (
        Differs(r"\$\.(stop_details|content\[\d+\]\.encrypted_content)", only_theirs_null, "filled in as None"),
    ),
    "mistral": (),
    "openai-responses": (
        Differs(r"\$\.(output\[\d+\]|.*)\.(parsed|parsed_arguments)", only_theirs_null, "parsed by the client"),
        Differs(
            r"\$\.(created|completed)_at",
            lambda ours, theirs: ours == theirs,
            "seconds are a float in the client",
        ),
    ),
}
"""Every way in which we differ, each with its reason; a difference that is not here fails."""

RAISES: Mapping[str, Callable[[bytes], bool]] = {
    # A chunk that is an error object has no `choices`, over which the client iterates.
    "openai-chat": lambda raw: b'data: {"error"' in raw,
    "anthropic-messages": lambda _: False,
    "mistral": lambda _: False,
    # The client's state holds an answer only when it was completed.
    "openai-responses": lambda raw: b'"response.completed"' not in raw,
}
"""Streams that the vendor's client cannot read at all."""


def all_differences(ours: Any, theirs: Any, path: str = "$") -> Iterator[tuple[str, Any, Any]]:
    """Compare member by member, absent ones included."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {**ours, **theirs}:
            yield from all_differences(ours.get(key, ABSENT), theirs.get(key, ABSENT), f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for i, (left, right) in enumerate(zip(ours, theirs, strict=True)):
            yield from all_differences(left, right, f"{path}[{i}]")
    elif ABSENT in (ours, theirs):
        yield path, ours, theirs
    else:
        yield from differences(ours, theirs, path)


@pytest.mark.vendors
@pytest.mark.parametrize("id_", CLIENTS)
def test_the_vendors_own_client_gives_the_same(id_: str, captures: Path, counted: Counted) -> None:
    dialect, equal = DIALECTS[id_], 0
    used: set[str] = set()
    wrong: list[str] = []
    for name, raw in streams(captures, id_):
        ours, _ = said(dialect, read_stream(dialect, raw).response)
        if RAISES[id_](raw):
            with pytest.raises((TypeError, AttributeError)):
                CLIENTS[id_](raw)
            continue
        equal += 1
        for path, left, right in all_differences(ours, CLIENTS[id_](raw)):
            row = next(
                (r for r in DIFFERENCES[id_] if re.fullmatch(r.path, path) and r.right(left, right)),
                None,
            )
            if row is None:
                wrong.append(f"{name}: {path}: {left!r:.80} is not {right!r:.80}")
            else:
                used.add(row.reason)
    counted(f"{id_}: {equal} streams equal the vendor's own client but for {len(used)} known differences")
    assert not wrong


# -- by hand: what no recording shows ----------------------------------------------------------------------------------


def chat_stream(*deltas: Mapping[str, Any], finish: str | None = "stop") -> bytes:
    """Write a chat stream; escapes as a server writes them that knows no surrogate pairs."""
    chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    if finish is not None:
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return b"".join(b"data: " + json.dumps({"id": "x", **chunk}).encode() + b"\n\n" for chunk in chunks)


def claude_stream(*events: Mapping[str, Any], stop: str | None = "end_turn") -> bytes:
    message: dict[str, Any] = {
        "id": "x",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "m",
        "stop_reason": None,
    }
    whole: list[Mapping[str, Any]] = [{"type": "message_start", "message": message}, *events]
    if stop is not None:
        whole += [{"type": "message_delta", "delta": {"stop_reason": stop}}, {"type": "message_stop"}]
    return b"".join(
        f"event: {event['type']}\n".encode() + b"data: " + json.dumps(event).encode() + b"\n\n" for event in whole
    )


def block(index: int, start: Mapping[str, Any], *deltas: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def thinks(words: str) -> dict[str, Any]:
    """Give a delta of Mistral's that thinks."""
    return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": words}]}]}


def responses_stream(*events: Mapping[str, Any], end: str | None = "completed") -> bytes:
    """Write a stream of items, which ends without saying them again."""
    response = {"id": "x", "object": "response", "status": "in_progress", "model": "m", "output": []}
    whole: list[Mapping[str, Any]] = [{"type": "response.created", "response": response}, *events]
    if end is not None:
        whole.append({"type": f"response.{end}", "response": {**response, "status": end}})
    return b"".join(
        f"event: {event['type']}\n".encode() + b"data: " + json.dumps(event).encode() + b"\n\n" for event in whole
    )


def item(index: int, start: Mapping[str, Any], event: str, deltas: tuple[str, ...]) -> list[Mapping[str, Any]]:
    """Write an item of which no event says that it is done."""
    place = {"output_index": index, "content_index": 0}
    return [
        {"type": "response.output_item.added", "output_index": index, "item": start},
        *({"type": f"{event}.delta", **place, "delta": delta} for delta in deltas),
    ]


def gemini_stream(*chunks: Sequence[Any], finish: str | None = "STOP") -> bytes:
    """Write a stream of Gemini's, each chunk from its parts."""
    candidates: list[dict[str, Any]] = [{"content": {"role": "model", "parts": list(parts)}} for parts in chunks]
    if finish is not None and candidates:
        candidates[-1]["finishReason"] = finish
    return b"".join(b"data: " + json.dumps({"candidates": [one]}).encode() + b"\r\n\r\n" for one in candidates)


def two_halves(id_: str, high: str, low: str) -> bytes:
    """Stream thinking, text and arguments, each cut between two strings."""
    if id_ == "gemini":  # calls come whole
        return gemini_stream(
            [{"text": "t" + high, "thought": True}],
            [{"text": low + "t", "thought": True}],
            [{"text": "x" + high}],
            [{"text": low + "x"}],
            [{"functionCall": {"name": "f", "args": {"a": high + low}}}],
        )
    if id_ in {"openai-chat", "mistral"}:
        thought = [
            {"reasoning_content": text} if id_ == "openai-chat" else thinks(text) for text in ("t" + high, low + "t")
        ]
        call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":"' + high}}
        return chat_stream(
            {"role": "assistant", **thought[0]},
            thought[1],
            {"content": "x" + high},
            {"content": low + "x"},
            {"tool_calls": [call]},
            {"tool_calls": [{"index": 0, "function": {"arguments": low + '"}'}}]},
        )
    if id_ == "openai-responses":
        return responses_stream(
            *item(0, {"type": "reasoning", "summary": []}, "response.reasoning_text", ("t" + high, low + "t")),
            *item(1, {"type": "message", "role": "assistant"}, "response.output_text", ("x" + high, low + "x")),
            *item(
                2,
                {"type": "function_call", "call_id": "c", "name": "f"},
                "response.function_call_arguments",
                ('{"a":"' + high, low + '"}'),
            ),
        )
    return claude_stream(
        *block(
            0,
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "t" + high},
            {"type": "thinking_delta", "thinking": low + "t"},
            {"type": "signature_delta", "signature": "s"},
        ),
        *block(1, {"type": "text", "text": ""}, *({"type": "text_delta", "text": t} for t in ("x" + high, low + "x"))),
        *block(
            2,
            {"type": "tool_use", "id": "c", "name": "f", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"a":"' + high},
            {"type": "input_json_delta", "partial_json": low + '"}'},
        ),
    )


@pytest.mark.parametrize("id_", DIALECTS)
def test_an_emoji_split_over_two_deltas_is_one_emoji(id_: str) -> None:
    dialect = DIALECTS[id_]
    for cuts in (None, Random(3)):
        message = read_stream(dialect, two_halves(id_, "\ud83d", "\ude00"), cuts).response.message
        assert (message.thinking, message.text) == ("t😀t", "x😀x")
        assert [json.loads(call.arguments) for call in message.tool_calls] == [{"a": "😀"}]


@pytest.mark.parametrize("id_", DIALECTS)
def test_a_half_emoji_stays_half(id_: str) -> None:
    dialect = DIALECTS[id_]
    response = read_stream(dialect, two_halves(id_, "\ud83d", "")).response
    assert (response.message.thinking, response.message.text) == ("t\ud83dt", "x\ud83dx")
    body = dialect.encode_response(response).body
    assert dialect.decode_response(body).message.blocks == response.message.blocks
    again = b"".join(dialect.encode_stream(response, cuts=Random(1)))
    assert read_stream(dialect, again).response == response


@pytest.mark.parametrize("cut", range(1, 22))
def test_a_tag_may_be_cut_anywhere(cut: int) -> None:
    dialect = DIALECTS["openai-chat"]
    text = "<think>\nhmm\n</think>\n\nyes"
    raw = chat_stream({"role": "assistant", "content": text[:cut]}, {"content": text[cut:]})
    response, events = read_stream(dialect, raw, profile="minimax")
    assert [type(found) for found in response.message.blocks] == [Thinking, Text]
    assert (response.message.thinking, response.message.text) == ("hmm", "yes")
    shown = {kind: "".join(str(e.text) for e in events if e.kind == kind).strip() for kind in ("thinking", "text")}
    assert shown == {"thinking": "hmm", "text": "yes"}


def test_a_late_seal_finds_its_thought() -> None:
    detail = {"type": "reasoning.text", "index": 0, "format": "anthropic-claude-v1"}
    raw = chat_stream(
        {"role": "assistant", "reasoning_details": [{**detail, "text": "one "}]},
        {"reasoning_details": [{**detail, "text": "two"}]},
        {"content": "yes"},
        {"reasoning_details": [{**detail, "signature": "seal"}]},
    )
    chat = read_stream(DIALECTS["openai-chat"], raw).response.message.blocks[0]
    start, *deltas, stop = block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "one two"},
        {"type": "signature_delta", "signature": "placeholder"},
        {"type": "signature_delta", "signature": "seal"},
    )
    text = block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "yes"})
    claude = read_stream(DIALECTS["anthropic-messages"], claude_stream(start, *text, *deltas, stop)).response
    for thought in (chat, claude.message.blocks[0]):
        assert isinstance(thought, Thinking)
        assert (thought.text, [seal.wire for seal in thought.seals]) == ("one two", ["seal"])


def test_unknown_deltas_and_blocks_grow() -> None:
    raw = claude_stream(
        *block(
            0,
            {"type": "musing", "words": "a", "seen": []},
            {"type": "words_delta", "words": "b"},
            {"type": "seen_delta", "seen": {"x": 1.0}},
            {"type": "odd_delta", "odd": 7},
        ),
        {"type": "later_event", "x": 1},
        *block(
            1,
            {"type": "compaction", "content": None},
            {"type": "compaction_delta", "content": "s", "encrypted_content": "e"},
        ),
    )
    dialect = DIALECTS["anthropic-messages"]
    body = json.loads(dialect.encode_response(read_stream(dialect, raw).response).body)
    assert body["content"] == [
        {"type": "musing", "words": "ab", "seen": [{"x": 1.0}], "odd": 7},
        {"type": "compaction", "content": "s", "encrypted_content": "e"},
    ]


def test_cut_arguments_are_kept_as_the_text_they_are() -> None:
    dialect = DIALECTS["anthropic-messages"]
    call = block(
        0,
        {"type": "tool_use", "id": "c", "name": "f", "input": {}},
        {"type": "input_json_delta", "partial_json": '{"a": 1, "b'},
    )
    response = read_stream(dialect, claude_stream(*call[:-1], stop=None)).response
    (found,) = response.message.tool_calls
    assert (response.outcome, found.arguments, found.kind) == ("truncated", '{"a": 1, "b', "json")
    again = b"".join(dialect.encode_stream(response, cuts=Random(2)))
    assert read_stream(dialect, again).response == response


@pytest.mark.parametrize(
    "pieces",
    [[], [""], ['{ "x" :  1.0,', ' "y":1e3, "z":"\\u00e9\\/", "z":2, "n":123456789012345678901234567890 }']],
    ids=["none", "empty", "odd"],
)
def test_arguments_are_the_pieces_as_they_came(pieces: list[str]) -> None:
    dialect = DIALECTS["anthropic-messages"]
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    raw = claude_stream(*block(0, {"type": "tool_use", "id": "c", "name": "f", "input": {}}, *deltas), stop="tool_use")
    response = read_stream(dialect, raw).response
    assert response.message.tool_calls[0].arguments == ("".join(pieces) or "{}")
    assert response.message.tool_calls[0].arguments.encode() in dialect.encode_response(response).body


def test_whole_arguments_in_the_start_stand() -> None:
    call = {"type": "server_tool_use", "id": "c", "name": "f", "input": {"q": 1}}
    response = read_stream(DIALECTS["anthropic-messages"], claude_stream(*block(0, call))).response
    assert isinstance(response.message.blocks[0], ToolCall)
    assert response.message.blocks[0].arguments == '{"q": 1}'


BROKEN: Mapping[str, bytes] = {
    "openai-chat": b'data: {"error":{"message":"overloaded","code":529}}\n\n',
    "mistral": b'data: {"error":{"message":"overloaded","code":"3505"}}\n\n',
    "openai-responses": b'event: error\ndata: {"type":"error","code":"overloaded","message":"x","param":null}\n\n',
    "anthropic-messages": b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n',
    "gemini": b'data: {"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}\n\n',
}


@pytest.mark.parametrize("id_", DIALECTS)
def test_an_error_inside_a_good_status_is_a_failure(id_: str, captures: Path) -> None:
    dialect = DIALECTS[id_]
    for raw in (
        BROKEN[id_],
        *(
            recorded[: len(recorded) // 2].rpartition(b"\n\n")[0] + b"\n\n" + BROKEN[id_]
            for _, recorded in streams(captures, id_)
        ),
    ):
        response, events = read_stream(dialect, raw)
        assert response.outcome == "failed"
        assert response.error
        assert "error" in [event.kind for event in events]
        again = b"".join(dialect.encode_stream(response, cuts=Random(1)))
        assert said(dialect, read_stream(dialect, again).response) == said(dialect, response)


@pytest.mark.parametrize("id_", DIALECTS)
@pytest.mark.parametrize(
    "raw", [b"", b"\n\n", b": only a comment\n\n", b"data: [DONE]\n\n", b"data: 7\n\n", b"data: {\n\n", b"\xff"]
)
def test_what_is_no_stream_is_an_error(id_: str, raw: bytes) -> None:
    with pytest.raises(KeepthinkingError) as caught:
        read_stream(DIALECTS[id_], raw)
    assert caught.value.where
    assert caught.value.culprit == "provider"


def test_counts_that_nobody_knows_are_none_in_a_stream_and_none_when_it_is_read() -> None:
    """The vendor's client adds the counts of the end to those of the start, and fails where one of them is absent."""
    dialect = DIALECTS["anthropic-messages"]
    response = Response(messages=(Message.assistant(Text.of("a")),), stop_reason="end_turn")
    raw = b"".join(dialect.encode_stream(response))
    assert raw.count(b'"usage":{}') == 2
    read = read_stream(dialect, raw)
    assert read.response.usage is UNSET
    assert [event.kind for event in read.events if event.kind == "usage"] == []
