"""Messages of AutoGen's agents (`TextMessage`, `ToolCallRequestEvent`, ...) as what a model said and heard.

Agents say one answer in several messages: a `ThoughtEvent`, and behind it words or calls. What a model of theirs said
is told by kind, by the counts of its tokens, or by the thought before it; all else is what somebody told a model
(autogen-agentchat 0.7.5, `AssistantAgent`, `to_model_message`).

Rule 1: words stand in the blocks alone. All else of a message is its own dump, without them; it travels in our
message's residual, and AutoGen's `MessageFactory` makes the message again.
Rule 2: what nobody said (pieces of streams, choices of speakers, notes on failed code, requests for input) is no
message. It travels with the message behind it.
Rule 3: these messages have no field for seals, and AutoGen puts none on them. Calls and words that our client gave
carry theirs as long as they live.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias, cast

from autogen_agentchat.messages import (
    BaseAgentEvent,
    BaseChatMessage,
    BaseTextChatMessage,
    CodeExecutionEvent,
    CodeGenerationEvent,
    HandoffMessage,
    MessageFactory,
    MultiModalMessage,
    SelectorEvent,
    StructuredMessage,
    ThoughtEvent,
    ToolCallExecutionEvent,
    ToolCallRequestEvent,
    ToolCallSummaryMessage,
)
from autogen_core.models import AssistantMessage, FunctionExecutionResultMessage, LLMMessage, UserMessage
from msgspec import UNSET
from pydantic_core import to_jsonable_python

from keepthinking import DecodeError, EncodeError, Finding, Json, Loss, Message
from keepthinking.carry import History
from keepthinking_adapters.autogen import _ledger
from keepthinking_adapters.autogen._carriers import SLOT, THOUGHT, put, put_thought, record_of, with_thought
from keepthinking_adapters.autogen._plain import MESSAGES
from keepthinking_adapters.autogen._residual import ADAPTER, template, templates
from keepthinking_adapters.autogen._same import same_native

__all__ = [
    "NATIVES",
    "Chat",
    "Group",
    "Native",
    "attach",
    "chat_of",
    "factory",
    "from_chat",
    "groups",
    "is_chat",
    "told_of",
]

Chat: TypeAlias = BaseChatMessage | BaseAgentEvent
"""A message of agents."""
Native: TypeAlias = LLMMessage | BaseChatMessage | BaseAgentEvent
"""A message of a model, or of agents."""
NATIVES: Final = History(
    "AutoGen",
    (*MESSAGES, BaseChatMessage, BaseAgentEvent),
    "give a list of messages of `autogen_core.models` or of `autogen_agentchat.messages`",
)
"""What a history is, of a model or of agents."""

_SPOKEN: Final = (BaseTextChatMessage, MultiModalMessage, StructuredMessage)
"""May be a model's words, and may be anybody's."""
_CALLED: Final = (ToolCallRequestEvent, CodeGenerationEvent)
"""Are a model's words or calls always."""
_HARNESS: Final = (HandoffMessage, ToolCallSummaryMessage, CodeExecutionEvent)
"""AutoGen's own words."""
_CONTENT: Final = "content"
_OPEN: Final = (
    BaseTextChatMessage,
    MultiModalMessage,
    ThoughtEvent,
    CodeGenerationEvent,
    ToolCallRequestEvent,
    ToolCallExecutionEvent,
)
"""Their content is what the blocks say, and is made of the blocks again."""


class Group(NamedTuple):
    """Messages of agents that are one of ours.

    Attributes:
        natives: The messages.
        at: Where the first one stands.
        whole: What a model said or heard by them; None where that is nothing.
        said: The one that has its words.
        author: Whose words they are, where they are no model's.
    """

    natives: tuple[Chat, ...]
    at: int
    said: Chat | None
    whole: LLMMessage | None
    author: str


def is_chat(native: object) -> bool:
    """Tell whether something is a message of agents."""
    return isinstance(native, BaseChatMessage | BaseAgentEvent)


def factory() -> MessageFactory:
    """Give AutoGen's factory with all of AutoGen's own messages; of one it does not know itself (0.7.5)."""
    made = MessageFactory()
    if not made.is_registered(SelectorEvent):
        made.register(SelectorEvent)
    return made


def groups(natives: Sequence[Chat], *, start: int = 0) -> Iterator[Group]:
    """Find which messages of agents are one of ours. Each message is in one group.

    Args:
        natives: The messages.
        start: How many messages stand before them.

    Raises:
        DecodeError: A message holds what AutoGen never puts there; culprit `framework`.
    """
    held: list[Chat] = []
    thought: ThoughtEvent | None = None
    last: Group | None = None
    for i, native in enumerate(natives):
        held.append(native)
        after = natives[i + 1] if i + 1 < len(natives) else None
        if isinstance(native, ThoughtEvent) and _goes_on(native, after):
            thought = native
            continue
        try:
            whole = _whole(native, thought)
        except (ValueError, TypeError, AttributeError) as error:
            what, hint = "a message holds what AutoGen never puts there", "make messages with their constructors"
            raise DecodeError(what, where=f"messages[{start + i}]", culprit="framework", hint=hint) from error
        if whole is None:
            continue
        if last is not None:
            yield last
        author = "unknown" if isinstance(whole, AssistantMessage) else _author(native)
        last, held, thought = Group(tuple(held), start + i + 1 - len(held), native, whole, author), [], None
    if last is not None:
        yield last._replace(natives=(*last.natives, *held))
    elif held:
        yield Group(tuple(held), start, None, None, "harness")


def _goes_on(thought: ThoughtEvent, after: Chat | None) -> bool:
    # No model says pictures: what holds some is somebody's, and the thought stands by itself.
    if not isinstance(after, (*_SPOKEN, *_CALLED)) or isinstance(after, (*_HARNESS, MultiModalMessage)):
        return False
    return not _is_note(cast("Chat", after)) and after.source == thought.source


def _is_note(native: object) -> bool:
    """Tell whether it is AutoGen's note that failed code is written again, which no model says or hears (0.7.5)."""
    return isinstance(native, CodeGenerationEvent) and native.code_blocks == []


def _author(native: Chat) -> str:
    if isinstance(native, _HARNESS):
        return "harness"
    return "human" if native.source == "user" else "unknown"


def _whole(native: Chat, thought: ThoughtEvent | None) -> LLMMessage | None:
    """Give what a model said or heard by a message, and the thought before it."""
    attach(native)
    made: LLMMessage | None = None
    if _is_note(native):
        return None
    if isinstance(native, ThoughtEvent):
        made = AssistantMessage(content="", thought=native.content, source=native.source)
    elif isinstance(native, ToolCallExecutionEvent):
        made = FunctionExecutionResultMessage(content=native.content)
    elif isinstance(native, CodeExecutionEvent):
        made = UserMessage(content=native.result.output, source=native.source)
    elif isinstance(native, _CALLED) or (_is_said(native, thought) and not isinstance(native, MultiModalMessage)):
        content: Any = native.content if isinstance(native, _CALLED) else _words(native)
        named: dict[str, Any] = {} if thought is None else {"thought": thought.content}
        made = AssistantMessage(content=content, source=native.source, **named)
        if isinstance(content, str):
            vars(made)[_CONTENT] = content
    elif isinstance(native, BaseChatMessage):
        made = native.to_model_message()
    if made is not None:
        vars(made).update({name: vars(native)[name] for name in (SLOT, THOUGHT) if name in vars(native)})
    return made


def _is_said(native: Chat, thought: ThoughtEvent | None) -> bool:
    is_words = isinstance(native, _SPOKEN) and not isinstance(native, _HARNESS)
    return is_words and (thought is not None or native.models_usage is not None)


def _words(native: Chat) -> str:
    return native.content if isinstance(native, BaseTextChatMessage) else native.to_model_message().content  # type: ignore[union-attr,return-value] # of a value it is JSON


def attach(native: Native) -> None:
    """Put the record of a model's answer on the message that holds its words."""
    if not is_chat(native):
        _ledger.attach(cast("LLMMessage", native))
    elif isinstance(native, BaseTextChatMessage | CodeGenerationEvent) and SLOT not in vars(native):
        answer = _ledger.LEDGER.said(native.content)
        if answer is not None:
            put_thought(native, answer.thought)
        if answer is not None and answer.record is not None:
            put(native, answer.record)


# -- what is left besides the words ------------------------------------------------------------------------------------


def told_of(group: Group, message: Message) -> tuple[Message, list[Loss], list[Finding]]:
    """Put all else of some messages of agents into ours, and tell what they have lost.

    Args:
        group: The messages.
        message: What a model said or heard by them.
    """
    path = f"messages[{group.at}]"
    losses = [
        Loss(kind="seal", path=path, what="seals in the `context` of a handoff", why="its dump has no room for them")
        for native in group.natives
        if isinstance(native, HandoffMessage) and any(record_of(one) is not UNSET for one in native.context)
    ]
    parts = [] if group.whole is None else [template(group.whole)]
    try:
        held = Json.of({ADAPTER: {"parts": parts, "chat": [_rest(native) for native in group.natives]}})
        message = message.replace(native=held)
    except (EncodeError, ValueError) as error:
        why = f"JSON has no room for a value in it ({type(error).__name__})"
        losses.append(Loss(kind="content", path=path, what="what is no words of a message", why=why))
    if group.whole is not None and not isinstance(group.whole, AssistantMessage):
        message = message.replace(author=group.author)
    return message, losses, list(_lost(group, path))


def _lost(group: Group, path: str) -> Iterator[Finding]:
    if not isinstance(group.whole, AssistantMessage):
        return
    if record_of(group.whole) is UNSET:
        what = "Messages of agents hold no seals; whether this answer had one is not known."
        yield Finding(check="seal.kept", status="warn", level="MAY", fate="dropped", what=what, path=path)
    if isinstance(group.said, StructuredMessage):
        what = "The words of the answer were made a value; they are written anew from it."
        yield Finding(check="text.unaltered", status="warn", level="SHOULD", fate="altered", what=what, path=path)


def _rest(native: Chat) -> dict[str, Any]:
    held = cast("dict[str, Any]", to_jsonable_python(native.dump()))
    return {**held, _CONTENT: None} if isinstance(native, _OPEN) and not _is_note(native) else held


def from_chat(message: Message) -> bool:
    """Tell whether a message of ours was read from messages of agents."""
    return _rests(message) is not None


def chat_of(message: Message, wholes: Sequence[LLMMessage], made_by: MessageFactory) -> list[Chat] | str:
    """Make messages of agents again.

    Args:
        message: Our message.
        wholes: What a model said or heard by it.
        made_by: Makes messages of their dumps.

    Returns:
        The messages; where they cannot be made, why.
    """
    rests = _rests(message) or []
    is_silent = not templates(message) and message.blocks == ()
    if len(wholes) != 1 and not is_silent:
        return "it was edited to what is no single message of agents"
    try:
        found = [one for rest in rests if (one := _made(rest, wholes[0], message, made_by)) is not None]
    except (ValueError, TypeError, KeyError) as error:
        is_unknown = str(error).startswith("Unknown message type")
        return "give a `MessageFactory` that knows it" if is_unknown else "AutoGen cannot make it again"
    if is_silent:
        return found
    for group in groups(found):
        if group.said is not None and SLOT in vars(wholes[0]):
            put(group.said, vars(wholes[0])[SLOT])
            put_thought(group.said, getattr(wholes[0], "thought", None))
    again = [with_thought(group.whole) for group in groups(found) if group.whole is not None]
    return found if same_native(again, wholes) else "it was edited to what it has no room for"


def _made(rest: dict[str, Any], whole: LLMMessage, message: Message, made_by: MessageFactory) -> Chat | None:
    if rest.get(_CONTENT, "") is not None:
        return made_by.create(rest)
    content: Any = whole.content
    if rest["type"] == ThoughtEvent.__name__:
        content = getattr(whole, "thought", None)
        if content is None:
            return None
    if rest["type"] == MultiModalMessage.__name__ and isinstance(content, str):
        content = [content] if message.blocks else []
    made = made_by.create({**rest, _CONTENT: [] if isinstance(content, list) else ""})
    vars(made)[_CONTENT] = content
    return made


def _rests(message: Message) -> list[dict[str, Any]] | None:
    try:
        held: object = UNSET if message.native is UNSET else message.native.value[ADAPTER]["chat"]
    except (KeyError, TypeError, ValueError):
        return None
    rests = cast("list[object]", held) if isinstance(held, list) else None
    return cast("list[dict[str, Any]]", rests) if rests and all(isinstance(one, dict) for one in rests) else None
