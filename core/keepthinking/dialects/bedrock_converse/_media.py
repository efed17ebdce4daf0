"""Writing images, documents, videos and sounds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._json import Json, dump_string, members
from keepthinking._messages import Media
from keepthinking._reports import Loss
from keepthinking.dialects._named import lose_name
from keepthinking.dialects._wire import Spelling, Tree, is_object, write
from keepthinking.dialects.bedrock_converse._names import ADDRESS, BUCKET, DOCUMENT, FORMATS, MEDIA, NAME, S3, SOURCES

_MEMBERS: Mapping[str, str] = {kind: member for member, kind in MEDIA.items()}


def write_media(block: Media, path: str, losses: list[Loss]) -> bytes | None:
    """Write one block; nothing where this wire has no home for it."""
    member = _MEMBERS.get(block.kind)
    if member is None:
        _lose(losses, path, f"media of the kind `{block.kind}`", "blocks are images, documents, videos and sounds here")
        return None
    mime, url, data = _bytes(block, path, losses)
    known = len(losses)
    source = _source(replace(block, url=url, data=data), member, path, losses)
    inner: dict[str, bytes | Tree] = {}
    if source:
        inner["source"] = source
    elif not _holds(block.fields, member, "source"):
        if len(losses) == known:
            _lose(losses, path, "media that say nothing", "a source is required here")
        return None
    word = {type_: word for word, type_ in FORMATS[member].items()}.get(mime) if isinstance(mime, str) else None
    if word is not None:
        inner["format"] = dump_string(word)
    elif isinstance(mime, str):
        _lose(losses, f"{path}.mime", "the media type of media", "`format` has no word for it")
    own = Spelling(block.spelling).of(NAME, "") == "absent"
    if member == DOCUMENT and not own and not _holds(block.fields, member, NAME):
        inner[NAME] = dump_string(_name(block, path, losses))
    else:
        lose_name(block, path, losses)
    return write({member: inner}, block.fields)


def _source(block: Media, member: str, path: str, losses: list[Loss]) -> dict[str, bytes | Tree]:
    """Write where the bytes or words are: one place, what stands in further ones is lost."""
    source: dict[str, bytes | Tree] = {}
    values = {"data": block.data, "text": block.text if member == DOCUMENT else UNSET}
    for name, attribute in SOURCES.items():
        if isinstance(value := values[attribute], str):
            _one(source, name, dump_string(value), f"{path}.{attribute}", losses)
    if isinstance(block.url, str) and block.url.startswith(S3):
        _one(source, BUCKET, {ADDRESS: dump_string(block.url)}, f"{path}.url", losses)
    elif isinstance(block.url, str):
        _lose(losses, f"{path}.url", "the address of media", "media are bytes or stand in S3 here")
    if isinstance(block.file_id, str):
        _lose(losses, f"{path}.file_id", "the id of an uploaded file", "no files are uploaded here")
    if isinstance(block.text, str) and member != DOCUMENT:
        _lose(losses, f"{path}.text", f"the words of media of the kind `{block.kind}`", "only documents hold words")
    return source


def _lose(losses: list[Loss], path: str, what: str, why: str) -> None:
    losses.append(Loss(kind="content", path=path, what=what, why=why))


def _one(source: dict[str, bytes | Tree], name: str, value: bytes | Tree, path: str, losses: list[Loss]) -> None:
    if source:
        _lose(losses, path, "a second source of media", "a source is one of several")
    else:
        source[name] = value


def _bytes(
    block: Media, path: str, losses: list[Loss]
) -> tuple[str | None | UnsetType, str | None | UnsetType, str | None | UnsetType]:
    """Give type, address and bytes of media; a `data:` URL of another dialect is taken apart."""
    for member, value in (("url", block.url), ("data", block.data)):
        if isinstance(value, str) and value.startswith("data:") and ";base64," in value:
            head, _, data = value.partition(";base64,")
            why = "bytes stand beside their type here"
            losses.append(Loss(kind="spelling", path=f"{path}.{member}", what="a `data:` URL", why=why))
            return head.removeprefix("data:") or block.mime, UNSET, data
    return block.mime, block.url, block.data


def _name(block: Media, path: str, losses: list[Loss]) -> str:
    """Name a document that came without a name, since one is required: the same bytes get the same name."""
    said = block.data if isinstance(block.data, str) else block.text if isinstance(block.text, str) else block.url
    digest = hashlib.sha256(str(said).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    named = isinstance(block.filename, str)
    why = "a name is required here, of letters, digits, single spaces, hyphens, parentheses and brackets"
    what = "the name of a file" if named else "that a document has no name"
    losses.append(Loss(kind="spelling", path=path, what=what, why=why))
    return f"document-{digest}"


def _holds(fields: Json | UnsetType, member: str, key: str) -> bool:
    if not isinstance(fields, Json):
        return False
    raw = members(fields.raw, "fields", "caller").get(member)
    return raw is not None and is_object(raw) and key in members(raw, "fields", "caller")
