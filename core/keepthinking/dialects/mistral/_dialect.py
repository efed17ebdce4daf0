"""The dialect's object: requests and responses, whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from keepthinking._errors import Culprit
from keepthinking._json import Slice, Slices
from keepthinking._messages import Message, Tool
from keepthinking._profiles import Profile
from keepthinking.dialects._base import Memo
from keepthinking.dialects._cache import Written
from keepthinking.dialects._choices import ChoicesDialect
from keepthinking.dialects.mistral._events import Shown
from keepthinking.dialects.mistral._fast import read_messages
from keepthinking.dialects.mistral._frames import deltas
from keepthinking.dialects.mistral._names import ID
from keepthinking.dialects.mistral._projection import PROJECTION
from keepthinking.dialects.mistral._read import read_message, read_tool
from keepthinking.dialects.mistral._write import block_path, write_message, write_tool


class Mistral(ChoicesDialect):
    """The dialect `mistral`."""

    id = ID
    projection = PROJECTION
    truncated = frozenset({"length", "model_length"})
    """mistralai 3.7.0, `client/models/chatcompletionchoice.py`."""
    broken = frozenset({"error"})
    """mistralai 3.7.0, `client/models/chatcompletionchoice.py`."""
    stateless = "chat completions keep no state"

    def _block_path(self, message: Message, block: int) -> str:
        return block_path(message, block)

    # -- parts ---------------------------------------------------------------------------------------------------

    def _read_messages(
        self,
        raw: Slice,
        profile: Profile,  # noqa: ARG002 - the wire is one
        culprit: Culprit,
        memo: Memo | None,
    ) -> Sequence[Message]:
        return read_messages(raw, culprit, memo)

    def _read_message(self, left: Slices, path: str, profile: Profile, culprit: Culprit) -> Message:  # noqa: ARG002 - the wire is one
        return read_message(left, path, culprit)

    def _write_message(self, message: Message, profile: Profile) -> Written:  # noqa: ARG002 - no profile changes a chunk
        return write_message(message)

    def _shown(self, choice: int, profile: Profile) -> Shown:  # noqa: ARG002 - thinking has one place here
        return Shown(choice)

    def _deltas(self, message: dict[str, Any], cuts: Random | None) -> Iterator[dict[str, Any]]:
        return deltas(message, cuts)

    def _tool(self, left: Slices, path: str, culprit: Culprit) -> Tool:
        return read_tool(left, path, culprit)

    def _write_tool(self, tool: Tool) -> Written:
        return write_tool(tool)
