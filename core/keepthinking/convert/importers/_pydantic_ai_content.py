"""pydantic-ai: what stands in parts: words, files, and what tools gave. See `_pydantic_ai`."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from keepthinking._errors import DecodeError
from keepthinking._json import Json, Slice, Slices, elements, load, members, string
from keepthinking._messages import Block, Media, Opaque, ResultStatus, Text, ToolResult
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._wire import is_array, is_object, is_string, take_nullable, take_string

NAME = "pydantic-ai"

_SAYS_NOTHING = frozenset(
    {
        *("timestamp", "part_kind", "kind", "run_id", "conversation_id", "usage", "state", "identifier", "media_type"),
        *("force_download", "provider_url", "finish_reason", "dynamic_ref", "context_id", "scope", "model_id"),
        *("content_file_digests", "history_digest", "retry"),
    }
)
"""Members that are no part of what was said: when, where and at what cost."""

_STATUS: Mapping[str, ResultStatus] = {
    "success": "ok",
    "denied": "ok",
    "interrupted": "ok",
    "failed": "error",
    "retried": "error",
}
"""Outcomes, and whether the model gets them as errors (`ERROR_OUTCOMES`): of a denial only the content tells it."""

_MEDIA = {"image-url": "image", "audio-url": "audio", "video-url": "video", "document-url": "file"}
_FILES = frozenset({*_MEDIA, "binary", "uploaded-file"})
_TEXTS = frozenset({"text-content", "structured-content"})
"""Pieces whose `content` is what the model reads; a structured one keeps the value beside it that this renders."""


class Content:
    """Reads what stands in parts, and collects what has no place."""

    def __init__(self) -> None:
        self.losses: list[Loss] = []

    def _content(self, raw: Slice, path: str) -> list[Block]:
        if is_string(raw):
            return [Text(text=string(raw, path))]
        if not is_array(raw):
            return [opaque(raw, UNSET)]
        return [self._piece(piece, f"{path}[{n}]") for n, piece in enumerate(elements(raw, path))]

    def _piece(self, raw: Slice, path: str) -> Block:
        if is_string(raw):
            return Text(text=string(raw, path))
        try:
            left = members(raw, path)
        except DecodeError:
            return opaque(raw, UNSET)
        kind = take_string(left, "kind", path)
        mime = take_nullable(left, "media_type", path)
        block: Block
        if kind in _MEDIA and isinstance(kind, str):
            block = Media(kind=_MEDIA[kind], mime=mime, url=take_nullable(left, "url", path))
        elif kind == "binary":
            head = (mime or "").partition("/")[0] if isinstance(mime, str) else ""
            word = head if head in {"image", "audio", "video"} else "file"
            block = Media(kind=word, mime=mime, data=take_nullable(left, "data", path))
        elif kind in _TEXTS:
            block = Text(text=self._words(left, path))
        else:
            return opaque(raw, kind)
        self._rest(left, path)
        return block

    def _outcome(self, part: Slices, path: str) -> ResultStatus:
        """Take how a tool ended; one that is not known here stays in the part, and is told with the rest."""
        raw = part.get("outcome")
        word = string(raw, f"{path}.outcome") if raw is not None and is_string(raw) else ""
        if word not in _STATUS:
            return "unspecified"
        del part["outcome"]
        if word != "success":
            why = "a result failed or did not"
            self._lose("spelling", f"{path}.outcome", f"that a result was `{word}`", why)
        return _STATUS[word]

    def _tool_result(self, part: Slices, path: str, status: ResultStatus, *, server: bool = False) -> ToolResult:
        raw = part.pop("content", None)
        here = f"{path}.content"
        content: str | tuple[Block, ...] | None | UnsetType = UNSET
        if raw is not None and is_string(raw):
            content = string(raw, here)
        elif raw is not None and _is_file(raw):
            content = (self._piece(raw, here),)
        elif raw is not None and is_array(raw) and any(map(_is_file, pieces := elements(raw, here))):
            content = tuple(self._answered(piece, f"{here}[{n}]") for n, piece in enumerate(pieces))
        elif raw is not None:
            content = self._rendered(raw, here)
        return ToolResult(
            call_id=take_nullable(part, "tool_call_id", path),
            name=take_nullable(part, "tool_name", path),
            status=status,
            content=content,
            server=server,
        )

    def _answered(self, raw: Slice, path: str) -> Block:
        """Read a piece of what a tool gave: a file, or anything else, which the model gets as text."""
        if _is_file(raw):
            return self._piece(raw, path)
        return Text(text=string(raw, path) if is_string(raw) else self._rendered(raw, path))

    def _rendered(self, raw: Slice, path: str) -> str:
        self._lose("spelling", path, "that a result is JSON", "a result is a text or blocks")
        return bytes(raw).decode()

    def _words(self, part: Slices, path: str, name: str = "content") -> str:
        raw = part.pop(name, None)
        if raw is None:
            raise DecodeError(f"a part has no `{name}`", where=path, culprit="caller")
        return string(raw, f"{path}.{name}", "caller")

    def _rest(self, left: Slices, path: str) -> None:
        for key, raw in left.items():
            value = load(raw)
            if value is None or value in ({}, []):
                continue
            kind: LossKind = "spelling" if key in _SAYS_NOTHING else "foreign"
            self._lose(kind, f"{path}.{key}", f"`{key}`", "it is pydantic-ai's own")

    def _lose(self, kind: LossKind, path: str, what: str, why: str) -> None:
        self.losses.append(Loss(kind=kind, path=path, what=what, why=why))


def _is_file(raw: Slice) -> bool:
    """Tell whether a piece of a result is a file: what a tool gave may have a `kind` of its own."""
    if not is_object(raw):
        return False
    kind = members(raw, "$").get("kind")
    return kind is not None and is_string(kind) and string(kind, "$") in _FILES


def opaque(raw: Slice, kind: object) -> Opaque:
    """Keep something that is not known here as it is."""
    return Opaque(dialect=NAME, kind=kind if isinstance(kind, str) else "", body=Json(bytes(raw)))
