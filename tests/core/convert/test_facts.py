"""The judge of conversion misses nothing: what is taken out of a body is found missing."""

import json

import pytest

from keepthinking import Loss, Media, Message, Request, Text, Thinking, Tool, ToolCall, ToolResult, dialect
from keepthinking._messages import Conversation
from tests.core.convert.facts import Fact, facts, marked_request, silent

REQUEST = marked_request(
    Request(
        conversation=Conversation.of(
            Message.user("go"),
            Message.assistant(Thinking.of("plan"), Text.of("see"), ToolCall.of("f", {"a": 1}, id="c1")),
            Message(role="tool", blocks=(ToolResult(call_id="c1", content="found"),)),
            Message(role="user", blocks=(Media(kind="image", url="https://x/y.png"), Text.of("and?"))),
            tools=(Tool(name="f", description="finds"),),
        )
    )
)
BODY = dialect("openai-chat").encode_request(REQUEST).body
FACTS = list(facts(REQUEST.messages, REQUEST.conversation.tools or ()))


def test_a_body_that_says_it_all_is_not_accused() -> None:
    assert silent(FACTS, BODY, ()) == []


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.path)
def test_a_fact_that_is_taken_out_is_missed(fact: Fact) -> None:
    # arguments are JSON inside of a string
    is_text = isinstance(fact.said, str)
    written = json.dumps(fact.said, ensure_ascii=False) if is_text else json.dumps(json.dumps(fact.said))
    body = json.dumps(json.loads(BODY), ensure_ascii=False).replace(written[1:-1], "gone").encode()
    told = [Loss(kind="content", path=fact.path, what="", why="")]

    assert fact in silent(FACTS, body, ())
    assert fact not in silent(FACTS, body, told)


def test_a_harmless_loss_excuses_no_missing_word() -> None:
    told = [Loss(kind="spelling", path="messages[1].blocks[0]", what="", why="")]

    assert "messages[1].blocks[0].segments[0]" in [
        fact.path for fact in silent(FACTS, BODY.replace(b"plan", b"gone"), told)
    ]
