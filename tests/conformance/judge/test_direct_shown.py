"""Windows, places and spellings: what of two texts is shown, and who is said to have lost it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET

from keepthinking import Exchange, Finding, Thinking, ToolCall
from keepthinking_conformance.judge._attribution import _around, _forms, _memory, _spellings, lost_in
from keepthinking_conformance.judge._evidence import WIDTH, Evidence, evidence
from keepthinking_conformance.judge._fixes import fix
from keepthinking_conformance.judge._wire import answer_body, at_path, path_of
from keepthinking_conformance.run import Told
from tests.conformance.judge.recorded import HELLO, answer, call, exchange, recorded, result, wanted
from tests.conformance.judge.runs import cell_of
from tests.conformance.subjects import Miniature

pytestmark = pytest.mark.extras

THOUGHT = "Box 4 stands on the upper shelf, behind the ladder."
BLOCK = Thinking.of(THOUGHT)
FIRST = answer(THOUGHT, None, call("c1"))


def finding(check: str = "thinking.unaltered", fate: Any = "altered", **more: Any) -> Finding:
    return Finding(check=check, status="fail", level="MUST", fate=fate, what="It is so.", **more)


# -- windows -----------------------------------------------------------------------------------------------------------


def test_what_stands_on_one_side_alone_is_shown_there() -> None:
    assert Evidence(None, BLOCK, "said", None).windows(finding()) == ("said", UNSET)
    assert Evidence(None, BLOCK, None, "sent").windows(finding()) == (UNSET, "sent")


def test_of_what_was_said_the_beginning_is_shown_and_of_a_request_the_place_with_the_words() -> None:
    said, sent = f'"{THOUGHT}{"x" * WIDTH}"', f'"{"y" * 3 * WIDTH}{THOUGHT}"'

    shown = Evidence(None, BLOCK, said, sent).windows(finding("thinking.not-text", "leaked-as-text"))

    assert shown == (said[:WIDTH], sent[-WIDTH:])


def test_of_words_that_stand_nowhere_the_beginning_is_shown() -> None:
    sent = '"' + "y" * 3 * WIDTH

    assert Evidence(None, BLOCK, "said", sent).windows(finding(fate="dropped")) == ("said", sent[:WIDTH])
    assert Evidence(None, None, "said", sent).windows(finding(fate="dropped")) == ("said", sent[:WIDTH])


def test_of_a_changed_value_the_value_alone_is_shown_whatever_stands_around_it() -> None:
    said = json.dumps({"role": "assistant", "reasoning_content": THOUGHT})
    sent = json.dumps({"reasoning_content": THOUGHT[:-1], "role": "assistant"})

    shown = Evidence(None, BLOCK, said, sent).windows(finding())

    assert shown == (json.dumps(THOUGHT), json.dumps(THOUGHT[:-1]))


def test_the_first_request_may_show_something_and_no_request_shows_nothing() -> None:
    case = recorded("loop", exchange([HELLO], FIRST))

    assert evidence(case, finding(request=1, path="$.messages[0].content")).sent == json.dumps(HELLO["content"])
    assert evidence(case, finding(request=0, path="$.messages[0].content")).sent is None
    assert evidence(case, finding(request=2, path="$.messages[0].content")).sent is None


# -- places ------------------------------------------------------------------------------------------------------------


def test_where_nothing_stands_nothing_is_shown() -> None:
    body = b'{"a": [{"b": 1}]}'

    assert at_path(body, "$.a[0].b") == "1"
    assert at_path(body, "$.a[1].b") is at_path(body, "$.c.b") is at_path(body, "$.a.b") is at_path(b"{", "$.a") is None


def test_a_value_is_found_by_its_words_or_by_its_json() -> None:
    text = '{"a": 1, "b": ["x", {"c": "y"}], "d": {"e": 2}}'

    assert path_of(text, "y") == "$.b[1].c"
    assert path_of(text, '{"e": 2}') == "$.d"
    assert path_of(text, "2") == "$.d.e"
    assert path_of(text, "z") is path_of("{", "z") is None


def test_an_answer_that_is_none_has_no_body() -> None:
    def body(**more: Any) -> bytes | None:
        case = recorded("loop", exchange([HELLO], **more))
        return answer_body(case, case.calls[0])

    assert body() is None
    assert body(response=b"data: {broken\n\n") is None
    assert body(response=b'{"choices": []}') == b'{"choices": []}'


def test_an_answer_that_was_streamed_is_written_as_a_whole_one_would_have_been() -> None:
    pieces = [
        {"role": "assistant", "reasoning_content": "Box 4 "},
        {"reasoning_content": "stands."},
        {"content": "So."},
    ]
    chunks = [{"id": "a", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": one}]} for one in pieces]
    stream = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    case = recorded("loop", exchange([HELLO], response=stream.encode()))

    body = answer_body(case, case.calls[0])

    assert body is not None
    assert at_path(body, "$.choices[0].message.reasoning_content") == '"Box 4 stands."'
    assert at_path(body, "$.choices[0].message.content") == '"So."'


# -- spellings ---------------------------------------------------------------------------------------------------------


def test_a_text_may_be_written_as_it_is_and_in_json_and_in_python() -> None:
    words = 'a"é\n'
    ascii_, plain = json.dumps(words)[1:-1], json.dumps(words, ensure_ascii=False)[1:-1]
    twice = [json.dumps(ascii_)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1]]

    assert list(_forms(words)) == [words, ascii_, twice[0], plain, twice[1], repr(words)[1:-1]]
    assert list(_forms("QUJD"))[-1] == "ABC"


def test_an_object_may_be_written_with_any_white_space_in_json_and_in_python() -> None:
    made = ToolCall(id="c1", name="look_up", arguments='{"k": "é", "n": [1.0,true]}', kind="object")

    assert _spellings(made) == (
        '{"k": "é", "n": [1.0,true]}',
        '{"k":"\\u00e9","n":[1.0,true]}',
        '{"k": "\\u00e9", "n": [1.0, true]}',
        '{"k":"é","n":[1.0,true]}',
        '{"k": "é", "n": [1.0, true]}',
        "{'k':'é','n':[1.0,True]}",
        "{'k': 'é', 'n': [1.0, True]}",
    )


def test_leaked_words_are_known_by_what_stands_before_them() -> None:
    def around(sent: str | None) -> str:
        return _around(Evidence(None, BLOCK, THOUGHT, sent))

    assert around(f'"<think>{THOUGHT}"').startswith("<think>Box 4")
    assert around(f'"ab{THOUGHT}"').startswith("abBox 4")
    assert around(f'"{THOUGHT}"') == around('"something else"') == around(None) == ""


# -- who lost it -------------------------------------------------------------------------------------------------------


def test_the_memory_is_that_of_the_turn_of_the_request() -> None:
    def memory(request: int, *memories: str) -> str | None:
        case = recorded("second-turn", *[exchange([HELLO], FIRST)] * 4, starts=(0, 2), memories=memories)
        return _memory(case, finding(request=request))

    assert [memory(number, "one", "two") for number in (1, 2, 3, 4)] == ["one", "one", "two", "two"]
    assert memory(3, "one") is None
    assert memory(1) is None


@pytest.mark.parametrize(
    ("memory", "lost"),
    [
        ("It holds nothing, says the framework.", "framework"),
        ("It holds R-1.", "client"),
        ("Nothing at all.", "framework"),
    ],
)
def test_a_result_that_no_tool_gave_is_of_whoever_holds_it(memory: str, lost: str) -> None:
    told = result("c1", "It holds nothing, says the framework.")
    exchanges: list[Exchange] = [exchange([HELLO], FIRST), exchange([HELLO, FIRST, told], answer("", "A lamp."))]
    more: dict[str, Any] = {
        "wanted": (wanted(),),
        "told": (Told(wanted(), "It holds R-1.", failed=False),),
        "memories": (memory,),
    }
    case = recorded("loop", *exchanges, **more)
    found = finding("result.delivered", "altered", request=2, response=1, path="$.messages[2]")

    assert lost_in(case, found, evidence(case, found)) == lost


# -- what to do --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("framework", "check", "named"),
    [
        ("langchain", "call.kept", True),
        ("smolagents", "call.kept", True),
        ("langchain", "tools.kept", False),
        ("langchain", "thinking.not-executed", False),
        ("mine", "call.kept", False),
    ],
)
def test_our_class_is_named_for_what_a_model_class_can_mend(framework: str, check: str, *, named: bool) -> None:
    said = fix(cell_of("deepseek", "loop", Miniature("mini", framework=framework, variant="stock")), check)

    assert ("`keepthinking_adapters." in said) is named
    assert "None" not in said
