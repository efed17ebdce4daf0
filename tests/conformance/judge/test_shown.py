"""What shows a finding, who lost it, and what to do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Block, Item, Message, Seal, Text, Thinking, ToolCall
from keepthinking.checks import CHECKS
from keepthinking_conformance.judge import judge
from keepthinking_conformance.judge._evidence import WIDTH, _difference
from keepthinking_conformance.judge._fixes import FIXES, fix
from keepthinking_conformance.judge._occasions import OCCASIONS
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.results import CellResult
from keepthinking_conformance.run import Trace
from keepthinking_conformance.scenarios import PROVIDERS
from tests.conformance.judge.runs import cell_of, judged, played
from tests.conformance.subjects import FORGETFUL, STOCK_FORGETFUL, Miniature, Talk

pytestmark = pytest.mark.extras
MODES = pytest.mark.parametrize("mode", ["plain", "stream"])


def thoughts(change: Callable[[Thinking], Thinking]) -> Callable[[Talk], list[Message]]:
    """Change each thought that is sent."""

    def sends(talk: Talk) -> list[Message]:
        return [m.with_blocks([change(b) if isinstance(b, Thinking) else b for b in m.blocks]) for m in talk.messages]

    return sends


def shortened(block: Thinking) -> Thinking:
    *kept, last = block.segments
    return replace(block, segments=(*kept, replace(last, text=str(last.text)[:-12] + " ... and so")))


def resealed(block: Thinking) -> Thinking:
    return replace(block, seals=tuple(Seal(slot=s.slot, wire=s.wire[:40] + "AAAA" + s.wire[44:]) for s in block.seals))


def leaked(talk: Talk) -> list[Message]:
    """Put thinking into the text, between tags."""
    found: list[Message] = []
    for message in talk.messages:
        said = "".join(f"<thought>{b.text}</thought>" for b in message.blocks if isinstance(b, Thinking))
        rest = [b for b in message.blocks if not isinstance(b, Thinking | Text)]
        text = [Text(text=said + message.text)] if said or message.text else []
        found.append(message.with_blocks([*text, *rest]) if said else message)
    return found


def respelt(talk: Talk) -> list[Message]:
    """Write arguments anew, with other white space and other escapes."""

    def changed(block: Block) -> Block:
        if not isinstance(block, ToolCall):
            return block
        return replace(block, arguments=json.dumps(json.loads(block.arguments), separators=(", ", ": ")))

    return [message.with_blocks([changed(block) for block in message.blocks]) for message in talk.messages]


RESPELLS = Miniature("mini.respells", sends=respelt)
SHORTENS = Miniature("mini.shortens", sends=thoughts(shortened))
RESEALS = Miniature("mini.reseals", sends=thoughts(resealed))
LEAKS = Miniature("mini.leaks", sends=leaked)


# -- windows -----------------------------------------------------------------------------------------------------------


@MODES
@pytest.mark.parametrize("profile", [name for name in PROVIDERS if name != "minimax"])
def test_a_lost_thought_is_shown_as_it_was_said_beside_the_message_that_lacks_it(
    provider: Provider, profile: str, mode: str
) -> None:
    cell = cell_of(profile, "loop", FORGETFUL, mode=mode)
    trace = played(provider, cell)
    finding = next(f for f in judge(cell, trace).findings if f.check == "thinking.kept.in-loop")

    assert isinstance(finding.said, str)
    assert isinstance(finding.sent, str)
    assert len(finding.said) <= WIDTH
    assert finding.sent in trace.exchanges[finding.request - 1].request.decode()
    words = re.findall(r"The [a-z]+ [a-z]+ [a-z]+", finding.said)
    assert words
    assert words[0] not in finding.sent
    if mode == "plain":
        body = trace.exchanges[0].response
        assert isinstance(body, bytes)
        assert finding.said in body.decode()


@MODES
@pytest.mark.parametrize("profile", ["deepseek", "openai", "anthropic", "google-gemini"])
def test_a_changed_thought_is_shown_around_the_first_difference(provider: Provider, profile: str, mode: str) -> None:
    found = judged(provider, cell_of(profile, "loop", SHORTENS, mode=mode))

    finding = next(f for f in found.findings if f.fate == "altered")
    assert isinstance(finding.said, str)
    assert isinstance(finding.sent, str)
    assert "... and so" in finding.sent
    assert "... and so" not in finding.said
    assert finding.said[:40] == finding.sent[:40]


@MODES
@pytest.mark.parametrize("profile", ["deepseek", "openai", "anthropic", "google-gemini"])
def test_of_changed_arguments_both_windows_show_the_arguments_alone(
    provider: Provider, profile: str, mode: str
) -> None:
    found = judged(provider, cell_of(profile, "odd-arguments", RESPELLS, mode=mode))

    finding = next(f for f in found.findings if f.check == "arguments.verbatim")
    said, sent = str(finding.said), str(finding.sent)
    decoded = [text if text.startswith("{") else json.loads(text) for text in (said, sent)]
    assert json.loads(decoded[0]) == json.loads(decoded[1])
    assert set(json.loads(decoded[0])) == {"key", "e", "x", "esc"}
    assert finding.at == len(decoded[0][: _difference(*decoded)].encode())


def test_both_windows_begin_at_the_same_place_so_that_they_can_be_compared(provider: Provider) -> None:
    found = judged(provider, cell_of("deepseek", "interleaved", SHORTENS))

    for finding in found.findings:
        if finding.fate == "altered":
            said, sent = str(finding.said), str(finding.sent)
            assert _difference(said, sent) >= min(60, finding.at if isinstance(finding.at, int) else 60)


def test_a_changed_seal_is_shown_though_it_is_long(provider: Provider) -> None:
    found = judged(provider, cell_of("anthropic", "loop", RESEALS))

    finding = next(f for f in found.findings if f.check == "seal.unaltered")
    assert "AAAA" in str(finding.sent)
    assert finding.at == 40


def test_a_leak_is_shown_where_the_words_stand(provider: Provider) -> None:
    found = judged(provider, cell_of("anthropic", "loop", LEAKS))

    finding = next(f for f in found.findings if f.check == "thinking.not-text")
    words = re.findall(r"The [a-z]+ [a-z]+ [a-z]+", str(finding.said))
    assert f"<thought>{words[0]}" in str(finding.sent)


def test_what_was_never_said_is_shown_as_it_was_sent(provider: Provider) -> None:
    def invents(talk: Talk) -> list[Message]:
        made = Thinking.of("I have no idea at all of what I did here.")
        return [m.with_blocks([made, *m.blocks]) if m.tool_calls else m for m in talk.messages]

    found = judged(provider, cell_of("anthropic", "loop", Miniature("mini.invents", sends=invents)))

    finding = next(f for f in found.findings if f.check == "thinking.not-invented")
    assert finding.said is UNSET
    assert "no idea at all" in str(finding.sent)


@MODES
@pytest.mark.parametrize(
    ("member", "value", "shown"),
    [("id", "msg_another", '"msg_another"'), ("phase", UNSET, UNSET)],
)
def test_of_the_item_around_a_text_the_member_is_shown_that_is_another_one(
    member: str, value: object, shown: object, mode: str, provider: Provider
) -> None:
    def sends(talk: Talk) -> list[Message]:
        return [replace(m, items=tuple(reworded(item) for item in m.items)) for m in talk.messages]

    def reworded(item: Item) -> Item:
        return replace(item, **{member: value}) if item.kind == "message" and item.id is not UNSET else item

    cell = cell_of("openai", "second-turn", Miniature("mini.renames", sends=sends), mode=mode)
    trace = played(provider, cell)
    found = judge(cell, trace)

    finding = next(f for f in found.findings if f.check == "text.unaltered")
    assert f"`{member}`" in finding.what or f"`item.{member}`" in finding.what
    assert re.fullmatch(r'"(?:msg_\w+|final_answer)"', str(finding.said))
    assert finding.sent == shown
    memory = "".join(body.decode() for one in trace.exchanges if isinstance(body := one.response, bytes))
    assert lost(judge(cell, remembering(trace, memory)), "text.unaltered") == {"client"}
    without = memory.replace(str(finding.said), '""')
    assert lost(judge(cell, remembering(trace, without)), "text.unaltered") == {"framework"}


def test_a_history_that_is_gone_is_shown_by_what_is_left(provider: Provider) -> None:
    from tests.conformance.subjects import TELLS_ANEW

    found = judged(provider, cell_of("openai", "loop", TELLS_ANEW))

    finding = next(f for f in found.findings if f.check == "context.turn.kept.in-loop")
    assert finding.path == "$.input"
    assert "This is message" in str(finding.sent)


# -- who lost it -------------------------------------------------------------------------------------------------------


def remembering(trace: Trace, memory: str) -> Trace:
    return trace._replace(memories=(memory,) * len(trace.starts))


def answers(trace: Trace) -> str:
    """Write down all that the model said, as a framework might."""
    return repr([json.loads(e.response) for e in trace.exchanges if isinstance(e.response, bytes)])


def lost(result: CellResult, check: str) -> set[str]:
    return {finding.lost_in for finding in result.findings if finding.check == check}


@pytest.mark.parametrize("profile", ["deepseek", "openai", "anthropic", "google-gemini"])
def test_what_the_framework_holds_its_client_has_lost(provider: Provider, profile: str) -> None:
    cell = cell_of(profile, "loop", FORGETFUL)
    trace = played(provider, cell)
    checks = {f.check for f in judge(cell, trace).findings}

    for check in checks:
        assert lost(judge(cell, trace), check) == {"unknown"}
        assert lost(judge(cell, remembering(trace, answers(trace))), check) == {"client"}
        assert lost(judge(cell, remembering(trace, json.dumps(answers(trace)))), check) == {"client"}
        assert lost(judge(cell, remembering(trace, "[HumanMessage(content='hi')]")), check) == {"framework"}


def test_what_was_changed_before_or_by_the_client(provider: Provider) -> None:
    cell = cell_of("deepseek", "odd-arguments", Miniature("mini.sorts", sends=respelled))
    trace = played(provider, cell)

    original = answers(trace)
    parsed = original.replace('"key":"', '"key": "')
    assert lost(judge(cell, remembering(trace, original)), "arguments.verbatim") == {"client"}
    assert "framework" in lost(judge(cell, remembering(trace, parsed)), "arguments.verbatim")


def respelled(talk: Talk) -> list[Message]:
    def anew(block: Block) -> Block:
        if not isinstance(block, ToolCall):
            return block
        return replace(block, arguments=json.dumps(json.loads(block.arguments)))

    return [m.with_blocks([anew(b) for b in m.blocks]) for m in talk.messages]


def test_a_leak_that_stands_in_the_memory_is_the_frameworks(provider: Provider) -> None:
    cell = cell_of("anthropic", "loop", LEAKS)
    trace = played(provider, cell)
    sent = trace.exchanges[-1].request.decode()

    assert lost(judge(cell, remembering(trace, sent)), "thinking.not-text") == {"framework"}
    assert lost(judge(cell, remembering(trace, answers(trace))), "thinking.not-text") == {"client"}


def test_words_that_are_there_either_way_tell_nothing(provider: Provider) -> None:
    def reordered(talk: Talk) -> list[Message]:
        return [m.with_blocks(m.blocks[::-1]) if m.tool_calls else m for m in talk.messages]

    cell = cell_of("anthropic", "loop", Miniature("mini.reorders", sends=reordered))
    trace = played(provider, cell)

    assert lost(judge(cell, remembering(trace, answers(trace))), "order.blocks") == {"unknown"}


# -- what to do --------------------------------------------------------------------------------------------------------


def test_every_check_that_a_run_reports_has_a_fix_and_no_other_has() -> None:
    assert set(FIXES) == set(OCCASIONS)
    assert list(FIXES) == [check for check in CHECKS if check in FIXES]


@pytest.mark.parametrize("check", FIXES)
@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_fix_is_a_sentence_in_the_words_of_the_dialect(profile: str, check: str) -> None:
    said = fix(cell_of(profile, "loop"), check)

    assert said.endswith(".")
    assert said[0].isupper()
    assert not {"{", "}"} & set(said)
    assert len(said) <= 200


def test_a_fix_names_what_holds_the_thinking_and_our_class_for_the_framework() -> None:
    def said(profile: str, **more: str) -> str:
        return fix(cell_of(profile, "loop", Miniature("mini", framework="langchain", **more)), "thinking.kept.in-loop")  # type: ignore[arg-type]  # words

    assert "`reasoning_content`" in said("deepseek", variant="stock")
    assert "`thinking` blocks" in said("anthropic", variant="stock")
    assert "from `<think>` to `</think>`" in said("minimax", variant="stock")
    assert said("openai", variant="stock").endswith("`keepthinking_adapters.langchain.ChatKeepThinking` does.")
    assert said("openai", variant="kept").endswith("please report it.")
    assert "ChatKeepThinking" not in fix(cell_of("openai", "loop", STOCK_FORGETFUL), "thinking.kept.in-loop")
