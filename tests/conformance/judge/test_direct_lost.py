"""Who lost something, or put it there: told from what the memory of the framework holds, spelled in any way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Block, Finding, Seal, Segment, Text, Thinking, ToolCall
from keepthinking._profiles import profile as profile_of
from keepthinking.checks import CHECKS
from keepthinking_conformance.judge._attribution import _around, _forms, _spellings, lost_in
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._evidence import WIDTH, Evidence, evidence, words_of
from keepthinking_conformance.judge._fixes import FIXES, fix
from keepthinking_conformance.run import Told
from keepthinking_conformance.scenarios import TurnScript
from tests.conformance.judge.recorded import (
    HELLO,
    LAST,
    LOOK,
    answer,
    call,
    exchange,
    play,
    recorded,
    responses,
    result,
    wanted,
)
from tests.conformance.judge.runs import cell_of
from tests.conformance.subjects import Miniature

pytestmark = pytest.mark.extras

THOUGHT = "Box 4 stands on the upper shelf; behind the ladder"
BLOCK = Thinking.of(THOUGHT)
SEALED = Thinking.of(THOUGHT, signature="U0VBTEVEIQ==")
FIRST = answer(THOUGHT, "So.", call("c1"))
TOLD = result("c1", "It holds R-1.")
CALL = ToolCall(id="call-1", name="look_up", arguments='{"key": "key-1"}', kind="json")
TURN = TurnScript((LOOK, LAST))


def finding(check: str = "thinking.kept.in-loop", fate: Any = "dropped", **more: Any) -> Finding:
    held = {"request": 2, "response": 1, "path": "$.messages[1]", **more}
    return Finding(check=check, status="fail", level="MUST", fate=fate, what="It is so.", **held)


def run(memory: str | None, first: Any = None, *more: Any, **told: Any) -> Case:
    exchanges = [exchange([HELLO], FIRST) if first is None else first, *more]
    exchanges += [exchange([HELLO, FIRST, TOLD], answer("", "A lamp."))] if not more else []
    memories = () if memory is None else (memory,)
    return recorded(play(TURN), *exchanges, memories=memories, **{"wanted": (wanted(),), **told})


def lost(
    memory: str | None, one: Finding, block: Block | None = BLOCK, sent: str | None = None, case: Case | None = None
) -> str:
    case = run(memory) if case is None else case
    return lost_in(case, one, Evidence(case.calls[0], block, f'"{THOUGHT}"', sent))


# -- without a look at the memory --------------------------------------------------------------------------------------


def test_an_answer_that_never_came_was_lost_by_the_provider_unless_the_user_interrupted_it() -> None:
    cut = exchange([HELLO], FIRST, delivered=False)

    assert lost("", finding(), case=run("", cut)) == "provider"
    assert lost("", finding(), case=run("", cut, held=(1,))) == "framework"
    assert lost_in(run(""), finding("call.not-invented", "invented"), Evidence(None, None, None, None)) == "unknown"


@pytest.mark.parametrize(
    ("check", "fate", "path", "who"),
    [
        ("malformed-call.answered", "dropped", "$", "framework"),
        ("malformed-call.answered", "dropped", "$.messages[1]", "unknown"),
        ("thinking.not-executed", "misplaced", "$.messages[1]", "framework"),
        ("thinking.place", "misplaced", "$", "unknown"),
    ],
)
def test_whether_a_turn_goes_on_is_for_the_framework_to_say(check: str, fate: str, path: str, who: str) -> None:
    assert lost(None, finding(check, fate, path=path)) == who


# -- what is gone ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fate", "check", "holds", "not_"),
    [
        ("dropped", "thinking.kept.in-loop", "client", "framework"),
        ("removed-with-turn", "thinking.kept.in-loop", "client", "framework"),
        ("altered", "thinking.unaltered", "client", "framework"),
        ("normalised", "thinking.unaltered", "client", "framework"),
        ("duplicated", "block.once", "unknown", "unknown"),
        ("altered", "grouping.not-merged", "unknown", "framework"),
        ("altered", "grouping.not-split", "unknown", "framework"),
        ("altered", "stream.thinking.whole", "unknown", "framework"),
    ],
)
def test_what_the_memory_holds_the_client_lost_and_else_the_framework(
    fate: str, check: str, holds: str, not_: str
) -> None:
    assert lost(f"I thought: {THOUGHT}.", finding(check, fate)) == holds
    assert lost("I thought nothing.", finding(check, fate)) == not_
    assert lost(None, finding(check, fate)) == "unknown"


@pytest.mark.parametrize(
    ("sent", "memory", "who"),
    [
        ({"text": THOUGHT, "format": "a-format-a-format"}, "a-format-a-format", "framework"),
        ({"text": THOUGHT, "format": "a-format-a-format"}, "a-format", "client"),
        ({"text": THOUGHT, "format": "é a-format-a-format"}, "a-format-a-format", "client"),
        ({"text": THOUGHT, "format": None}, "a-format", "unknown"),
        ({"text": "I thought.", "format": "a-format-a-format"}, THOUGHT, "client"),
    ],
)
def test_who_changed_a_member_beside_the_words_is_told_by_what_stands_there_now(
    sent: dict[str, Any], memory: str, who: str
) -> None:
    case = run(f"{memory} {THOUGHT}" if who != "unknown" else memory)
    shown = Evidence(case.calls[0], BLOCK, json.dumps({"text": THOUGHT, "format": "a-format"}), json.dumps(sent))

    assert lost_in(case, finding("thinking.unaltered", "altered"), shown) == who


@pytest.mark.parametrize(("memory", "who"), [(THOUGHT, "client"), (THOUGHT[:20], "framework")])
def test_words_that_stand_in_several_pieces_are_lost_by_who_holds_them_no_more(memory: str, who: str) -> None:
    pieces = [{"text": THOUGHT[:20]}, {"text": THOUGHT[20:]}]
    case = run(memory)
    shown = Evidence(
        case.calls[0], BLOCK, json.dumps({"id": "r", "summary": pieces}), json.dumps({"id": "r", "summary": pieces[:1]})
    )

    assert lost_in(case, finding("thinking.unaltered", "altered"), shown) == who


@pytest.mark.parametrize(
    ("check", "block", "memory", "who"),
    [
        ("seal.kept", SEALED, "U0VBTEVEIQ==", "client"),
        ("seal.kept", SEALED, THOUGHT, "framework"),
        ("thinking.kept.in-loop", SEALED, "U0VBTEVEIQ==", "framework"),
        ("ids.verbatim", CALL, "call-1", "client"),
        ("ids.verbatim", CALL, CALL.arguments, "framework"),
        ("arguments.verbatim", CALL, CALL.arguments, "client"),
        ("arguments.verbatim", CALL, "call-1", "framework"),
        ("ids.paired", ToolCall(id=None, name="look_up", arguments="{}", kind="json"), "{}", "unknown"),
        ("ids.paired", Text(text="A lamp is there."), "A lamp is there.", "client"),
        ("redacted.kept", Thinking(), "anything", "unknown"),
    ],
)
def test_a_block_is_known_by_what_the_check_is_about(check: str, block: Block, memory: str, who: str) -> None:
    assert lost(memory, finding(check), block) == who


@pytest.mark.parametrize(
    ("check", "memory", "who"),
    [
        ("context.turn.kept.in-loop", f"{THOUGHT} So. {CALL.arguments}", "client"),
        ("context.turn.kept.in-loop", f"{THOUGHT} So.", "framework"),
        ("persist.open-call.kept", f"{THOUGHT} So. {CALL.arguments}", "client"),
        ("prefix.unaltered", "", "unknown"),
    ],
)
def test_an_answer_is_known_by_all_that_it_said(check: str, memory: str, who: str) -> None:
    assert lost(memory, finding(check), None) == who


def test_an_answer_that_was_said_again_tells_nothing_and_neither_does_none() -> None:
    again = run(THOUGHT, None, exchange([HELLO], FIRST), exchange([HELLO, FIRST, TOLD], answer("", "A lamp.")))
    one = finding("context.turn.kept.in-loop")

    assert lost("", one, None, case=again) == "unknown"
    assert lost_in(run("So it is."), one, Evidence(None, None, None, None)) == "unknown"


@pytest.mark.parametrize(
    ("member", "memory", "who"),
    [
        ('"msg_1"', "It has the id msg_1.", "client"),
        ('"msg_1"', THOUGHT, "framework"),
        ('{"a": 1}', 'It has {"a": 1}.', "client"),
        ('{"a": 1}', THOUGHT, "framework"),
    ],
)
def test_a_member_of_the_item_around_a_block_is_known_by_itself(member: str, memory: str, who: str) -> None:
    case = run(memory)
    shown = Evidence(case.calls[0], BLOCK, member, None, member)

    assert lost_in(case, finding("text.unaltered", "altered"), shown) == who


# -- what was put there ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("memory", "sent", "who"),
    [
        (f"<think>{THOUGHT}", f'"<think>{THOUGHT}"', "framework"),
        (f"-think-{THOUGHT}", f'"<think>{THOUGHT}"', "client"),
        (THOUGHT, f'"{THOUGHT}"', "unknown"),
    ],
)
def test_leaked_words_are_of_whoever_has_what_stands_before_them(memory: str, sent: str, who: str) -> None:
    assert lost(memory, finding("thinking.not-text", "leaked-as-text"), sent=sent) == who


def test_leaked_words_have_to_stand_there_letter_by_letter() -> None:
    two = Thinking.of("é Box 4 stands on the shelf")

    one = finding("thinking.not-text", "leaked-as-text")
    assert lost("Box 4 stands on the shelf", one, two, sent='"I Box 4 stands on the shelf"') == "client"


@pytest.mark.parametrize(
    ("memory", "sent", "who"),
    [
        ("It thinks that box 4 is empty.", "It thinks that box 4 is empty.", "framework"),
        ("'It thinks that box 4' + 'is empty, so there.'", "It thinks that box 4'é'is empty, so there.", "framework"),
        ("Nothing.", "It thinks that box 4 is empty.", "client"),
        ("Thoughts", "Thoughts", "framework"),
        ("Thought", "Thought", "unknown"),
        ("Nothing.", None, "unknown"),
    ],
)
def test_invented_words_are_of_whoever_holds_them(memory: str, sent: str | None, who: str) -> None:
    assert lost(memory, finding("call.not-invented", "invented"), sent=sent) == who


@pytest.mark.parametrize(
    ("said", "memory", "who"),
    [
        ("It holds R-1.", "It holds R-1.", "client"),
        ("It holds R-1.", "Nothing.", "framework"),
        ("The tool says: It holds R-1. So.", "The tool says: It holds R-1. So.", "client"),
        ("It holds", "It holds R-1.", "client"),
        ("é No tool of that name.", "No tool of that name. It holds R-1.", "client"),
        ("No tool of that name.", "No tool of that name. It holds R-1.", "framework"),
        ("No tool of that name.", "It holds R-1.", "client"),
    ],
)
def test_a_result_that_a_tool_gave_is_looked_for_and_one_that_none_gave_is_put_down_to_whoever_has_it(
    said: str, memory: str, who: str
) -> None:
    told = (Told(wanted(), "It holds R-1.", failed=False),)
    due = (
        wanted(),
        wanted(0, 1, "key-2", result="It holds R-2."),
        wanted(0, 0, "key-3", result="R-3.")._replace(thread=1),
    )
    behind = exchange([HELLO, FIRST, result("c1", said)], answer("", "A lamp."))
    case = run(memory, None, behind, told=told, wanted=due)

    assert lost(memory, finding("result.delivered", "altered"), None, case=case) == who


def test_a_result_of_no_known_call_or_request_is_nobodys() -> None:
    one = finding("result.delivered", "altered")

    told = (Told(wanted(), "It holds R-1.", failed=False),)
    assert lost_in(run("It holds R-1.", told=told), one, Evidence(None, None, None, None)) == "unknown"
    assert lost("R-9", finding("result.delivered", "altered", request=9), None) == "framework"
    broken = run("It holds R-1.", None, exchange([], answer("", "So."), request=b"["))
    assert lost("", one, None, case=broken) == "client"


# -- spellings ---------------------------------------------------------------------------------------------------------


def test_python_has_words_of_its_own_for_what_json_has() -> None:
    made = ToolCall(id="c1", name="f", arguments='{"a":[true,false,null]}', kind="object")

    assert _spellings(made)[-1] == "{'a': [True, False, None]}"
    assert _spellings(ToolCall(id="c1", name="f", arguments='{"a":true}', kind="json")) == ('{"a":true}',)
    assert _spellings(Text(text="A lamp.")) == ("A lamp.",)
    assert _spellings(Thinking()) == ()


def test_what_stands_before_leaked_words_is_read_as_a_reader_reads_it() -> None:
    def around(before: str) -> str:
        return _around(Evidence(None, BLOCK, None, f'"{before}{THOUGHT}"'))[: -len(THOUGHT)]

    assert around("0123456789") == "23456789"
    assert around("a\\n") == "a\n"
    assert around("012345678\\n") == "345678\n"


@pytest.mark.parametrize("words", ["QUJD", "QU JD", "QUJ", "é", ""])
def test_what_is_no_base64_has_no_other_form(words: str) -> None:
    forms = list(_forms(words))

    assert forms[0] == words
    assert (forms[-1] == "ABC") is (words == "QUJD")
    assert all(isinstance(form, str) for form in forms)


def test_words_are_known_by_their_spelling_or_by_the_pieces_of_them_that_look_alike() -> None:
    def kept(words: str, memory: str) -> bool:
        return lost(memory, finding("text.kept"), Text(text=words)) == "client"

    assert kept("A lamp is lit. é stands on the shelf", "A lamp is lit. / stands on the shelf")
    assert not kept("A lamp is lit. é stands on the shelf", "A lamp is out. / stands on the shelf")
    assert kept("é stands on the shelf", "stands on the shelf")
    assert not kept("short é", "nothing")
    assert not kept('{"a": "stands on the shelf"}', "stands on the shelf")
    assert not kept('["stands on the shelf é"]', "stands on the shelf")


# -- what is shown -----------------------------------------------------------------------------------------------------


def test_a_block_is_known_by_its_words_and_else_by_its_seal() -> None:
    assert words_of(Thinking(seals=(Seal(slot="data", wire="D"), Seal(slot="data", wire="E")))) == "D"
    assert words_of(Thinking()) == words_of(None) == words_of(Text(text="")) == ""
    assert words_of(Text(text="A lamp.")) == "A lamp."
    assert words_of(Thinking(segments=(Segment(text="One."), Segment(text=None), Segment(text="Two.")))) == "One.\nTwo."
    assert words_of(CALL) == CALL.arguments


def test_evidence_is_what_the_answer_said_there() -> None:
    case = recorded("loop", exchange([HELLO], FIRST), exchange([HELLO, FIRST, TOLD], answer("", "A lamp.")))
    origin = "$.choices[0].message.content"

    shown = evidence(case, finding("text.kept", origin=origin))

    assert (shown.said, shown.block) == ('"So."', Text(text="So."))
    assert evidence(case, finding("text.kept", origin=origin, response=9)).call is None
    assert evidence(case, finding("text.kept")).said is None


def test_evidence_of_a_member_of_the_item_around_a_block_is_that_member() -> None:
    def item(id_: str) -> dict[str, Any]:
        part = {"type": "output_text", "text": "So.", "annotations": []}
        return {"type": "message", "id": id_, "role": "assistant", "status": "completed", "content": [part]}

    exchanges = responses([HELLO], item("msg_1")), responses([HELLO, item("msg_2")], id_="resp_2")
    case = recorded("loop", *exchanges, profile="openai")
    here = {"path": "$.input[1].content[0]", "origin": "$.output[0].content[0]"}

    def shown(what: str, **more: Any) -> Evidence:
        return evidence(case, replace(finding("text.unaltered", "altered", **{**here, **more}), what=what))

    whole, block = json.dumps(item("msg_1")["content"][0]), case.calls[0].messages[0].blocks[0]
    assert shown("`item.id` of a text is another one")[1:] == (block, '"msg_1"', '"msg_2"', '"msg_1"')
    assert shown("`phase` of a text is gone")[1:] == (block, whole, whole, None)
    assert shown("a text is another one")[1:] == (block, whole, whole, None)
    assert shown("`item.id` of a text is another one", origin=UNSET)[1:] == (None, None, whole, None)
    assert shown("`item.id` of a text is another one", response=9)[1:] == (None, None, whole, None)


@pytest.mark.parametrize(
    ("said", "sent", "windows"),
    [
        ({"a": THOUGHT, "b": 1}, {"a": "x", "b": 2}, (f'"{THOUGHT}"', '"x"')),
        ({"a": THOUGHT, "b": 1}, {"a": THOUGHT, "b": 2}, None),
        ({"a": THOUGHT, "b": 1}, {"b": 2}, None),
        ({"a": "y", "b": 1}, {"a": "x", "b": 2}, None),
        ({"a.b": THOUGHT}, {"a": {"b": "x"}}, None),
    ],
)
def test_where_the_value_itself_differs_it_is_shown_alone_and_else_all_of_it(
    said: dict[str, Any], sent: dict[str, Any], windows: tuple[str, str] | None
) -> None:
    both = (json.dumps(said), json.dumps(sent))

    assert Evidence(None, BLOCK, *both).windows(finding("thinking.unaltered", "altered")) == (windows or both)
    assert Evidence(None, None, *both).windows(finding("thinking.unaltered", "altered")) == both


@pytest.mark.parametrize(
    "sent",
    [f'{{"a": "{THOUGHT} \\u00e9", "b": 2}}', f'{{"b": 2, "a": "{THOUGHT} \u00e9"}}'],
    ids=["spelling", "order"],
)
def test_where_the_same_values_are_written_otherwise_the_member_that_differs_is_shown_alone(sent: str) -> None:
    for block in (None, Thinking.of(f"{THOUGHT} \u00e9")):
        shown = Evidence(None, block, f'{{"a": "{THOUGHT} \u00e9", "b": 1}}', sent)

        assert shown.windows(finding("thinking.unaltered", "altered")) == ("1", "2")


@pytest.mark.parametrize(
    ("sent", "alone"),
    [
        ('{"input": {"key": 1}, "id": "c2"}', False),
        ('{"input": {"key":1}, "id": "c1"}', True),
        ('{"new": 0, "input": {"key": 1}, "id": "c2"}', False),
    ],
    ids=["another id", "spelling", "one more member"],
)
def test_the_spelling_of_an_object_is_shown_where_it_changed(sent: str, *, alone: bool) -> None:
    call, said = (
        ToolCall(id="c1", name="look_up", arguments='{"key": 1}', kind="object"),
        '{"input": {"key": 1}, "id": "c1"}',
    )

    windows = Evidence(None, call, said, sent).windows(finding("arguments.verbatim", "normalised"))

    assert windows == (('{"key": 1}', '{"key":1}') if alone else (said, sent))


def test_a_name_that_no_path_can_say_and_a_member_of_one_side_alone_are_passed_over() -> None:
    said = json.dumps({"a": THOUGHT, "gone": 0, "b.c": 1, "d": 1})
    sent = json.dumps({"new": 0, "a": THOUGHT, "d": 2, "b.c": 2})

    assert Evidence(None, BLOCK, said, sent).windows(finding("thinking.unaltered", "altered")) == ("1", "2")
    assert Evidence(None, BLOCK, said, sent).beside() == "2"


@pytest.mark.parametrize(
    "shown",
    [
        Evidence(None, BLOCK, None, json.dumps({"a": THOUGHT, "b": 2})),
        Evidence(None, BLOCK, json.dumps({"a": THOUGHT, "b": 1}), None),
        Evidence(None, BLOCK, json.dumps({"a": THOUGHT, "b": 1}), json.dumps({"b": 2})),
        Evidence(None, BLOCK, json.dumps({"a": THOUGHT, "b": 1}), json.dumps({"a": "x", "b": 2})),
        Evidence(None, BLOCK, json.dumps({"a": THOUGHT, "b": 1}), json.dumps({"a": THOUGHT, "b": 1})),
        Evidence(None, None, json.dumps({"a": THOUGHT, "b": 1}), json.dumps({"a": THOUGHT, "b": 2})),
    ],
    ids=["unsaid", "unsent", "gone", "changed", "same", "no-block"],
)
def test_beside_words_that_are_not_whole_nothing_is_told(shown: Evidence) -> None:
    assert shown.beside() is None


def test_windows_begin_a_little_before_the_first_difference_on_both_sides() -> None:
    said, sent = "x" * 1000 + "a" + "y" * 1000, "x" * 1000 + "b" + "y" * 500

    shown = Evidence(None, None, said, sent).windows(finding("thinking.unaltered", "altered"))

    assert WIDTH == 400
    assert shown == (said[880:1280], sent[880:1280])
    assert Evidence(None, None, said, said[:1100]).windows(finding("a", "altered")) == (said[980:1380], said[980:1100])


# -- what to do --------------------------------------------------------------------------------------------------------


def test_for_each_check_that_a_run_can_tell_there_is_something_to_do() -> None:
    told = {check for check, row in CHECKS.items() if row.judged != "beside"}

    assert set(FIXES) >= told - {"perturbed.history.unaltered"}
    assert {fix(cell_of("deepseek", "loop"), check) for check in ("no.such-check",)} == {""}


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("openai", ("`encrypted_content` (`include` asks for it)", "the `reasoning` items", "`call_id`")),
        ("anthropic", ("their `signature`", "the `thinking` blocks", "`tool_use_id`")),
        ("google-gemini", ("`thoughtSignature`", "the parts with `thought`", "`id`")),
        ("deepseek", ("the `signature` in `reasoning_details`", "`reasoning_content`", "`tool_call_id`")),
        ("minimax", ("the `signature` in `reasoning_details`", "all from `<think>` to `</think>`", "`tool_call_id`")),
    ],
)
def test_each_dialect_has_its_own_words(profile: str, words: tuple[str, str, str]) -> None:
    cell = cell_of(profile, "loop", Miniature("mini", variant="guarded"))
    seal, thinking, named = words

    assert fix(cell, "seal.kept").startswith(f"Store {seal} with the block")
    assert fix(cell, "thinking.place") == f"Send thinking back in the member that it came in: {thinking}."
    assert fix(cell, "context.pairs.kept").endswith(f"with the call's id in {named}.")
    assert fix(cell, "no.such-check") == ""


def test_a_dialect_that_no_cell_speaks_has_its_words_too() -> None:
    said = fix(cell_of("deepseek", "loop"), "thinking.place", profile_of(None, "ollama"))

    assert said == "Send thinking back in the member that it came in: the `thinking` member."


def test_where_a_wire_has_no_member_for_thinking_it_is_called_so() -> None:
    said = fix(cell_of("deepseek", "loop"), "thinking.place", profile_of("openai-completions", "openai-chat"))

    assert said == "Send thinking back in the member that it came in: the thinking."


@pytest.mark.parametrize(
    ("framework", "kept"),
    [
        ("autogen", "`keepthinking_adapters.autogen.KeepThinkingChatCompletionClient`"),
        ("langchain", "`keepthinking_adapters.langchain.ChatKeepThinking`"),
        ("llama-index", "`keepthinking_adapters.llama_index.KeepThinkingLLM`"),
    ],
)
def test_our_own_class_does_it_or_is_at_fault_itself(framework: str, kept: str) -> None:
    def end(variant: Any, check: str = "text.kept") -> str:
        return fix(cell_of("deepseek", "loop", Miniature("mini", framework=framework, variant=variant)), check)

    assert end("stock") == f"Send back what the model said beside its calls; {kept} does."
    assert end("kept").endswith(f"; in {kept} this is a defect of keepthinking: please report it.")
    assert end("guarded") == "Send back what the model said beside its calls."
    for check in (
        *("context.turn.kept.in-loop", "context.turn.kept.cross-turn", "context.pairs.kept", "tools.kept"),
        *("malformed-call.answered", "thinking.not-executed", "retry.history.unaltered", "text.not-invented"),
        *("prefix.unaltered", "inject.boundary"),
    ):
        assert kept not in end("stock", check)
