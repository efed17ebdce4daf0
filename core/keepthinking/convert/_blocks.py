"""One message on its way to another wire or provider: what of its blocks goes along, and in which form."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._json import Json
from keepthinking._messages import (
    Block,
    Field,
    Inline,
    Media,
    Message,
    Opaque,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from keepthinking._profiles import Tags
from keepthinking._projection import Projection
from keepthinking._reports import Loss, LossKind
from keepthinking._turns import MODEL_ROLES, SYSTEM_ROLES
from keepthinking.convert._losses import WHY, item_lost, loss, members_lost
from keepthinking.convert._media import convert_media
from keepthinking.convert._policy import Policy
from keepthinking.convert._seals import carried
from keepthinking.convert._wires import ESCAPES, SEALED_PLACE
from keepthinking.dialects import _inline

TAGS = Tags(open="<think>", close="</think>")
"""The neutral form of thinking as visible text, where the profile names no tags of its own."""


class Gone(NamedTuple):
    """A call that does not go along, so that its result cannot either.

    Attributes:
        why: Why the call stays.
    """

    why: str


Ids = Mapping[int, str | Gone]
"""New ids of calls and results, by the number of their block."""


class Made(NamedTuple):
    """What became of a message.

    Attributes:
        message: The message, or None where nothing of it goes along.
        losses: What stays, by path from the message.
        sources: For each block where it was in the source, by path from the message; those of a message that stands as
            it stood are not listed.
        refused: Thoughts that could not go as they are, where the caller refuses that.
    """

    message: Message | None
    losses: tuple[Loss, ...] = ()
    sources: tuple[str, ...] = ()
    refused: tuple[Loss, ...] = ()


class Carrier:
    """Carries the blocks of one message to another wire or provider."""

    def __init__(self, message: Message, policy: Policy, projection: Projection | None, ids: Ids) -> None:
        self.message = message
        self.policy = policy
        self.projection = projection
        self.ids = ids
        self.origin = policy.origin(message)
        self.losses: list[Loss] = []
        self.refused: list[Loss] = []

    # -- whole messages ------------------------------------------------------------------------------------------

    def made(self, *, empty: bool = False) -> Made:
        """Carry the message; `empty` tells that it stays even where none of its blocks does."""
        message = self.message
        row = self.policy.row
        blocks: list[Block] = []
        sources: list[str] = []
        sealed = False
        for i, block in enumerate(message.blocks):
            path = f"blocks[{i}]"
            carried_block = self._block(block, path, self.ids.get(i))
            if carried_block is None:
                continue
            if isinstance(carried_block, ToolCall) and message.role in MODEL_ROLES and not sealed:
                carried_block = self._escaped(carried_block, path)
                sealed = True
            blocks.append(carried_block)
            sources.append(path)
        held = {block.item for block in message.blocks}
        for i, item in enumerate(message.items):
            self.losses += item_lost(item, self.projection, f"items[{i}]", empty=i not in held)
        self._members(message.fields, "", "fields")
        if message.extras is not UNSET:
            self._lose_extras("extras")
        if message.role in SYSTEM_ROLES and all(isinstance(one, Text) and one.text == "" for one in message.blocks):
            # "text content blocks must be non-empty" (https://github.com/t8y2/dbx/pull/1298, read 2026-11-27)
            self.losses.append(loss("spelling", "", "instructions that say nothing", "there are none here"))
            return Made(None, tuple(self.losses))
        if not blocks and message.blocks and not empty:
            return Made(None, tuple(self.losses), (), tuple(self.refused))
        role = row.model_role if message.role in MODEL_ROLES else self._role(row.roles)
        made = Message(
            role=role,
            blocks=tuple(blocks),
            author=message.author,
            name=message.name,
            origin=replace(self.origin, dialect=self.policy.to) if message.role in MODEL_ROLES else UNSET,
        )
        return Made(made, tuple(self.losses), tuple(sources), tuple(self.refused))

    def _role(self, roles: Mapping[str, str]) -> str:
        role = roles.get(self.message.role, self.message.role)
        if role != self.message.role:
            why = f"such messages are of the role `{role}` here"
            self.losses.append(loss("spelling", "role", f"the role `{self.message.role}`", why))
        return role

    def strange(self) -> Made:
        """Carry a message of the target's own wire that another provider made: all but what depends on its seals."""
        blocks: list[Block] = []
        sources: list[str] = []
        for i, block in enumerate(self.message.blocks):
            path = f"blocks[{i}]"
            found = self._strange(block, path)
            if found is not None:
                blocks.append(found)
                sources.append(path)
        if len(blocks) == len(self.message.blocks) and all(map(operator.is_, blocks, self.message.blocks)):
            return Made(self.message)
        if not blocks:
            return Made(None, tuple(self.losses), (), tuple(self.refused))
        return Made(self.message.with_blocks(blocks), tuple(self.losses), tuple(sources), tuple(self.refused))

    def _strange(self, block: Block, path: str) -> Block | None:
        seals, left = carried(block.seals, self.origin, self.policy)
        self._seals_left(block, left, path)
        if not isinstance(block, Thinking):
            return replace(block, seals=seals) if left else block
        if block.seals and not seals and not block.text:
            self._stay(loss("seal", path, "a thought that is nothing but its seal", left[0][1]))
            return None
        if seals or self._goes:
            return replace(block, seals=seals) if left else block
        return self._without_seal(block, path)

    # -- blocks --------------------------------------------------------------------------------------------------

    def _block(self, block: Block, path: str, new_id: str | Gone | None = None) -> Block | None:
        if isinstance(block, Opaque):
            what = f"a `{block.kind}` block of `{block.dialect}`" if block.kind else f"a block of `{block.dialect}`"
            self.losses.append(loss("foreign", path, what, WHY))
            return None
        if isinstance(block, Thinking):
            return self._thinking(block, path)
        found = self._plain(block, path, new_id)
        if found is None:
            return None
        seals, left = carried(block.seals, self.origin, self.policy)
        self._seals_left(block, left, path)
        return replace(found, seals=seals)

    def _seals_left(self, block: Block, left: Sequence[tuple[int, str]], path: str) -> None:
        word = "a thought" if isinstance(block, Thinking) else "a block"
        for n, why in left:
            self.losses.append(loss("seal", f"{path}.seals[{n}]", f"the `{block.seals[n].slot}` of {word}", why))

    def _plain(self, block: Block, path: str, new_id: str | Gone | None) -> Block | None:
        if isinstance(block, ToolCall):
            return self._call(block, path, new_id)
        if isinstance(block, ToolResult):
            return self._result(block, path, new_id)
        if isinstance(block, Media):
            self._rest(block, "media", path)
            return convert_media(block, path, self.origin.provider, self.policy, self.losses)
        if isinstance(block, Text):
            self._rest(block, "text", path)
            return Text(text=block.text) if self.policy.row.blank or not self._is_blank(block, path) else None
        return None

    def _is_blank(self, block: Text, path: str) -> bool:
        """Tell whether a text has no words, and so has no place on a wire that takes none."""
        if block.text and not block.text.isspace():
            return False
        what = "white space that is a text of its own" if block.text else "a text without words"
        why = "a text has words here"
        self.losses.append(loss("content" if block.text else "spelling", path, what, why))
        self._seals_left(block, [(n, why) for n in range(len(block.seals))], path)
        return True

    def _call(self, block: ToolCall, path: str, new_id: str | Gone | None) -> ToolCall | None:
        if isinstance(new_id, Gone):
            kind: LossKind = "foreign" if block.server else "content"
            self.losses.append(loss(kind, path, f"the call of `{block.name}`", new_id.why))
            return None
        self._rest(block, "tool_call", path)
        call = ToolCall(id=self._id(block.id, new_id, f"{path}.id"), name=block.name, arguments=block.arguments)
        if block.kind == "freeform" or self.policy.row.arguments == "json":
            return replace(call, kind="freeform" if block.kind == "freeform" else "json")
        return replace(call, kind="object")

    def _result(self, block: ToolResult, path: str, new_id: str | Gone | None) -> ToolResult | None:
        if isinstance(new_id, Gone):
            kind: LossKind = "foreign" if block.server else "content"
            self.losses.append(loss(kind, path, "the result of a call that stays behind", new_id.why))
            return None
        self._rest(block, "tool_result", path)
        content = block.content
        if isinstance(content, tuple):
            inner = [self._shown(part, f"{path}.content[{n}]") for n, part in enumerate(content)]
            content = tuple(part for part in inner if part is not None)
        elif not isinstance(content, str) and self.policy.row.nothing:
            content = "" if self.policy.row.nothing == "words" else ()
            why = "a result has content here"
            self.losses.append(loss("spelling", f"{path}.content", "that a result has no content", why))
        call_id = self._id(block.call_id, new_id, f"{path}.call_id")
        return ToolResult(call_id=call_id, name=block.name, status=block.status, content=content)

    def _shown(self, part: Block, path: str) -> Block | None:
        """Carry a part of a result."""
        if isinstance(part, Media) and not self.policy.row.shows:
            what, why = f"a `{part.kind}` in a result", "results are words here"
            self.losses.append(loss("content", path, what, why))
            return None
        return self._block(part, path)

    def _id(self, before: str | None | UnsetType, after: str | Gone | None, path: str) -> str | None | UnsetType:
        if not isinstance(after, str):
            return before
        what = "the id of a call, which is another one now" if isinstance(before, str) else "that a call had no id"
        self.losses.append(loss("spelling", path, what, self.policy.row.ids.why(before)))
        return after

    def _rest(self, block: Block, home: str, path: str) -> None:
        """Tell what a block held besides its typed places; its spelling may go without harm."""
        wire = "" if self.projection is None else self.projection.homes.get(home, "")
        self._members(block.fields, wire, f"{path}.fields")
        if block.extras is not UNSET:
            self._lose_extras(f"{path}.extras")

    def _members(self, fields: Json | UnsetType, home: str, path: str) -> None:
        self.losses += members_lost(fields, self.projection, home, path)

    def _lose_extras(self, path: str) -> None:
        self.losses.append(loss("foreign", path, "members of a later version of the format", "they are not known here"))

    # -- thinking ------------------------------------------------------------------------------------------------

    def _thinking(self, block: Thinking, path: str) -> Block | None:
        seals, left = carried(block.seals, self.origin, self.policy)
        self._seals_left(block, left, path)
        if block.seals and not seals and not block.text:
            self._stay(loss("seal", path, "a thought that is nothing but its seal", left[0][1]))
            return None
        self._rest(block, "thinking", path)
        for n, segment in enumerate(block.segments):
            self.losses += members_lost(segment.fields, None, "", f"{path}.segments[{n}].fields")
        if not seals and not self._goes:
            return self._without_seal(block, path)
        for n, stood in enumerate(block.places):
            what = "between tags" if isinstance(stood, Inline) else f"in `{stood.name}`"
            self.losses.append(loss("spelling", f"{path}.places[{n}]", f"that a thought stood {what}", WHY))
        place = SEALED_PLACE.get(self.policy.to) if seals else None
        return Thinking(
            segments=tuple(replace(segment, fields=UNSET) for segment in block.segments),
            seals=seals,
            places=() if place is None else (Field(name=place),),
        )

    def _without_seal(self, block: Thinking, path: str) -> Text | None:
        """Give the words of a thought that does not go as one as a text, where the caller asks for that."""
        how = self.policy.thinking
        if how == "text" and block.text:
            what = "that words are a thought: they are visible text now"
            self.losses.append(loss("content", path, what, "the caller asks for it"))
            return Text(text=_inline.framed(self.policy.profile.tags or TAGS).wrap(block.text))
        why = "a thought is taken with its seal only here"
        if how in {"drop", "text"}:
            why = "the caller wants no thinking of others" if how == "drop" else "it has no words"
        self._stay(loss("content", path, "a thought", why))
        return None

    @property
    def _goes(self) -> bool:
        """Tell whether a thought without a seal goes along as one."""
        return self.policy.unsealed and self.policy.thinking in {"native", "refuse"}

    def _stay(self, told: Loss) -> None:
        self.losses.append(told)
        if self.policy.thinking == "refuse":
            self.refused.append(told)

    def _escaped(self, call: ToolCall, path: str) -> ToolCall:
        """Put the provider's own word in place of a seal that its model never made, where the caller asks for it."""
        word = ESCAPES.get(self.policy.to)
        if word is None or not self.policy.escape or call.seals:
            return call
        what = "that a call was never sealed: it bears the provider's word for calls of others"
        self.losses.append(loss("seal", path, what, "the caller asks for it"))
        return replace(call, seals=(Seal(slot="thoughtSignature", wire=word, encoding="base64"),))
