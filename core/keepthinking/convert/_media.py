"""Images, sounds, videos and files on their way to another wire: where they are, and how their bytes are spelt."""

from __future__ import annotations

import base64

from msgspec import UNSET, UnsetType

from keepthinking._messages import Media
from keepthinking._reports import Loss
from keepthinking.convert._losses import loss
from keepthinking.convert._policy import Policy

_TEXTS = "text/"
_PLAIN = "text/plain"
_ADDRESSES = ("http://", "https://")


def convert_media(block: Media, path: str, provider: object, policy: Policy, losses: list[Loss]) -> Media | None:
    """Convert one image, sound, video or file.

    Args:
        block: What to convert.
        path: Where it stands, for losses.
        provider: Who served its message.
        policy: Who will read it.
        losses: Where to tell what stays behind.

    Returns:
        The media, or None where nothing of them can go.
    """
    mime, url, data, text = block.mime, block.url, block.data, block.text
    for name, value in (("url", url), ("data", data)):
        if isinstance(value, str) and value.startswith("data:") and ";base64," in value:
            head, _, bare = value.partition(";base64,")
            mime = head.removeprefix("data:") or mime
            url, data = (UNSET, bare) if name == "url" or url is UNSET else (url, bare)
    if isinstance(data, str) and data.startswith(_ADDRESSES) and url is UNSET:
        # OpenRouter takes an address in `file_data` (https://openrouter.ai/docs/features/multimodal/pdfs)
        url, data = data, UNSET
        losses.append(loss("spelling", f"{path}.data", "that an address stands in for bytes", "they are two things"))
    if isinstance(data, str) and policy.row.base64 == "standard":
        data = _standard(data, f"{path}.data", losses)
    if policy.row.texts and isinstance(mime, str) and mime.startswith(_TEXTS):
        mime, data, text = _as_text(mime, data, text, path, losses)
    file_id = block.file_id
    if file_id is not UNSET and file_id is not None and provider != policy.target.provider:
        why = "a file lies where it was uploaded"
        losses.append(loss("foreign", f"{path}.file_id", "the id of an uploaded file", why))
        file_id = UNSET
        if not any(isinstance(value, str) for value in (url, data, text)):
            losses.append(loss("foreign", path, f"a `{block.kind}` that lies elsewhere", why))
            return None
    return Media(
        kind=block.kind,
        mime=mime,
        url=url,
        data=data,
        file_id=file_id,
        text=text,
        filename=block.filename,
    )


def _standard(data: str, path: str, losses: list[Loss]) -> str:
    """Spell bytes in the alphabet of RFC 4648, section 4, with padding: Gemini's client writes that of section 5."""
    spelt = data.replace("-", "+").replace("_", "/")
    spelt += "=" * (-len(spelt) % 4)
    if spelt != data:
        losses.append(loss("spelling", path, "the alphabet of base64", "bytes are in the standard alphabet here"))
    return spelt


def _as_text(
    mime: str, data: str | None | UnsetType, text: str | None | UnsetType, path: str, losses: list[Loss]
) -> tuple[str, str | None | UnsetType, str | None | UnsetType]:
    """Give a file of text as its words: of type, bytes and words, what the wire takes."""
    if isinstance(data, str) and not isinstance(text, str):
        try:
            text = base64.b64decode(data, validate=True).decode()
        except ValueError:  # no base64, or no UTF-8: it goes as it is, and whoever reads it has to say
            return mime, data, text
        losses.append(loss("spelling", f"{path}.data", "that words are bytes", "files of text are words here"))
        data = UNSET
    if isinstance(text, str) and mime != _PLAIN:
        losses.append(loss("spelling", f"{path}.mime", f"the media type `{mime}`", f"words are `{_PLAIN}` here"))
        mime = _PLAIN
    return mime, data, text
