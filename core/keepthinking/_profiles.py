"""Profiles: how one provider, model or server version speaks a dialect.

A profile is data about spelling and places; what has to come back is in the rules (`retention`). Every dialect has a
default profile that needs no configuration: thinking goes back in the place it came from. Only inline tags need a
profile that names them, since nothing else can tell a tag from text that looks like one.

The rows are in `_profile_table`; this module holds their type and the look-up.

How `profile_for` finds one, and what it will not guess:

1. *Host.* Who answers is the strongest evidence. A pattern with a path or a port is closer than one without.
2. *Model*, where no host is given. A model's name says who made it, not who serves it: the same weights come with
   tags from one server and with a field from the next. So a name alone never chooses inline tags; read wrongly they
   would cut into text that the model meant to be seen. Fields need no such guess.
3. At a host that no profile claims the name tells only of models that nobody else serves (`closed`). Open weights
   there fall to the dialect's default, and their chat template is the rule (`template.*`).
4. A profile that needs parameters of its own is chosen only if the request has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import UNSET, UnsetType

from keepthinking._errors import UnknownNameError
from keepthinking._json import Json
from keepthinking._messages import Value
from keepthinking._registry import Registry, ask_plugins
from keepthinking.retention._rules import bare_model, specificity

DEFAULTS: Mapping[str, str] = {"ollama": "ollama-native"}
"""Default profiles that are not named as their dialect: `ollama` has always named Ollama's OpenAI route."""


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
        hosts: Patterns of host names (`fnmatch`), each with a port (`*:11434`) or the beginning of a path
            (`api.z.ai/api/coding/*`) where that tells two services apart.
        models: Patterns of lower-case model names without a gateway's prefix (`fnmatch`); empty means any.
        closed: Nobody serves these models under rules of their own, so the model's name is enough at any host.
        server: The server versions, where field names depend on them, as in `>=0.16,<0.22`.
        returns: Wire names of the fields in which thinking comes.
        accepts: Wire names of the fields that it reads when they come back; what is not named here is sent in vain.
            `content[].text` means that it asks for thinking back as visible text.
        writes: The field for thinking that was never on a wire. `content` means inside the content: between the
            tags of a profile that has some, else as a part of type `thinking`.
        tags: Its inline tags.
        cumulative: Wire paths of streamed texts that may come as a growing whole instead of as pieces.
        framed: Whether its streams come in binary frames (`application/vnd.amazon.eventstream`) where the dialect's own
            are text.
        body: Parameters that it needs and that are sent by default.
        domain: Name of the domain inside which its seals may travel.
        default_rule: Id of the rule that holds for a model that no row's pattern names.
        source: Where it is written; several are separated by `; `.
        verified: When that was last read, as `YYYY-MM-DD`.
        note: What else one has to know.
    """

    name: str
    dialect: str
    provider: str
    title: str = ""
    hosts: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    closed: bool = False
    server: str | UnsetType = UNSET
    returns: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    writes: str = "reasoning_content"
    tags: Tags | None = None
    cumulative: tuple[str, ...] = ()
    framed: bool = False
    body: Json | UnsetType = UNSET
    domain: str | UnsetType = UNSET
    default_rule: str | UnsetType = UNSET
    source: str = ""
    verified: str = ""
    note: str = ""


def profile(name: str | Profile | None, dialect: str) -> Profile:
    """Give a profile of a dialect.

    Args:
        name: Its name, the profile itself, or None for the dialect's default.
        dialect: The dialect's id.

    Raises:
        UnknownNameError: No such profile, or it speaks another dialect; `known` are those of this one.
    """
    if name is None:
        name = DEFAULTS.get(dialect, dialect)
    found = name if isinstance(name, Profile) else _registry.get(name) if name in _registry else None
    if found is None or found.dialect != dialect:
        raise _not_of(dialect, name if isinstance(name, str) else name.name, found)
    return found


def profiles(dialect: str | None = None) -> tuple[Profile, ...]:
    """Give all profiles, or those of one dialect."""
    return tuple(row for row in _registry if dialect is None or row.dialect == dialect)


def profile_for(
    dialect: str,
    *,
    host: str | None = None,
    model: str | None = None,
    request_params: Mapping[str, object] | None = None,
) -> Profile:
    """Find the profile of an endpoint; see the module's text for what is guessed and what not.

    Args:
        dialect: The dialect's id.
        host: A host name, a host with a port, or a base URL.
        model: The model's name as sent, with or without a gateway's prefix.
        request_params: The request's parameters, where a request is at hand.

    Returns:
        The closest profile; the dialect's default if none fits.

    Raises:
        UnknownNameError: No such dialect.
    """
    default = profile(None, dialect)
    params = request_params or {}
    rows = [row for row in profiles(dialect) if row is not default and _sent(row, params)]
    place = _place(host or "")
    bare = bare_model(model or "")
    here = [
        (how, specificity(row.models, bare), row)
        for row in rows
        if (how := _host_fit(row, place)) and (model is None or not row.models or specificity(row.models, bare))
    ]
    if not here:
        told = [row for row in rows if row.tags is None and (row.closed or not place)]
        here = [((0, 0), fit, row) for row in told if (fit := specificity(row.models, bare))]
    # Among equals the one whose own parameters are in the request is closer than one that asks for none.
    return max(here, key=lambda held: (held[0], held[1], held[2].body is not UNSET), default=((0, 0), 0, default))[2]


def register_profiles(rows: Iterable[Profile], *, plugin: str) -> None:
    """Add profiles of a plug-in. Raises `PluginError` where a name is taken or a row cannot be right."""
    _registry.add(rows, plugin=plugin)


def discard_profiles(plugin: str) -> None:
    """Take the profiles of a plug-in out again."""
    _registry.discard(plugin)


def check(row: Profile) -> None:
    """Raise `ValueError` for a profile that cannot be right."""
    if row.name != row.name.lower() or not row.name.strip():
        raise ValueError("a name is written in lower-case letters")
    if not row.dialect or not row.provider:
        raise ValueError("it names no dialect or no provider")
    if row.body is not UNSET and not isinstance(row.body.value, dict):
        raise ValueError("`body` is not a JSON object")


def _not_of(dialect: str, name: str, found: Profile | None) -> UnknownNameError:
    error = UnknownNameError(f"profile of `{dialect}`", name, (row.name for row in profiles(dialect)))
    if found is not None:
        # A name that exists elsewhere is not misspelt, so near misses would mislead.
        error.hint = f"{name!r} speaks `{found.dialect}`; for `{dialect}` there are: {', '.join(error.known)}"
    elif not error.known:
        error.hint = f"no profile speaks `{dialect}`"
    return error


def _sent(row: Profile, params: Mapping[str, object]) -> bool:
    if row.body is UNSET:
        return True
    held = {key: value.value if isinstance(value, Json) else value for key, value in params.items()}
    return all(key in held and held[key] == value for key, value in row.body.value.items())


def _place(host: str) -> str:
    """Give `host[:port][/path]` of a host or a URL, in lower case."""
    place = host.lower().rpartition("://")[2].rpartition("@")[2]
    return place.split("?", 1)[0].rstrip("/")


def _host_fit(row: Profile, place: str) -> tuple[int, int] | None:
    """Tell how closely a profile claims a host: by path or port first, then by the letters of the pattern."""
    full, _, _ = place.partition("/")
    name = full.partition(":")[0]
    if not name:
        return None
    fits: list[tuple[int, int]] = []
    for pattern in row.hosts:
        exact = "/" in pattern or ":" in pattern
        seen = f"{place}/" if "/" in pattern else full if exact else name
        if fit := specificity((pattern,), seen):
            fits.append((int(exact), fit))
    return max(fits, default=None)


def _own() -> tuple[Profile, ...]:
    # At the first look-up, not at import: see `retention`.
    from keepthinking._profile_table import PROFILES  # noqa: PLC0415

    return PROFILES


_registry = Registry("profile", own=_own, name=lambda row: row.name, check=check, more=ask_plugins)
