"""AutoGen's own persistence of messages: the state of a model context.

A context of this room writes what the stock one writes, and the records beside it, under a key that stock contexts
leave alone: so its state is read by either (autogen-core 0.7.5, `ChatCompletionContextState`). A record is found by its
message's digest, and by its place where the message was edited; where it is not certain whose it is, it is nobody's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, TypeAlias, cast

from autogen_agentchat.messages import MessageFactory
from autogen_core.model_context import ChatCompletionContextState
from autogen_core.models import LLMMessage
from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from keepthinking import DecodeError, EncodeError
from keepthinking.carry import json_of
from keepthinking_adapters.autogen._carriers import SLOT, put, put_thought, record_of, unnamed_thought
from keepthinking_adapters.autogen._chat import NATIVES, Chat, Native, attach, is_chat
from keepthinking_adapters.autogen._chat import factory as known

__all__ = ["dump", "load", "restored", "saved"]

_MESSAGES: Final = "messages"
_THREAD: Final = "message_thread"
"""Where a team's manager keeps the messages of its agents (autogen-agentchat 0.7.5, `BaseGroupChatManagerState`)."""
_STATE: Final = "give a state as `dump` or AutoGen's `save_state` wrote it"

_Entry: TypeAlias = dict[str, str]
"""Of one message: its digest (`of`), its `record`, and a `thought` that whoever made it left out."""


def dump(native: Sequence[Native]) -> bytes:
    """Write a history as a context of this room saves it, or a team its thread, as ASCII JSON.

    Raises:
        EncodeError: A message holds what AutoGen cannot write, or messages of agents stand among others, which no
            state of AutoGen holds; culprit `framework`. It is no list of messages; culprit `caller`.
    """
    NATIVES.written(native)
    try:
        if any(map(is_chat, native)):
            state: Any = {_THREAD: [to_jsonable_python(one.dump()) for one in cast("Sequence[Chat]", native)]}
        else:
            models = cast("list[LLMMessage]", list(native))
            state = ChatCompletionContextState(messages=models).model_dump(warnings="error")
        return json.dumps({**state, **saved(native)}).encode()
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        what = f"AutoGen cannot write the messages: {type(error).__name__}"
        hint = "make messages with their constructors, and write those of agents apart from those for a model"
        raise EncodeError(what, where="$", culprit="framework", hint=hint) from error


def load(data: bytes, *, factory: MessageFactory | None = None) -> list[Any]:
    """Read what `dump` wrote, or what any context, agent or team of AutoGen saved: of a team its thread.

    Args:
        data: JSON.
        factory: Makes messages of agents of their dumps; by default one that knows AutoGen's.

    Raises:
        DecodeError: AutoGen cannot read it; culprit `data`. It is no document; culprit `caller`.
    """
    held = _inner(json_of(data))
    where = f"$.{_THREAD if _THREAD in held else _MESSAGES}"
    messages: list[Any] = []
    try:
        if _THREAD in held:
            made_by = known() if factory is None else factory
            messages += [made_by.create(one) for one in held[_THREAD]]
        else:
            messages += ChatCompletionContextState.model_validate(held).messages
    except ValidationError as error:
        raise DecodeError("AutoGen cannot read the messages", where=where, culprit="data", hint=_STATE) from error
    except (ValueError, TypeError, AttributeError) as error:
        hint = "give a `MessageFactory` that knows each class" if "Unknown message type" in str(error) else _STATE
        raise DecodeError("AutoGen cannot read the messages", where=where, culprit="data", hint=hint) from error
    except Exception as error:  # Pillow raises what it likes for bytes that are no picture
        raise DecodeError("AutoGen cannot read a picture", where=where, culprit="data", hint=_STATE) from error
    restored(messages, held)
    return messages


def _inner(state: object) -> dict[str, Any]:
    """Give the part of a state that holds messages: an agent's has its context's, a team's its manager's."""
    held = cast("dict[str, Any]", state) if isinstance(state, dict) else {}
    agents = held.get("agent_states")
    if isinstance(agents, dict):
        states = [
            cast("dict[str, Any]", one) for one in cast("dict[str, object]", agents).values() if isinstance(one, dict)
        ]
        threads = [one for one in states if _THREAD in one]
        held = threads[0] if len(threads) == 1 else {}
    elif isinstance(held.get("llm_context"), dict):
        held = held["llm_context"]
    if _MESSAGES not in held and _THREAD not in held:
        raise DecodeError("it is no state of a context, an agent or a team", where="$", culprit="data", hint=_STATE)
    return held


def saved(messages: Sequence[Native]) -> dict[str, Any]:
    """Give what stands beside the messages in a state: their records; nothing where there are none."""
    found: list[_Entry] = []
    for message in messages:
        attach(message)
        held, entry = record_of(message), {"of": _digest(message)}
        if isinstance(held, str):
            entry["record"] = held
        if (thought := unnamed_thought(message)) is not None:
            entry["thought"] = thought
        found.append(entry)
    return {SLOT: found} if any(len(entry) > 1 for entry in found) else {}


def restored(messages: Sequence[Native], state: Mapping[str, Any]) -> None:
    """Put the records of a state on its messages.

    Raises:
        DecodeError: What stands where the records should is none of ours; culprit `data`.
    """
    held: object = state.get(SLOT, [])
    entries = cast("list[object]", held) if isinstance(held, list) else None
    if entries is None or not all(map(_is_entry, entries)):
        what = "the records beside the messages are broken"
        raise DecodeError(what, where=f"$.{SLOT}", culprit="data", hint=_STATE)
    known = cast("list[_Entry]", entries)
    for message, entry in zip(messages, _matched(known, [_digest(one) for one in messages]), strict=True):
        if "record" in entry:
            put(message, entry["record"])
        if "thought" in entry:
            put_thought(message, entry["thought"])
            message.model_fields_set.discard("thought")  # whoever made the message had never named one


def _matched(known: Sequence[_Entry], digests: Sequence[str]) -> list[_Entry]:
    """Give the entry of each message; an empty one where it is not certain which it is.

    Equal messages of different records ("Done.", twice) keep theirs where all of them are still there. A message that
    no entry knows was edited, and has the entry of its place, where that is nobody else's and nothing was put in or
    taken out.
    """
    there, here = _places([entry["of"] for entry in known]), _places(digests)
    found: dict[int, int] = {}
    for digest, places in here.items():
        olds = there.get(digest, [])
        if len(olds) == len(places):
            found |= dict(zip(places, olds, strict=True))
        elif olds and all(known[old] == known[olds[0]] for old in olds):
            found |= dict.fromkeys(places, olds[0])
    if len(known) == len(digests):
        taken = set(found.values())
        found |= {i: i for i, digest in enumerate(digests) if digest not in there and i not in taken}
    return [known[found[i]] if i in found else {"of": digest} for i, digest in enumerate(digests)]


def _places(digests: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for i, digest in enumerate(digests):
        found.setdefault(digest, []).append(i)
    return found


def _is_entry(value: object) -> bool:
    held = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    carried = [held[name] for name in ("record", "thought") if name in held]
    return isinstance(held.get("of"), str) and all(isinstance(one, str) for one in carried)


def _digest(message: Native) -> str:
    text = json.dumps(message.model_dump(), sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()
