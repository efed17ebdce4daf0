"""Profiles: how one provider, model or server version speaks a dialect.

A profile is data about spelling and places; what has to come back is in the rules (`_rules`). Every dialect has a
default profile that needs no configuration: thinking goes back in the place it came from. Only inline tags need a
profile that names them, since nothing else can tell a tag from text that looks like one.

The rows are in `_profile_table`; this module holds their type and the look-up.
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from keepthinking._json import Json
from keepthinking._messages import Value


class Tags(Value, frozen=True, kw_only=True):
    """How thinking stands inside the visible text of an assistant message.

    Attributes:
        open: The opening tag.
        close: The closing tag.
        closer: Which closing tag ends the thinking where several stand: the `first` or the `last`.
        opener: Whether text without the opening tag may still begin with thinking: the chat template of some models
            writes the tag before the model speaks.
        where: Only at the `head` of the text, or `anywhere` in it.
    """

    open: str
    close: str
    closer: Literal["first", "last"] = "first"
    opener: Literal["required", "optional"] = "required"
    where: Literal["head", "anywhere"] = "head"


class Profile(Value, frozen=True, kw_only=True):
    """One provider's way of speaking a dialect.

    Attributes:
        name: Its name, such as `minimax-split`; unique among all profiles.
        dialect: The dialect's id.
        provider: Who serves it; the key to its rules.
        title: Its name for a person.
        hosts: Patterns of host names (`fnmatch`).
        models: Patterns of lower-case model names without a gateway's prefix (`fnmatch`); empty means any.
        server: The server version, where field names depend on it.
        returns: Wire names of the fields in which thinking comes.
        accepts: Wire names of the fields that it reads when they come back.
        writes: The field for thinking that was never on a wire.
        tags: Its inline tags.
        cumulative: Wire paths of streamed texts that come as a growing whole instead of as pieces.
        body: Parameters that it needs and that are sent by default.
        domain: Name of the domain inside which its seals may travel.
        source: Where it is written.
        verified: When that was last read, as `YYYY-MM-DD`.
        note: What else one has to know.
    """

    name: str
    dialect: str
    provider: str
    title: str = ""
    hosts: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    server: str | UnsetType = UNSET
    returns: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    writes: str = "reasoning_content"
    tags: Tags | None = None
    cumulative: tuple[str, ...] = ()
    body: Json | UnsetType = UNSET
    domain: str | UnsetType = UNSET
    source: str = ""
    verified: str = ""
    note: str = ""
