"""What stands around the answers: reminders, bound prefixes, blocks of the provider's own, other conversations."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any
from zlib import crc32

import pytest

from keepthinking._errors import DecodeError
from keepthinking.audit import Auditor, audit, read
from keepthinking.audit._recording import dialect_of, is_stream
from tests.core.audit.places import Json, at, dump
from tests.core.audit.scripted import Recorded, record, script
from tests.core.audit.test_lawful import served, the
from tests.core.audit.wires import WIRES, Answer, Call, Chat, Claude, DeepSeek

# -- what a scaffold puts in -----------------------------------------------------------------------------------------


def test_a_reminder_that_ends_the_turn_is_reported_where_it_stands() -> None:
    recorded = served(DeepSeek(), "localhost", "MiniMax-M2").cut(4)
    recorded.messages(4).append({"role": "user", "content": "<reminder>Be quick.</reminder>"})
    last = len(recorded.messages(4)) - 1

    finding = the(recorded.report())

    assert (finding.check, finding.level, finding.rule) == ("inject.boundary", "SHOULD", "template.minimax-m2.chat")
    assert finding.path == f"$.messages[{last}].content"


def test_a_text_beside_a_result_ends_the_turn_of_an_older_claude() -> None:
    recorded = served(Claude(), "api.anthropic.com", "claude-sonnet-4-5").cut(4)
    content = recorded.messages(4)[-1]["content"]
    content.append({"type": "text", "text": "<system-reminder>Be quick.</system-reminder>"})

    finding = the(recorded.report())

    assert finding.check == "inject.boundary"
    assert finding.path == f"$.messages[{len(recorded.messages(4)) - 1}].content[{len(content) - 1}]"


@pytest.mark.parametrize(
    ("host", "model"),
    [("api.deepseek.com", "deepseek-v4"), ("api.moonshot.ai", "kimi-k2.5"), ("llm.example.org", "some-model")],
)
def test_a_reminder_is_harmless_where_it_ends_nothing(host: str, model: str) -> None:
    recorded = served(DeepSeek(), host, model).cut(4)
    recorded.messages(4).append({"role": "user", "content": "<reminder>Be quick.</reminder>"})

    assert recorded.report().findings == ()


def test_the_same_reminder_behind_another_result_is_told_again() -> None:
    recorded = served(DeepSeek(), "localhost", "MiniMax-M2").cut(5)
    for number in (4, 5):
        recorded.messages(number).append({"role": "user", "content": "<reminder>Be quick.</reminder>"})

    assert [f.request for f in recorded.report().findings if f.check == "inject.boundary"] == [4, 5]


def test_a_reminder_is_harmless_where_nothing_was_thought() -> None:
    calls = (Call("call_1_unguessable", "look", "{}"), Call("call_2_unguessable", "look", "{}"))
    recorded = record(DeepSeek(), ["Look.", *(Answer((), "", (call,)) for call in calls), Answer((), "Done.")])
    for one in recorded.exchanges:
        one["host"], one["request"]["model"] = "localhost", "MiniMax-M2"
    recorded.messages(3).append({"role": "user", "content": "<reminder>Be quick.</reminder>"})

    assert recorded.report().findings == ()


@pytest.mark.parametrize(
    ("wire", "host", "model", "text"),
    [
        ("bedrock", WIRES["bedrock"].host, "openai.gpt-oss-120b-1:0", {"text": "Be quick."}),
        ("claude", "api.moonshot.ai", "kimi-k2.5", {"type": "text", "text": "Be quick."}),
    ],
)
def test_a_text_beside_a_result_is_harmless_where_a_final_answer_ends_the_turn(
    wire: str, host: str, model: str, text: Json
) -> None:
    recorded = served(WIRES[wire], host, model).cut(4)
    for one in recorded.exchanges:
        one["request"].pop("system")  # the turn that has no beginning is the whole history
    recorded.messages(4)[-1]["content"].append(text)

    assert recorded.report().findings == ()


def test_what_is_asked_for_without_tools_is_a_loss_though_the_model_would_not_see_it() -> None:
    recorded = served(DeepSeek(), "api.deepseek.com", "deepseek-v4").cut(4)
    del recorded.messages(4)[-2]["reasoning_content"]
    del recorded.exchanges[-1]["request"]["tools"]

    found = {finding.check: finding.level for finding in recorded.report().findings}

    assert found["thinking.kept.in-loop"] == "MUST"  # the vendor looks for it before it drops it
    assert found["tools.kept"] == "MUST"
    assert "prefix.unaltered" not in found  # that they are gone is told already


def test_a_new_question_is_no_reminder() -> None:
    assert served(DeepSeek(), "localhost", "MiniMax-M2").report().findings == ()


# -- seals that are bound to all before them -------------------------------------------------------------------------


def bound(request: int = 6) -> Recorded:
    return served(Claude(), "api.anthropic.com", "claude-opus-5-5").cut(request)


def test_a_bound_prefix_must_not_change() -> None:
    def system(recorded: Recorded) -> None:
        recorded.exchanges[-1]["request"]["system"] = "Be brief. It is Tuesday."

    def tools(recorded: Recorded) -> None:
        recorded.exchanges[-1]["request"]["tools"].pop()

    def user(recorded: Recorded) -> None:
        recorded.messages(6)[0]["content"] = "Another question."

    def result(recorded: Recorded) -> None:
        recorded.messages(6)[2]["content"][0]["content"] = "[cleared]"

    for change, path in (
        (system, "$"),
        (tools, "$"),
        (user, "$.messages[0].content"),
        (result, "$.messages[2].content[0]"),
    ):
        recorded = bound()
        assert recorded.report().findings == ()
        change(recorded)
        found = [f for f in recorded.report().findings if f.check == "prefix.unaltered"]
        assert [(f.level, f.status, f.path) for f in found] == [("MUST", "fail", path)], change
        assert found[0].rule == "anthropic.claude-bound.messages"


def test_a_bound_prefix_must_not_lose_a_turn() -> None:
    recorded = bound(8)
    messages = recorded.messages(8)
    del messages[:2]

    assert ("prefix.unaltered", "MUST") in {(f.check, f.level) for f in recorded.report().findings}


def test_markers_of_a_cache_are_not_part_of_a_bound_prefix() -> None:
    recorded = bound()
    system = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
    recorded.exchanges[-1]["request"]["system"] = [system]
    recorded.messages(6)[2]["content"][0]["cache_control"] = {"type": "ephemeral"}

    assert recorded.report().findings == ()


# -- blocks that only the provider understands -----------------------------------------------------------------------

SEARCH: list[Json] = [
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
    {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [{"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": "ZW5j"}],
    },
    {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "f", "server_name": "s", "input": {}},
    {"type": "container_of_the_future", "state": {"a": [1, 2]}},
]


def searched() -> Recorded:
    recorded = record(Claude(), script(Claude())[:4]).cut(2)
    for message in (recorded.exchanges[0]["response"], recorded.answer(1, 2)):
        message["content"][1:1] = copy.deepcopy(SEARCH)
    return recorded


def test_blocks_of_the_provider_come_back() -> None:
    assert searched().report().findings == ()


@pytest.mark.parametrize(
    ("place", "new", "check", "fate"),
    [
        ((2,), None, "opaque.kept", "dropped"),
        ((4,), None, "opaque.kept", "dropped"),
        ((1,), None, "call.kept", "dropped"),
        ((2, "content", 0, "encrypted_content"), "ZW5k", "opaque.unaltered", "altered"),
        ((2, "content", 0, "title"), "T", "opaque.unaltered", "altered"),
        ((4, "state", "a"), [1], "opaque.unaltered", "altered"),
        ((3, "server_name"), "other", "call.unaltered", "altered"),
    ],
)
def test_a_changed_block_of_the_provider_is_found(
    place: tuple[str | int, ...], new: Json, check: str, fate: str
) -> None:
    recorded = searched()
    content = recorded.answer(1, 2)["content"]
    if new is None:
        content.pop(place[0])
    else:
        at(content, place[:-1])[place[-1]] = new

    found = [f for f in recorded.report().findings if f.check == check]

    assert [(f.fate, f.level, f.origin) for f in found] == [(fate, "MUST", f"$.content[{place[0]}]")]


# -- across conversations --------------------------------------------------------------------------------------------


def test_thinking_of_another_conversation_has_bled() -> None:
    mine, other = record(DeepSeek(), scope="mine").cut(3), record(DeepSeek(), scope="other").cut(1)
    strange = "This plan belongs to quite another user, whose conversation nobody here should ever see."
    other.exchanges[0]["response"]["choices"][0]["message"]["reasoning_content"] = strange
    mine.answer(2, 3)["reasoning_content"] = strange
    recorded = Recorded(DeepSeek(), [*other.exchanges, *mine.exchanges])

    finding = the(recorded.report())

    assert (finding.check, finding.fate, finding.scope) == ("thinking.own", "bled", "mine")
    assert "exchange 1" in finding.what
    assert strange not in str(finding)


def test_a_short_thought_may_be_thought_twice() -> None:
    class Short(Chat):
        name, host, model = "deepseek", "api.deepseek.com", "deepseek-v4"

        def thinking(self, thoughts: Any) -> Json:
            return {"reasoning_content": "Okay."} if thoughts else {}

    assert record(Short()).report().findings == ()


# -- what is left of an answer -----------------------------------------------------------------------------------------


def test_an_answer_is_known_by_its_place_where_its_words_and_the_question_were_changed() -> None:
    events: list[Answer | str] = [
        "What is the capital of France?",
        Answer(text="The capital of France is Paris, on the river Seine."),
        "And of Spain?",
        Answer(text="The capital of Spain is Madrid, in the middle of the country."),
        "Thank you.",
        Answer(text="You are welcome, ask me again."),
    ]
    recorded = record(DeepSeek(), events)
    messages = recorded.messages(3)
    messages[1]["content"] += " It is noon."
    messages[2]["content"] = "The capital of France is Paris, on the river Loire."

    report = recorded.report()

    found = [(f.check, f.level, f.response, f.path) for f in report.findings]
    assert found == [
        ("text.unaltered", "SHOULD", 1, "$.messages[2].content"),
        ("prefix.unaltered", "MAY", 2, "$.messages[1].content"),
    ]
    assert report.unattributed == 0


def test_another_text_in_the_place_of_an_answer_is_no_changed_form_of_it() -> None:
    events: list[Answer | str] = [
        "Tell me a secret.",
        Answer(text="The moon is made of green cheese."),
        "Go on.",
        Answer(),
    ]
    recorded = record(DeepSeek(), events)
    recorded.messages(2)[2]["content"] = "I cannot help with that request, sorry!"

    report = recorded.report()

    assert [(f.check, f.level) for f in report.findings] == [("context.turn.kept.cross-turn", "MAY")]
    assert report.unattributed == 1


def mistral(*pieces: str) -> Json:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": piece} for piece in pieces]}
    return {"role": "assistant", "content": [thinking, {"type": "text", "text": "Done."}]}


@pytest.mark.parametrize(
    ("said", "sent", "check"),
    [
        (("First one thing.", " Then another."), ("First one thing. Then another.",), "grouping.not-merged"),
        (("First one thing. Then another.",), ("First one thing.", " Then another."), "grouping.not-split"),
    ],
)
def test_pieces_of_a_thought_stay_as_they_came(said: tuple[str, ...], sent: tuple[str, ...], check: str) -> None:
    user = {"role": "user", "content": "Go."}
    head = {"dialect": "openai-chat", "host": "api.mistral.ai", "endpoint": "/v1/chat/completions"}
    answer = {"choices": [{"index": 0, "finish_reason": "stop", "message": mistral(*said)}]}

    def asked(*messages: Json) -> Json:
        return {**head, "request": {"model": "magistral-medium", "messages": [*messages]}, "response": answer}

    recorded = Recorded(DeepSeek(), [asked(user), asked(user, mistral(*said), user)])
    assert recorded.report().findings == ()
    recorded.exchanges[1] = asked(user, mistral(*sent), user)

    finding = the(recorded.report())

    assert (finding.check, finding.fate, finding.path) == (check, "altered", "$.messages[1].content[0]")


def test_a_picture_that_the_model_made_comes_back() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
    user = {"role": "user", "content": "Draw."}
    head = {"dialect": "openai-chat", "host": "openrouter.ai", "endpoint": "/api/v1/chat/completions"}
    message = {"role": "assistant", "content": [{"type": "text", "text": "Here is the picture."}, picture]}
    answer = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}

    def asked(*messages: Json) -> Json:
        return {**head, "request": {"model": "m", "messages": [*messages]}, "response": answer}

    recorded = Recorded(DeepSeek(), [asked(user), asked(user, message, user)])
    assert recorded.report().findings == ()
    recorded.exchanges[1] = asked(user, {**message, "content": message["content"][:1]}, user)
    assert (the(recorded.report()).check, the(recorded.report()).fate) == ("text.kept", "dropped")
    other = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJE"}}
    recorded.exchanges[1] = asked(user, {**message, "content": [message["content"][0], other]}, user)
    assert (the(recorded.report()).check, the(recorded.report()).fate) == ("opaque.unaltered", "altered")


def test_an_answer_that_is_nothing_but_a_picture_is_known_when_it_comes_back() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"}}
    question, answer = (
        {"role": "user", "parts": [{"text": "Draw a dot."}]},
        {"role": "model", "parts": [picture]},
    )
    later = {"role": "user", "parts": [{"text": "Now a line."}]}
    lines = [
        {"dialect": "gemini", "request": {"contents": contents}, "response": {"candidates": [{"content": said}]}}
        for contents, said in (
            ([question], answer),
            ([question, answer, later], {"role": "model", "parts": [{"text": "No."}]}),
        )
    ]

    report = audit(read([dump(line) for line in lines]))

    assert (report.findings, report.expected, report.unattributed) == ((), 1, 0)


CHUNKS: list[list[Json]] = [
    [{"text": "I look at the numbers first and then", "thought": True}],
    [{"text": " decide what to say about them.", "thought": True}],
    [{"text": "The answer to your question is "}],
    [{"text": "forty-two, as far as I can see."}],
    [{"text": "", "thoughtSignature": "c2VhbCBvZiB0aGUgdGV4dA=="}],
]


def in_chunks(contents: list[Json]) -> Recorded:
    """Record a stream of Gemini in chunks, and a request that goes on from it."""
    head = {"dialect": "gemini", "host": WIRES["gemini"].host, "endpoint": WIRES["gemini"].endpoint}
    chunks: list[Json] = [
        {"candidates": [{"content": {"role": "model", "parts": parts}}], "responseId": "r"} for parts in CHUNKS
    ]
    chunks[-1]["candidates"][0]["finishReason"] = "STOP"
    stream = "".join(f"data: {json.dumps(chunk)}\r\n\r\n" for chunk in chunks)
    user = {"role": "user", "parts": [{"text": "How much?"}]}
    more = {"role": "user", "parts": [{"text": "Sure?"}]}
    answer = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Yes."}]}, "finishReason": "STOP"}]}
    return Recorded(
        DeepSeek(),
        [
            {**head, "request": {"contents": [user]}, "response": stream},
            {**head, "request": {"contents": [user, *contents, more]}, "response": answer},
        ],
    )


def test_an_answer_of_gemini_may_come_back_in_the_pieces_in_which_it_was_streamed() -> None:
    """As the vendor's own client sends it: one content a chunk."""
    apart = [{"role": "model", "parts": parts} for parts in copy.deepcopy(CHUNKS)]
    together = [{"role": "model", "parts": [part for parts in CHUNKS for part in parts]}]
    for contents in (apart, together):
        report = in_chunks(contents).report()
        assert [(f.check, f.what) for f in report.findings] == []
        assert report.fates == {"preserved": 1}
        assert report.unattributed == 0


@pytest.mark.parametrize(
    ("chunk", "check"), [(0, "thinking.unaltered"), (1, "thinking.unaltered"), (3, "text.unaltered"), (4, "seal.kept")]
)
def test_a_piece_that_is_missing_is_found(chunk: int, check: str) -> None:
    contents = [{"role": "model", "parts": parts} for n, parts in enumerate(CHUNKS) if n != chunk]

    assert check in {finding.check for finding in in_chunks(contents).report().findings}


# -- recordings ----------------------------------------------------------------------------------------------------


def test_a_profile_may_be_given_for_all() -> None:
    recorded = record(WIRES["minimax"])
    lines = [dump({**one, "host": "proxy.example.org"}) for one in recorded.exchanges]

    assert audit(read(lines)).fates == {}
    assert audit(read(lines), profile="minimax").fates == {"preserved": 28}


def test_every_new_finding_is_told_at_once() -> None:
    recorded = record(DeepSeek()).cut(6)
    del recorded.answer(2, 5)["reasoning_content"]
    told: list[tuple[str, int]] = []
    auditor = Auditor(notice=lambda finding: told.append((finding.check, finding.request)))
    for exchange in read([dump(one) for one in recorded.lines()]):
        auditor.add(exchange)

    assert told == [("thinking.kept.in-loop", 5)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_700_000_000, 1_700_000_000.0),
        (1_700_000_000_000, 1_700_000_000.0),
        ("2023-11-14T22:13:20Z", 1_700_000_000.0),
        ("2023-11-14T22:13:20", 1.7e9),
    ],
)
def test_a_time_is_a_number_or_a_text(value: Any, expected: float) -> None:
    (exchange,) = read([dump({"request": {}, "at": value})])

    assert exchange.at == expected


@pytest.mark.parametrize("value", ["yesterday", "", 1e300, -1e300, 10**400])
def test_what_is_no_time_is_an_error(value: Any) -> None:
    with pytest.raises(DecodeError, match="`at` is no time") as caught:
        list(read([dump({"request": {}}), dump({"request": {}, "at": value})]))

    assert caught.value.where == "line 2"


def test_the_first_line_that_is_no_exchange_ends_the_reading() -> None:
    with pytest.raises(DecodeError, match="holds no `request`"):
        list(read([b"\n", b"{}\n"]))


@pytest.mark.parametrize(
    ("place", "dialect"),
    [
        (("", "/v1/chat/completions"), "openai-chat"),
        (("api.mistral.ai", "/v1/chat/completions#stream"), "mistral"),
        (("api.openai.com", "/v1/responses?x=1"), "openai-responses"),
        (("", "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse"), "gemini"),
        (("", "/model/vendor.name-v1%3A0/converse-stream"), "bedrock-converse"),
        (("api.cohere.com", "/v2/chat"), "cohere"),
        (("localhost:11434", "/api/chat/"), "ollama"),
        (("", "/v1/embeddings"), None),
        (("codestral.mistral.ai", "/v1/chat/completions"), "mistral"),
        (("", "/openai/deployments/x/chat/completions?api-version=2026-01-01"), "openai-chat"),
        (("", "/anthropic/v1/messages?beta=true"), "anthropic-messages"),
        (("", "/v1/threads/thread_1/messages"), None),
        (
            ("", "/v1/projects/p/locations/l/publishers/anthropic/models/c@1:streamRawPredict"),
            "anthropic-messages",
        ),
        (("", "/v1/projects/p/locations/l/publishers/mistralai/models/m:rawPredict"), "mistral"),
        (("", "/model/us.anthropic.claude-v1%3A0/invoke-with-response-stream"), "anthropic-messages"),
        (("", "/model/amazon.nova-micro-v1%3A0/invoke"), None),
    ],
)
def test_the_path_tells_the_dialect(place: tuple[str, str], dialect: str | None) -> None:
    (exchange,) = read([dump({"request": {}, "host": place[0], "endpoint": place[1]})])

    assert dialect_of(exchange, ()) == dialect


@pytest.mark.parametrize(
    "path",
    [
        "/v1/messages/count_tokens?beta=true",
        "/v1/responses/input_tokens",
        "/v1/embeddings",
        "/v1/models/m",
        "/v1/files",
        "/v1beta/models/m:countTokens",
        "/v1beta/models/m:batchEmbedContents",
    ],
)
def test_what_asks_no_model_is_not_judged_and_no_problem(path: str) -> None:
    recorded = record(Claude()).cut(2)
    recorded.exchanges.insert(1, {**recorded.exchanges[0], "endpoint": path, "response": {"input_tokens": 7}})

    report = recorded.report()

    assert (report.problems, report.findings, report.exchanges) == ((), (), 3)


def test_a_name_that_only_the_recorder_knows_tells_less_than_the_path() -> None:
    one = {"request": {}, "endpoint": "/v1/responses/compact"}
    (odd,) = read([dump({**one, "dialect": "openai-responses-compact"})])
    (named,) = read([dump({**one, "dialect": "openai-chat"})])

    assert dialect_of(odd, ("openai-chat", "openai-responses")) == "openai-responses"
    assert dialect_of(named, ("openai-chat", "openai-responses")) == "openai-chat"


def test_a_binary_response_is_base64_and_says_so() -> None:
    frame = eventstream(b'{"role":"assistant"}')
    packed = base64.b64encode(frame).decode()

    (exchange,) = read([dump({"request": {}, "response": packed, "encoding": "base64"})])
    (plain,) = read([dump({"request": {}, "response": packed})])

    assert exchange.response == frame
    assert is_stream(frame)
    assert plain.response == packed.encode()
    assert not is_stream(packed.encode())
    with pytest.raises(DecodeError, match="no base64") as caught:
        list(read([dump({"request": {}, "response": "*", "encoding": "base64"})]))
    assert caught.value.where == "line 1, $.response"


def eventstream(payload: bytes) -> bytes:
    prelude = (16 + len(payload)).to_bytes(4, "big") + (0).to_bytes(4, "big")
    prelude += crc32(prelude).to_bytes(4, "big")
    return prelude + payload + crc32(prelude + payload).to_bytes(4, "big")
