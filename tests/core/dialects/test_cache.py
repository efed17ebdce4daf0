"""Each message is written once, and what is cached is never what another history said."""

import gc
import threading
import weakref
from collections import Counter

import msgspec
import pytest

from keepthinking import Conversation, Message, Request, Text, Thinking, ToolCall, ToolResult
from keepthinking._profiles import Profile, profile
from keepthinking.dialects._base import JsonDialect
from keepthinking.dialects._cache import Written
from keepthinking.dialects.anthropic_messages import AnthropicMessages
from keepthinking.dialects.bedrock_converse import BedrockConverse
from keepthinking.dialects.cohere import Cohere
from keepthinking.dialects.gemini import Gemini
from keepthinking.dialects.mistral import Mistral
from keepthinking.dialects.openai_chat import OpenAIChat
from keepthinking.dialects.openai_responses import OpenAIResponses

DIALECTS: tuple[type[JsonDialect], ...] = (
    OpenAIChat,
    AnthropicMessages,
    BedrockConverse,
    Cohere,
    Mistral,
    Gemini,
    OpenAIResponses,
)


class Counting(OpenAIChat):
    """Counts how often each message is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: Counter[int] = Counter()

    def _write_message(self, message: Message, profile: Profile) -> Written:
        self.written[id(message)] += 1
        return super()._write_message(message, profile)


def request(*messages: Message) -> Request:
    return Request(conversation=Conversation.of(*messages), model="m")


def steps(count: int) -> list[Message]:
    history = [Message.user("go")]
    for i in range(count):
        history.append(
            Message.assistant(
                Thinking.of(f"thought {i}", signature=f"seal{i}"),
                ToolCall(id=f"c{i}", name="f", arguments="{}", kind="object"),
            )
        )
        history.append(Message(role="user", blocks=(ToolResult(call_id=f"c{i}", content=f"result {i}"),)))
    return history


@pytest.mark.parametrize("dialect_type", DIALECTS)
def test_a_growing_history_gives_the_bytes_of_a_fresh_one(dialect_type: type[JsonDialect]) -> None:
    history = steps(6)
    kept = dialect_type()

    for count in range(1, len(history) + 1):
        grown = kept.encode_request(request(*history[:count]), on_loss="report")
        fresh = dialect_type().encode_request(request(*history[:count]), on_loss="report")
        assert fresh == grown


def test_a_loop_of_n_steps_writes_n_messages() -> None:
    history = steps(20)
    dialect = Counting()

    for count in range(1, len(history) + 1):
        dialect.encode_request(request(*history[:count]), on_loss="report")

    assert dict.fromkeys(map(id, history), 1) == dialect.written


def test_forks_and_edits_are_written_as_they_are() -> None:
    dialect = OpenAIChat()
    history = [Message.user("go"), Message.assistant(Thinking.of("one"), Text(text="a")), Message.user("more")]
    dialect.encode_request(request(*history))
    fork = [*history[:2], Message.user("other")]
    edit = [history[0], Message.assistant(Thinking.of("two"), Text(text="a")), history[2]]
    shorter = history[1:]

    for changed in (fork, edit, shorter, history):
        assert dialect.encode_request(request(*changed)).body == OpenAIChat().encode_request(request(*changed)).body


def test_a_message_twice_in_one_history_is_there_twice() -> None:
    dialect = OpenAIChat()
    again = Message.user("again")

    for count in (1, 2, 3):
        body = dialect.encode_request(request(*[again] * count)).body
        assert [{"role": "user", "content": "again"}] * count == msgspec.json.decode(body)["messages"]


def test_profiles_do_not_share_what_they_wrote() -> None:
    dialect = OpenAIChat()
    history = request(Message.user("go"), Message.assistant(Thinking.of("hm"), Text(text="a")))

    one = dialect.encode_request(history, profile("deepseek", "openai-chat")).body
    other = dialect.encode_request(history, profile("openrouter", "openai-chat"), on_loss="report").body

    assert b"reasoning_content" in one
    assert b"reasoning_content" not in other


def test_nothing_is_kept_longer_than_the_history() -> None:
    dialect = OpenAIChat()
    messages = steps(3)
    gone = [weakref.ref(message) for message in messages]
    dialect.encode_request(request(*messages), on_loss="report")
    del messages
    gc.collect()

    assert [ref() for ref in gone] == [None] * len(gone)
    assert not any(dialect._prefixes._branches.values())


def test_losses_are_told_again_when_the_bytes_come_from_the_cache() -> None:
    dialect = OpenAIChat()
    history = [Message.user("go"), Message.assistant(Text(text="a"), Thinking.of("late"))]

    first = dialect.encode_request(request(*history), on_loss="report")
    second = dialect.encode_request(request(*history, Message.user("more")), on_loss="report")

    assert [loss.path for loss in first.losses] == ["messages[1].blocks[1]"]
    assert first.losses == second.losses


def test_many_threads_get_their_own_histories() -> None:
    dialect = OpenAIChat()
    shared = steps(10)
    wrong: list[int] = []

    def run(number: int) -> None:
        history = list(shared)
        for i in range(30):
            history.append(Message.user(f"{number}.{i}"))
            body = dialect.encode_request(request(*history), on_loss="report").body
            said = [m["content"] for m in msgspec.json.decode(body)["messages"][-(i + 1) :]]
            if said != [f"{number}.{n}" for n in range(i + 1)]:
                wrong.append(number)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
