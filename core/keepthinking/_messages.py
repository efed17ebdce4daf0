"""The canonical format: conversations, messages and blocks as values.

Rule 1: values are frozen and have no identity of their own; an id stands here only because it was on a wire.
Rule 2: absent (`UNSET`), `None`, `""` and `{}` are four things, everywhere.
Rule 3: what is known has a typed place; what is not stays in `fields`, the wire object with the known leaves removed.
Rule 4: `spelling` holds only what may change without harm; a value without it means the same.

How these values are read and written is in `_codec` (the canonical JSON) and `dialects` (each wire).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from keepthinking._json import Json

FORMAT: Final = "keepthinking/1"
"""The name of the canonical format; the number rises only when an older reader could misread a value."""

Author = Literal["human", "harness", "unknown"]
Channel = Literal["raw", "summary", "update", "reference"]
ArgumentsKind = Literal["json", "object", "freeform"]
ResultStatus = Literal["ok", "error", "unspecified"]

_T = TypeVar("_T")
_SHOWN = 64


class Extras(Json):
    """Members of a later version of the format that this version does not know, as one JSON object."""

    __slots__ = ()


class Value(Struct, frozen=True, kw_only=True, weakref=True, omit_defaults=True, forbid_unknown_fields=True):
    """What every value of the format has in common.

    Attributes:
        extras: Members that a later version wrote; they go back to their place when the value is written.
    """

    extras: Extras | UnsetType = UNSET

    def __repr__(self) -> str:
        shown = (
            f"{field.name}={_abbreviate(value)}"
            for field in msgspec.structs.fields(self)
            if (value := getattr(self, field.name)) is not UNSET
            and not (field.default is not msgspec.NODEFAULT and value == field.default)
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def _abbreviate(value: object) -> str:
    # Seals are hundreds of characters that nobody reads, and long texts hide the structure around them.
    if isinstance(value, str) and len(value) > _SHOWN:
        return f"{value[:_SHOWN]!r}… {len(value):,} characters"
    return repr(value)


class Seal(Value, frozen=True, kw_only=True):
    """An opaque proof that a provider attached to a block and wants back byte for byte.

    Attributes:
        slot: The wire name of its place: `signature`, `data`, `encrypted_content`, `thoughtSignature`, ...
        wire: The value exactly as it came.
        encoding: `base64` where the provider documents bytes; two spellings of the same bytes are then equal.
        alternates: Other complete statements of the same seal in one response; returning any one is equal.
    """

    slot: str
    wire: str
    encoding: Literal["text", "base64"] = "text"
    alternates: tuple[str, ...] = ()


class Segment(Value, frozen=True, kw_only=True):
    """One piece of a thinking block.

    Attributes:
        channel: What the text is: the model's own words, a summary of them, a progress note, or a reference.
        text: The words; absent and null are not the empty string.
        fields: What else its wire object held.
    """

    channel: Channel = "raw"
    text: str | None | UnsetType = UNSET
    fields: Json | UnsetType = UNSET


class Field(Value, frozen=True, kw_only=True, tag="field"):
    """Thinking stood in a field of its own beside the visible text.

    Attributes:
        name: The wire name, such as `reasoning_content` or `reasoning_details`.
    """

    name: str


class Inline(Value, frozen=True, kw_only=True, tag="inline"):
    """Thinking stood inside the visible text, between tags.

    The text is exactly `lead + open + before + thinking + after + close + trail`, so nothing is stored twice.

    Attributes:
        open: The opening tag; "" where the server had already written it.
        close: The closing tag; "" where the model never closed it.
        lead: White space before the opening tag.
        before: White space between the opening tag and the thinking.
        after: White space between the thinking and the closing tag.
        trail: White space after the closing tag.
    """

    open: str
    close: str
    lead: str = ""
    before: str = ""
    after: str = ""
    trail: str = ""

    def wrap(self, text: str) -> str:
        """Put the tags and the white space back around the thinking."""
        return f"{self.lead}{self.open}{self.before}{text}{self.after}{self.close}{self.trail}"


Place: TypeAlias = Field | Inline


class Item(Value, frozen=True, kw_only=True):
    """A wire object that groups blocks inside a message: a Responses output item, a `reasoning_details` entry.

    Attributes:
        kind: The wire's own type name, such as `reasoning.text` or `function_call`.
        id: The item's id, which is not the id of the call it holds.
        phase: `commentary` or `final_answer` where the wire says so.
        status: The wire's own completion status.
        fields: What else the wire object held.
        spelling: How it was written, where that may change without harm; `id[0]`, ... are further ids that a provider
            stated for it.
    """

    kind: str
    id: str | None | UnsetType = UNSET
    phase: str | None | UnsetType = UNSET
    status: str | None | UnsetType = UNSET
    fields: Json | UnsetType = UNSET
    spelling: Json | UnsetType = UNSET


class _Block(Value, frozen=True, kw_only=True):
    """What every block may carry.

    Attributes:
        item: Index into the message's `items` of the wire object that held this block.
        seals: Opaque proofs that stood on this block.
        fields: The block's wire object with the known leaves removed, in the same shape.
        spelling: How it was written, where that may change without harm.
    """

    item: int | UnsetType = UNSET
    seals: tuple[Seal, ...] = ()
    fields: Json | UnsetType = UNSET
    spelling: Json | UnsetType = UNSET


class Text(_Block, frozen=True, kw_only=True, tag="text"):
    """Words that are meant to be seen.

    Attributes:
        text: The words; "" is a value.
    """

    text: str

    @classmethod
    def of(cls, text: str) -> Text:
        """Make a plain text block."""
        return cls(text=text)


class Thinking(_Block, frozen=True, kw_only=True, tag="thinking"):
    """What the model thought: its memory between two calls.

    A block may be without any words and still carry a seal; it has to go back all the same.

    Attributes:
        segments: The words, in pieces where the wire has pieces.
        places: Where it stood; several where a provider mirrors the same thought. None means the dialect's own.
    """

    segments: tuple[Segment, ...] = ()
    places: tuple[Place, ...] = ()

    @classmethod
    def of(cls, text: str, *, signature: str | None = None) -> Thinking:
        """Make a thinking block from plain words and, if the provider sealed it, its signature."""
        seals = () if signature is None else (Seal(slot="signature", wire=signature),)
        return cls(segments=(Segment(text=text),), seals=seals)

    @property
    def text(self) -> str:
        """All words joined; the pieces themselves are in `segments`."""
        return "".join(segment.text for segment in self.segments if isinstance(segment.text, str))


class ToolCall(_Block, frozen=True, kw_only=True, tag="tool_call"):
    """A model asks for a tool.

    Attributes:
        id: The wire's call id; it may repeat, be null or be absent.
        name: The tool's name.
        arguments: The arguments exactly as written, JSON text or free text by `kind`.
        kind: `json`: a string that should hold JSON, equal by bytes; `object`: a JSON object on the wire, equal as
            an ordered value with the spelling of its numbers; `freeform`: text that is not JSON, equal by bytes.
        server: The provider runs this call itself; the scaffold only carries it.
    """

    id: str | None | UnsetType = UNSET
    name: str
    arguments: str
    kind: ArgumentsKind = "json"
    server: bool = False

    @classmethod
    def of(cls, name: str, arguments: object, *, id: str | None | UnsetType = UNSET) -> ToolCall:  # noqa: A002 - the wire's own word
        """Make a call from arguments as Python objects, or as the exact JSON text."""
        return cls(
            id=id, name=name, arguments=arguments if isinstance(arguments, str) else Json.of(arguments).raw.decode()
        )


class Media(_Block, frozen=True, kw_only=True, tag="media"):
    """An image, a sound, a video or a file.

    Attributes:
        kind: What it is, in one word of the wire: `image`, `audio`, `video`, `file`.
        mime: Its media type, where the wire says so.
        url: Where it is; a `data:` URL stays one.
        data: Its bytes, in the wire's base64.
        file_id: The provider's id of an uploaded file.
        text: Its words, where the wire sends a text file as words and not as bytes.
        filename: The name of a file, which some providers show to the model.
    """

    kind: str
    mime: str | None | UnsetType = UNSET
    url: str | None | UnsetType = UNSET
    data: str | None | UnsetType = UNSET
    file_id: str | None | UnsetType = UNSET
    text: str | None | UnsetType = UNSET
    filename: str | None | UnsetType = UNSET


class ToolResult(_Block, frozen=True, kw_only=True, tag="tool_result"):
    """What a tool answered.

    Attributes:
        call_id: The id of the call it answers, as on the wire; may be absent.
        name: The tool's name, where the wire repeats it.
        status: Whether the tool failed, where the wire has a flag for that.
        content: A string, blocks, null, or absent: which one it was is kept.
        server: The provider ran this tool itself.
    """

    call_id: str | None | UnsetType = UNSET
    name: str | None | UnsetType = UNSET
    status: ResultStatus = "unspecified"
    content: str | tuple[Block, ...] | None | UnsetType = UNSET
    server: bool = False

    @classmethod
    def of(cls, content: str, *, call_id: str | None | UnsetType = UNSET) -> ToolResult:
        """Make a plain text result."""
        return cls(content=content, call_id=call_id)


class Opaque(_Block, frozen=True, kw_only=True, tag="opaque"):
    """A block that nobody here knows, kept whole and in place.

    Attributes:
        dialect: The dialect that it came from, and the only one it can go back to.
        kind: The wire's own type name, or "".
        slot: Which list of the wire message held it; "" is the dialect's list of content.
        body: The wire object, less its seals.
    """

    dialect: str
    kind: str
    slot: str = ""
    body: Json


Block: TypeAlias = Text | Thinking | ToolCall | ToolResult | Media | Opaque


class Origin(Value, frozen=True, kw_only=True):
    """Where a message came from. Seals go back only where they came from.

    Attributes:
        dialect: The dialect's id.
        provider: Who served it, such as `anthropic` or `openrouter`.
        endpoint: Which of the provider's endpoints, where they differ in what they accept.
        model: The model that the response names.
        account: A name for the account, never a credential.
        response_id: The provider's id of the response.
    """

    dialect: str | UnsetType = UNSET
    provider: str | UnsetType = UNSET
    endpoint: str | UnsetType = UNSET
    model: str | None | UnsetType = UNSET
    account: str | UnsetType = UNSET
    response_id: str | None | UnsetType = UNSET


class Message(Value, frozen=True, kw_only=True):
    """One message of a history, as its wire grouped it.

    Attributes:
        role: The role as sent: `system`, `developer`, `user`, `assistant`, `tool`, ...
        blocks: Its content in order.
        items: The wire objects that group its blocks; blocks point into this tuple.
        carrier: Which part of the request held it: `message`, or `system`, `instructions`, `input`, ...
        author: Who wrote it, where the caller says so. Decoding never guesses.
        name: The participant's name, where the wire has one.
        origin: Where a model's message came from.
        fields: The wire object with the known leaves removed, in the same shape.
        spelling: How it was written, where that may change without harm.
        native: What a framework's own message held besides, as one JSON object by the adapter's name. It is on no wire,
            and nothing compares it: it lets the adapter give back the very message that it was given.
    """

    role: str
    blocks: tuple[Block, ...] = ()
    items: tuple[Item, ...] = ()
    carrier: str = "message"
    author: Author = "unknown"
    name: str | None | UnsetType = UNSET
    origin: Origin | UnsetType = UNSET
    fields: Json | UnsetType = UNSET
    spelling: Json | UnsetType = UNSET
    native: Json | UnsetType = UNSET

    @classmethod
    def user(cls, text: str) -> Message:
        """Make a user message of plain text."""
        return cls(role="user", blocks=(Text(text=text),))

    @classmethod
    def assistant(cls, *blocks: Block) -> Message:
        """Make an assistant message of blocks."""
        return cls(role="assistant", blocks=blocks)

    @classmethod
    def system(cls, text: str) -> Message:
        """Make a system message of plain text."""
        return cls(role="system", blocks=(Text(text=text),))

    @property
    def text(self) -> str:
        """All visible words, joined."""
        return "".join(block.text for block in self.blocks if isinstance(block, Text))

    @property
    def thinking(self) -> str:
        """All thinking, joined; for display only, since joining loses the blocks."""
        return "".join(block.text for block in self.blocks if isinstance(block, Thinking))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls that the scaffold has to run."""
        return tuple(block for block in self.blocks if isinstance(block, ToolCall) and not block.server)

    def replace(self, **changes: Any) -> Message:
        """Make a copy with some attributes changed. Raises `TypeError` for an unknown attribute."""
        return msgspec.structs.replace(self, **changes)

    def with_blocks(self, blocks: Sequence[Block]) -> Message:
        """Make a copy with other blocks, where an item whose last block is gone goes with it.

        An item that was empty before stays: it was on the wire without any block.
        """
        before = {block.item for block in self.blocks if block.item is not UNSET}
        after = {block.item for block in blocks if block.item is not UNSET}
        gone = before - after
        if not gone:
            return self.replace(blocks=tuple(blocks))
        index = {old: new for new, old in enumerate(i for i in range(len(self.items)) if i not in gone)}
        kept = tuple(item for i, item in enumerate(self.items) if i not in gone)
        moved = tuple(b if b.item is UNSET else msgspec.structs.replace(b, item=index[b.item]) for b in blocks)
        return self.replace(blocks=moved, items=kept)


class Tool(Value, frozen=True, kw_only=True):
    """A tool that the model may call.

    Attributes:
        name: Its name; absent on some tools that the provider runs.
        description: What it does, for the model.
        parameters: Its JSON Schema, byte for byte: models are sensitive to its spelling.
        kind: `function`, `freeform` (a text input), or `server` (run by the provider).
        fields: The wire object with the known leaves removed, in the same shape. `strict` stands here: absent it means
            what the API says, on OpenAI's Responses that the schema is enforced, on Chat Completions that it is not.
        spelling: How it was written, where that may change without harm.
    """

    name: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    parameters: Json | UnsetType = UNSET
    kind: Literal["function", "freeform", "server"] = "function"
    fields: Json | UnsetType = UNSET
    spelling: Json | UnsetType = UNSET


class Conversation(Value, frozen=True, kw_only=True):
    """A whole history with the tools it may use.

    Attributes:
        format: The format's name and version.
        tools: The tools; absent, null and none are three things.
        messages: The messages, oldest first.
    """

    # omit_defaults would drop the version that tells a later reader what it reads, so it has no default.
    format: Literal["keepthinking/1"]
    tools: tuple[Tool, ...] | None | UnsetType = UNSET
    messages: tuple[Message, ...] = ()

    @classmethod
    def of(cls, *messages: Message, tools: Sequence[Tool] | UnsetType = UNSET) -> Conversation:
        """Make a conversation from messages."""
        return cls(format=FORMAT, messages=messages, tools=tools if tools is UNSET else tuple(tools))

    def append(self, *messages: Message) -> Conversation:
        """Make a conversation with messages added; the earlier ones are shared, not copied."""
        return msgspec.structs.replace(self, messages=self.messages + messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)


def unset_or(value: _T | UnsetType, default: _T) -> _T:
    """Give the value, or a default where it is absent."""
    return default if value is UNSET else value
