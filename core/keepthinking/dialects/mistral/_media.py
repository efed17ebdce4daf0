"""Writing media, each into the chunk that holds it."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from keepthinking._json import Json, dump_string, members
from keepthinking._messages import Media
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._named import lose_name
from keepthinking.dialects._wire import Spelling, Tree, write
from keepthinking.dialects.mistral._read import is_address


def write_media(block: Media, path: str, losses: list[Loss]) -> bytes | None:
    """Write media; those without a chunk of their own are left out."""
    lose_name(block, path, losses)
    if isinstance(block.text, str) and block.data is block.url is block.file_id is UNSET:
        _lose(losses, "spelling", path, "that a text is a file", "files are not texts here")
        return write({"type": b'"text"', "text": dump_string(block.text)}, block.fields)
    spelling = Spelling(block.spelling)
    url = _address(block, path, losses)
    typed: dict[str, bytes | Tree] = {}
    said = {"url"}
    if block.kind == "image" and isinstance(url, str):
        # members that stand beside the address need an object to stand in
        as_object = spelling.of("image_url", "") == "object" or _holds(block.fields, "image_url")
        address = dump_string(url)
        typed = {"type": b'"image_url"', "image_url": {"url": address} if as_object else address}
    elif block.kind == "audio" and isinstance(block.data if url is UNSET else url, str):
        value = block.data if isinstance(url, UnsetType) else url
        if is_address(value or "") != isinstance(url, str):
            what = "whether a sound is its bytes or its address"
            _lose(losses, "spelling", path, what, "both stand in one member here")
        typed = {"type": b'"input_audio"', "input_audio": dump_string(value or "")}
        said = {"url" if isinstance(url, str) else "data"}
    elif block.kind == "file" and isinstance(url, str):
        typed = {"type": b'"document_url"', "document_url": dump_string(url)}
    elif block.kind == "file" and isinstance(block.file_id, str):
        typed = {"type": b'"file"', "file_id": dump_string(block.file_id)}
        said = {"file_id"}
    if not typed:
        _lose(losses, "content", path, f"media of the kind `{block.kind}`", "no chunk holds them here")
        return None
    in_url = isinstance(url, str) and url != block.url
    held = {"url": UNSET if in_url else block.url, "data": UNSET if in_url else block.data}
    more = {"file_id": block.file_id, "text": block.text, "mime": UNSET if in_url else block.mime}
    for name, value in {**held, **more}.items():
        if name not in said and value is not UNSET:
            _lose(losses, "content", f"{path}.{name}", f"the `{name}` of media", "its chunk has no member for it")
    return write(typed, block.fields)


def _address(block: Media, path: str, losses: list[Loss]) -> str | UnsetType:
    """Give where media are; bytes of images and documents are a `data:` URL here."""
    if isinstance(block.url, str):
        return block.url
    if block.kind == "audio" or not isinstance(block.data, str):
        return UNSET
    if block.data.startswith("data:"):
        return block.data
    _lose(losses, "spelling", f"{path}.data", "bytes beside an address", "they are its URL")
    return f"data:{block.mime if isinstance(block.mime, str) else 'application/octet-stream'};base64,{block.data}"


def _holds(fields: Json | UnsetType, key: str) -> bool:
    return isinstance(fields, Json) and key in members(fields.raw, "fields", "caller")


def _lose(losses: list[Loss], kind: LossKind, path: str, what: str, why: str) -> None:
    losses.append(Loss(kind=kind, path=path, what=what, why=why))
