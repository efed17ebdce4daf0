"""The provider's rule decides: what it lets go is counted, what it wants is cited, and the unknown demands nothing."""

from __future__ import annotations

from typing import Any

import pytest

from keepthinking._reports import Finding
from keepthinking.audit import Report
from keepthinking.retention._rules import rule
from tests.core.audit.faults import drop
from tests.core.audit.places import Json, at
from tests.core.audit.scripted import Recorded, record, script, seal, thought
from tests.core.audit.wires import WIRES, Answer, Call, DeepSeek, Thought, Wire

TWENTY_FIVE, JANUARY, OCTOBER = "2025-06-01T12:00:00Z", "2026-01-15T12:00:00Z", 1_791_000_000


def served(wire: Wire, host: str, model: str, **more: Json) -> Recorded:
    """Record the script at another provider that speaks the same wire."""
    recorded = record(wire, **more)
    for one in recorded.exchanges:
        one["host"], one["request"]["model"] = host, model
        one["endpoint"] = one["endpoint"].replace(wire.model, model)
    return recorded


def without_thinking(recorded: Recorded, request: int, *answers: int) -> Recorded:
    recorded = recorded.cut(request)
    for answer in answers:
        message = recorded.answer(answer, request)
        for place in reversed(recorded.wire.thoughts(message)):
            drop(message, place)
    return recorded


def the(report: Report) -> Finding:
    assert len(report.findings) == 1, [(f.check, f.level, f.what) for f in report.findings]
    return report.findings[0]


LET_GO = [
    pytest.param("deepseek", "api.moonshot.ai", "kimi-k2.5", {}, "", id="Kimi K2.5, earlier turns"),
    pytest.param("deepseek", "api.deepseek.com", "deepseek-reasoner", {}, JANUARY, id="DeepSeek V3.2, earlier turns"),
    pytest.param("deepseek", "api.z.ai", "glm-4.6", {}, "", id="GLM, earlier turns"),
    pytest.param("deepseek", "dashscope-intl.aliyuncs.com", "qwen3-max", {}, "", id="Qwen3, earlier turns"),
    pytest.param("deepseek", "localhost", "MiniMax-M2", {}, "", id="open weights of MiniMax M2, earlier turns"),
    pytest.param("deepseek", "localhost", "gpt-oss-120b", {}, "", id="gpt-oss, earlier turns"),
    pytest.param("claude", "api.anthropic.com", "claude-sonnet-4-5", {}, "", id="Claude Sonnet 4.5, earlier turns"),
    pytest.param("responses", "api.openai.com", "gpt-5.2", {}, "", id="OpenAI before GPT-5.6, earlier turns"),
    pytest.param(
        "bedrock",
        WIRES["bedrock"].host,
        "us.anthropic.claude-sonnet-4-5",
        {},
        "",
        id="Sonnet 4.5 on Bedrock, earlier turns",
    ),
]


@pytest.mark.parametrize(("wire", "host", "model", "more", "at_"), LET_GO)
def test_what_the_rule_lets_go_is_counted_and_not_accused(
    wire: str, host: str, model: str, more: dict[str, Any], at_: str
) -> None:
    recorded = without_thinking(served(WIRES[wire], host, model, **more), 8, 1, 2, 3, 4, 5, 6)

    report = recorded.report(**({"at": at_} if at_ else {}))

    assert [(f.check, f.level, f.what) for f in report.findings] == []
    dropped = sum(len(e.thoughts) for e in script(WIRES[wire])[1:7] if isinstance(e, Answer))
    assert report.fates["legally-dropped"] == dropped
    assert set(report.fates) == {"legally-dropped", "preserved"}


@pytest.mark.parametrize(("wire", "host", "model", "more", "at_"), LET_GO)
def test_the_same_rule_wants_the_running_loop(wire: str, host: str, model: str, more: dict[str, Any], at_: str) -> None:
    recorded = without_thinking(served(WIRES[wire], host, model, **more), 8, 7)

    finding = the(recorded.report(**({"at": at_} if at_ else {})))

    assert finding.check == "thinking.kept.in-loop"
    assert isinstance(finding.rule, str)
    cited = rule(finding.rule)
    assert finding.level == cited.level(in_loop=True)
    assert (finding.source, finding.verified) == (cited.source, cited.verified)


@pytest.mark.parametrize(
    ("when", "levels", "fates"),
    [
        (JANUARY, [], {"legally-dropped": 1}),  # V3.2: thinking of earlier turns is not wanted
        (OCTOBER, ["MUST"], {"dropped": 1}),  # V4: all of it is
    ],
)
def test_the_rule_of_the_day_holds(when: str | float, levels: list[str], fates: dict[str, int]) -> None:
    recorded = without_thinking(served(DeepSeek(), "api.deepseek.com", "deepseek-reasoner"), 8, 2)

    report = recorded.report(at=when)

    assert [finding.level for finding in report.findings] == levels
    assert {fate: count for fate, count in report.fates.items() if fate != "preserved"} == fates


@pytest.mark.parametrize(
    ("host", "checks", "fates"),
    [
        ("api.together.ai", [], {"normalised": 1}),  # takes both
        ("api.groq.com", ["thinking.place"], {"misplaced": 1}),  # takes `reasoning` alone
    ],
)
def test_thinking_may_come_back_in_another_member_that_the_provider_reads(
    host: str, checks: list[str], fates: dict[str, int]
) -> None:
    recorded = record(DeepSeek(), ["Hello?", Answer((Thought(thought(1)),), "One."), "And?", Answer(text="Two.")])
    for one in recorded.exchanges:
        one["host"], one["request"]["model"] = host, "some-model"
    said = recorded.exchanges[0]["response"]["choices"][0]["message"]
    said["reasoning"] = said.pop("reasoning_content")

    report = recorded.report()

    assert [finding.check for finding in report.findings] == checks
    assert report.fates == fates


def test_deepseek_reads_no_thinking_where_no_tools_are() -> None:
    events: list[Answer | str] = ["Hello?"]
    events += [Answer((Thought(thought(1)),), "One."), "And?", Answer((Thought(thought(2)),), "Two.")]
    recorded = record(DeepSeek(), events)
    drop(recorded.answer(1, 2), ("reasoning_content",))
    assert the(recorded.report()).level == "MUST"
    for one in recorded.exchanges:
        del one["request"]["tools"]

    report = recorded.report()

    assert report.findings == ()
    assert report.fates == {"legally-dropped": 1}


def test_an_answer_without_calls_is_not_asked_for_where_no_tools_are() -> None:
    recorded = record(DeepSeek(), ["Hello?", *(Answer((Thought(thought(n)),), f"Part {n}.") for n in (1, 2))])
    for one in recorded.exchanges:
        del one["request"]["tools"]
    drop(recorded.answer(1, 2), ("reasoning_content",))  # the loop goes on: no user has spoken since

    report = recorded.report()

    assert report.findings == ()
    assert report.fates == {"legally-dropped": 1}


# -- where the provider reads it, too ----------------------------------------------------------------------------------


def test_thinking_may_go_from_its_field_to_the_tags_that_the_provider_reads() -> None:
    recorded = served(DeepSeek(), "api.minimax.io", "MiniMax-M2").cut(2)
    message = recorded.answer(1, 2)
    message["content"] = f"<think>\n{message.pop('reasoning_content')}\n</think>\n\n{message['content']}"

    report = recorded.report()

    assert report.findings == ()
    assert report.fates == {"normalised": 1}


@pytest.mark.parametrize("role", ["assistant", "user", "system", "developer"])
def test_thinking_may_be_a_text_of_the_models_alone_where_the_provider_reads_texts(role: str) -> None:
    recorded = served(DeepSeek(), "api.cerebras.ai", "zai-glm-4.6").cut(2)
    words = recorded.answer(1, 2).pop("reasoning_content")
    recorded.messages(2).append({"role": role, "content": words})

    checks = [finding.check for finding in recorded.report().findings]

    assert checks == ([] if role == "assistant" else ["thinking.not-text"])


def test_a_message_of_a_developer_ends_the_turn_where_it_counts_as_a_users() -> None:
    recorded = without_thinking(served(DeepSeek(), "localhost", "deepseek-ai/DeepSeek-V3.2"), 4, 1)
    recorded.messages(4).append({"role": "developer", "content": "Be quick."})

    report = recorded.report()

    assert [finding.check for finding in report.findings] == ["inject.boundary"]
    assert report.fates["legally-dropped"] == 1


def test_thinking_that_is_off_is_not_wanted() -> None:
    recorded = without_thinking(served(DeepSeek(), "api.deepseek.com", "deepseek-v4"), 6, 2)
    recorded.exchanges[-1]["request"]["thinking"] = {"type": "disabled"}

    report = recorded.report()

    assert report.findings == ()
    assert report.fates["legally-dropped"] == 1


def test_nothing_is_a_must_where_no_rule_is_known() -> None:
    recorded = without_thinking(served(DeepSeek(), "llm.example.org", "some-model"), 6, 2)
    recorded.answer(3, 6)["reasoning_content"] += " changed"
    recorded.answer(4, 6)["content"] = recorded.answer(4, 6).pop("reasoning_content")
    recorded.answer(5, 6)["reasoning_content"] = thought(1)

    report = recorded.report()

    found = {(finding.check, finding.level, finding.status, finding.rule) for finding in report.findings}
    assert {row[0] for row in found} == {
        *("thinking.kept.in-loop", "thinking.unaltered", "thinking.not-text", "thinking.own"),
    }
    assert {row[1:3] for row in found} == {("SHOULD", "warn")}
    assert all(not isinstance(row[3], str) for row in found)


def test_what_no_provider_has_to_demand_stays_a_must() -> None:
    recorded = served(DeepSeek(), "llm.example.org", "some-model").cut(6)
    recorded.answer(5, 6)["tool_calls"][0]["function"]["arguments"] = '{"q":"other"}'

    assert the(recorded.report()).level == "MUST"


def unsealed(recorded: Recorded, request: int, *answers: int) -> Recorded:
    """Take the seals of answers away, and nothing else."""
    recorded = recorded.cut(request)
    for answer in answers:
        message = recorded.answer(answer, request)
        for place in recorded.wire.seals(message):
            del at(message, place)[recorded.wire.seal(message, place)]
    return recorded


def test_seals_on_calls_are_let_go_where_the_rule_says_so() -> None:
    wire = WIRES["gemini"]
    older = unsealed(served(wire, wire.host, "gemini-2.5-pro"), 8, 1, 2, 3, 4, 5, 6)

    report = older.report()

    assert report.findings == ()
    sealed = [event for event in script(wire)[1:7] if isinstance(event, Answer) and event.thoughts[0].seal]
    assert report.fates["legally-dropped"] == len(sealed) == 5
    newer = unsealed(served(wire, wire.host, "gemini-3-pro-preview"), 8, 1, 2, 3, 4, 5, 6).report()
    assert {(f.check, f.level) for f in newer.findings} == {("seal.kept", "SHOULD")}
    assert {(f.check, f.level) for f in unsealed(served(wire, wire.host, wire.model), 6, 5).report().findings} == {
        ("seal.kept", "MUST")
    }


def test_a_summary_without_a_seal_is_not_asked_for_as_its_seal_is() -> None:
    wire = WIRES["gemini"]

    finding = the(without_thinking(served(wire, wire.host, wire.model), 6, 2).report())

    assert (finding.check, finding.level) == ("thinking.kept.in-loop", "SHOULD")


# -- empty thinking --------------------------------------------------------------------------------------------------


def empty(host: str, model: str) -> Recorded:
    events: list[Answer | str] = [
        "Look.",
        Answer((Thought(""),), "", (Call("call_1", "look", "{}"),)),
        Answer(text="Done."),
    ]
    recorded = record(DeepSeek(), events)
    for one in recorded.exchanges:
        one["host"], one["request"]["model"] = host, model
    return recorded


@pytest.mark.parametrize(
    ("host", "model", "level"),
    [
        ("api.deepseek.com", "deepseek-v4", "MUST"),  # accepted as thinking
        ("api.moonshot.ai", "kimi-k2.5", "SHOULD"),  # contested
        ("llm.example.org", "some-model", "SHOULD"),  # unknown
    ],
)
def test_empty_is_not_absent(host: str, model: str, level: str) -> None:
    recorded = empty(host, model)
    assert recorded.report().findings == ()
    for absent in (None, "absent"):
        cut = recorded.cut(2)
        message = cut.answer(1, 2)
        del message["reasoning_content"]
        if absent is None:
            message["reasoning_content"] = None
        finding = the(cut.report())
        assert (finding.check, finding.fate, finding.level) == ("thinking.empty.kept", "dropped", level)
        assert finding.origin == "$.choices[0].message.reasoning_content"


@pytest.mark.parametrize(
    ("host", "model", "level"),
    [("api.deepseek.com", "deepseek-v4", "MAY"), ("llm.example.org", "some-model", "SHOULD")],
)
def test_absent_is_not_empty(host: str, model: str, level: str) -> None:
    recorded = empty(host, model)
    del recorded.exchanges[0]["response"]["choices"][0]["message"]["reasoning_content"]

    finding = the(recorded.report())

    assert (finding.check, finding.fate, finding.level) == ("thinking.empty.not-invented", "invented", level)
    assert finding.path == f"$.messages[{recorded.places[1]}].reasoning_content"


# -- other models ----------------------------------------------------------------------------------------------------


def gemini(*hosts: str) -> Recorded:
    """A loop whose calls are sealed, asked of one host after the other."""
    recorded = record(
        DeepSeek(),
        [
            "Look.",
            *(Answer((), "", (Call(f"call_gemini_{n}", "look", '{"n":1}'),)) for n in range(len(hosts) - 1)),
            Answer(text="Done."),
        ],
    )

    def sealed(message: Json, number: int) -> None:
        message["tool_calls"][0]["extra_content"] = {"google": {"thought_signature": seal(number)}}

    for n, (host, one) in enumerate(zip(hosts, recorded.exchanges, strict=True), 1):
        one["host"], one["request"]["model"] = host, "gemini-3-pro"
        if n < len(hosts):
            sealed(one["response"]["choices"][0]["message"], n)
        for earlier in range(1, n):
            sealed(recorded.answer(earlier, n), earlier)
    return recorded


API, VERTEX = "generativelanguage.googleapis.com", "aiplatform.googleapis.com"


def test_seals_go_only_where_they_are_good() -> None:
    assert gemini(API, API, API).report().findings == ()

    finding = the(gemini(API, VERTEX).report())

    assert (finding.check, finding.level, finding.request, finding.response) == ("foreign.not-sent", "MUST", 2, 1)
    assert finding.path == "$.messages[2].tool_calls[0]"


@pytest.mark.parametrize(
    ("giver", "taker", "bad"),
    [
        ("api.minimax.io/anthropic", "api.anthropic.com", True),
        ("api.minimax.io/anthropic", "bedrock-runtime.eu-west-1.amazonaws.com", True),
        ("bedrock-runtime.eu-west-1.amazonaws.com", "api.anthropic.com", False),
        ("aiplatform.googleapis.com", "api.anthropic.com", False),
        ("llm.example.org", "api.anthropic.com", False),  # nobody knows who made it
        ("api.z.ai/api/anthropic", "api.anthropic.com", True),
        ("api.anthropic.com", "api.minimax.io/anthropic", False),  # nobody says what becomes of it
    ],
)
def test_claude_takes_no_seal_that_claude_did_not_make(giver: str, taker: str, *, bad: bool) -> None:
    models = {
        "api.minimax.io/anthropic": "MiniMax-M2",
        "llm.example.org": "some-model",
        "api.z.ai/api/anthropic": "claude-opus-5",  # which that address takes for one of its own
    }
    call = Call("toolu_1", "look", '{"n":1}')
    recorded = record(
        WIRES["claude"], ["Look.", Answer((Thought(thought(1), seal(1)),), "", (call,)), Answer(text="Done.")]
    )
    for host, one in zip((giver, taker), recorded.exchanges, strict=True):
        one["host"], one["request"]["model"] = host, models.get(host, "claude-opus-5")

    found = [(f.check, f.level, f.path) for f in recorded.report().findings]

    assert found == ([("foreign.not-sent", "MUST", "$.messages[1].content[0]")] if bad else [])


def test_foreign_seals_may_be_left_out() -> None:
    recorded = gemini(API, VERTEX)
    del recorded.answer(1, 2)["tool_calls"][0]["extra_content"]

    assert recorded.report().findings == ()


def test_foreign_thinking_may_be_left_out_and_is_wanted_again_at_home() -> None:
    recorded = record(DeepSeek()).cut(6)
    recorded.exchanges[4] |= {"host": "api.moonshot.ai"}
    recorded.exchanges[4]["request"]["model"] = "kimi-k2.7-code"
    for answer in (1, 2, 3, 4):
        drop(recorded.answer(answer, 5), ("reasoning_content",))

    report = recorded.report()

    assert report.findings == ()
    assert report.fates["legally-dropped"] == 4
    drop(recorded.answer(2, 6), ("reasoning_content",))
    assert the(recorded.report()).check == "thinking.kept.in-loop"


def test_another_model_of_the_same_provider_is_asked_for_more_than_it_may_read() -> None:
    recorded = without_thinking(record(DeepSeek()), 6, 2)
    recorded.exchanges[5]["request"]["model"] = "deepseek-v4-pro"

    assert the(recorded.report()).level == "SHOULD"


@pytest.mark.parametrize(
    ("wire", "model", "more", "when", "level"),
    [
        ("claude", "claude-opus-5", {"type": "disabled"}, OCTOBER, "SHOULD"),
        ("deepseek", "deepseek-r1", None, TWENTY_FIVE, "MUST"),
    ],
)
def test_thinking_that_the_provider_refuses_is_not_sent(
    wire: str, model: str, more: Json, when: str | float, level: str
) -> None:
    recorded = served(WIRES[wire], WIRES[wire].host, model).cut(3)
    if more is not None:
        recorded.exchanges[2]["request"]["thinking"] = more
    else:
        recorded = recorded.cut(2)

    report = recorded.report(at=when)

    assert {(f.check, f.fate, f.level) for f in report.findings} == {("thinking.not-sent", "preserved", level)}
