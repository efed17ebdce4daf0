"""What to do about a finding: one sentence a check, with the words of the dialect, and who does it already.

Rule 1: it says what has to be on the wire, so that a maintainer of any framework can use it.
Rule 2: where we have a model class for the framework, it is named, but for what the agent does and not the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from keepthinking._adapter import Variant
from keepthinking._profiles import Profile
from keepthinking_conformance.plan import Cell


class _Words(NamedTuple):
    """How a dialect calls things.

    Attributes:
        thinking: What holds thinking.
        seal: What seals it.
        opaque: What holds thinking that nobody can read.
        result: What names the call of a result.
    """

    thinking: str
    seal: str
    opaque: str
    result: str


_WORDS: Final[Mapping[str, _Words]] = MappingProxyType(
    {
        "openai-chat": _Words("{fields}", "the `signature` in `reasoning_details`", "`data` entries", "`tool_call_id`"),
        "openai-responses": _Words(
            "the `reasoning` items",
            "`encrypted_content` (`include` asks for it)",
            "`reasoning` items without a summary",
            "`call_id`",
        ),
        "anthropic-messages": _Words(
            "the `thinking` blocks", "their `signature`", "`redacted_thinking` blocks", "`tool_use_id`"
        ),
        "gemini": _Words("the parts with `thought`", "`thoughtSignature`", "parts that hold nothing but it", "`id`"),
        "ollama": _Words("the `thinking` member", "its seal", "opaque blocks", "`tool_name`"),
    }
)
_ANY: Final = _Words("the thinking", "its seal", "opaque blocks", "the call's id")

_KEEP = "Put {thinking} of each answer into the history, and send them back in the message that they came in"
_SEALS = "Store {seal} with the block that it came on, and send it back unchanged on that block"
_AS_CAME = "Send each answer back as the list of blocks that it came as, in that order"
_PAIR = "Keep a call and its result together, each result with the call's id in {result}"
_RAW = "Keep the text of the arguments as the model wrote it, and send that text; parse a copy"
_SAVE = "Write {thinking} and {seal} into what is saved, and read them back"
_OWN = "Note with each answer which provider and model gave it, and send its sealed thinking to them alone"

_FIXES: Mapping[str, str] = {
    "thinking.kept.in-loop": _KEEP,
    "thinking.kept.cross-turn": f"{_KEEP}, also when a new question follows",
    "thinking.unaltered": "Send thinking back byte for byte: neither trim nor join nor shorten it",
    "thinking.place": "Send thinking back in the member that it came in: {thinking}",
    "stream.thinking.kept": "Gather {thinking} from the pieces of the stream, as from a whole answer",
    "stream.thinking.whole": "Join the pieces of a streamed thought to one block before it goes into the history",
    "stream.thinking.once": "Gather a streamed thought from one member alone; the others say the same again",
    "stream.seal.kept": "Take {seal} from the stream also where it comes alone, or behind the words",
    "stream.answer.kept": "Gather text and calls from the pieces of the stream, also beside thinking",
    "persist.thinking.kept": _SAVE,
    "persist.seal.kept": _SAVE,
    "persist.unfinished.not-kept": "Drop a thought that was cut off, or keep it out of what is sent",
    "persist.open-call.kept": "Save calls that wait for an answer, and ask for it again after loading",
    "context.turn.kept.in-loop": "Remove no answer of the running tool loop; trim whole earlier turns",
    "context.turn.kept.cross-turn": "Keep earlier turns as long as the context has room for them",
    "context.pairs.kept": _PAIR,
    "text.kept": "Send back what the model said beside its calls",
    "text.unaltered": "Send back what the model said, word for word and with all members that it came with",
    "text.not-invented": "Put words of your own into messages of the user, not of the model",
    "seal.kept": _SEALS,
    "seal.unaltered": _SEALS,
    "seal.on-its-block": _SEALS,
    "seal.not-invented": "Send {seal} only where the provider put it; leave it out where there is none",
    "redacted.kept": "Send {opaque} back as they came, though they show nothing",
    "opaque.kept": "Keep blocks of unknown types as they came, and send them back",
    "opaque.unaltered": "Keep blocks of unknown types as they came, member for member",
    "order.blocks": _AS_CAME,
    "order.turns": "Send the turns in the order in which they were",
    "order.results": "Put the results right behind the answer that asked for them",
    "grouping.not-merged": f"{_AS_CAME}, one message an answer",
    "grouping.not-split": f"{_AS_CAME}, in one message",
    "block.once": "Put each block into the history once, whatever number of callbacks reports it",
    "thinking.not-text": "Keep {thinking} apart from the visible text, also where they are stored or shown",
    "thinking.not-executed": "Read calls and answers out of the visible text alone, never out of {thinking}",
    "handoff.thinking.kept": f"{_KEEP}, also behind a handoff and back",
    "handoff.foreign.not-sent": _OWN,
    "failed-turn.thinking.kept": f"{_KEEP}, also where a tool failed",
    "failed-turn.survived": "Take an answer that shows nothing for an answer: keep it, and go on",
    "call.kept": "Send every call of an answer back, each with its result",
    "call.unaltered": "Send each call back with all members that it came with",
    "call.not-invented": "Send no call that the model did not make",
    "parallel.together": "Send parallel calls back in one message, and their results behind it",
    "retry.history.unaltered": "Send the same messages again where a request failed",
    "malformed-call.answered": "Keep the call as it came, and answer it with the parser's error under its id",
    "arguments.equal": _RAW,
    "arguments.verbatim": _RAW,
    "ids.paired": _PAIR,
    "ids.verbatim": "Send the ids of calls back as they came",
    "call.name.unaltered": "Send the tool's name back as the model wrote it",
    "result.delivered": "Give the model the tool's own text, under the id of its call in {result}",
    "result.unaltered": "Send a result as it was sent first",
    "thinking.empty.kept": "Take thinking without words for thinking: keep its block and {seal}",
    "thinking.empty.not-invented": "Leave thinking out where the model sent none; write no empty member",
    "thinking.not-invented": "Send no thinking that the model did not think: leave it out where it is lost",
    "foreign.not-sent": _OWN,
    "thinking.not-sent": "Leave {thinking} out of requests to this provider",
    "switch.thinking.kept": f"{_KEEP}, also after another model spoke",
    "gate.not-by-name": "Let what the provider sent decide what goes back, not the model's name",
    "prefix.unaltered": "Leave instructions, tools and inputs as they were sent first; put what is new at the end",
    "tools.kept": "Send the tools with every request; `tool_choice` keeps the model from calling them",
    "inject.boundary": "Put words of your own into a result, or behind the loop, not among its messages",
    "perturbed.history.unaltered": "Send what was said as it was said, whatever has changed around it since",
    "thinking.own": "Store thinking with its own answer, by nothing less than the whole history before it",
}

FIXES: Final = MappingProxyType(_FIXES)
"""What to do, by check; `{thinking}`, `{seal}`, `{opaque}` and `{result}` are the dialect's words."""

_KEPT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "autogen": "`keepthinking_adapters.autogen.KeepThinkingChatCompletionClient`",
        "langchain": "`keepthinking_adapters.langchain.ChatKeepThinking`",
        "llama-index": "`keepthinking_adapters.llama_index.KeepThinkingLLM`",
        "smolagents": "`keepthinking_adapters.smolagents.KeepThinkingModel`",
    }
)
"""Our model classes, by framework."""

_BY_THE_AGENT: Final = frozenset(
    {
        "context.turn.kept.in-loop",
        "context.turn.kept.cross-turn",
        "context.pairs.kept",
        "malformed-call.answered",
        "thinking.not-executed",
        "retry.history.unaltered",
        "text.not-invented",
        "tools.kept",
        "prefix.unaltered",
        "inject.boundary",
    }
)
"""What is decided before a model class is called, so that none can mend it."""

_ENDS: Final[Mapping[Variant, str]] = MappingProxyType(
    {
        "stock": "; {kept} does",
        "kept": "; in {kept} this is a defect of keepthinking: please report it",
        "guarded": "",
    }
)


def fix(cell: Cell, check: str, profile: Profile | None = None) -> str:
    """Say what to do about a finding; "" where nobody knows.

    Args:
        cell: The run's cell.
        check: The check that found something.
        profile: Who was asked; by default the profile of the cell.
    """
    said = FIXES.get(check)
    if said is None:
        return ""
    profile = cell.profile if profile is None else profile
    subject = cell.subject
    kept = _KEPT.get(subject.framework)
    end = "" if kept is None or check in _BY_THE_AGENT else _ENDS[subject.variant].format(kept=kept)
    return f"{said.format(**_words(profile)._asdict())}{end}."


def _words(profile: Profile) -> _Words:
    words = _WORDS.get(profile.dialect, _ANY)
    return words._replace(thinking=words.thinking.format(fields=_fields(profile)))


def _fields(profile: Profile) -> str:
    """Name the members of a chat message that hold thinking."""
    tags = profile.tags
    if tags is not None:
        return f"all from `{tags.open}` to `{tags.close}`"
    return " and ".join(f"`{name}`" for name in profile.returns) or "the thinking"
