"""Retention rules as data: what a provider wants back, for how long, and what it does when it is missing.

Rule 1: no source, no rule. A row names where it was read and when.
Rule 2: a row that is known only second-hand, or from memory, is `unverified` and never raises a MUST.
Rule 3: vendors change their minds. A rule that flipped, and rules that exclude each other, stay as dated alternatives.
Rule 4: code walks rows and knows no provider. What is special about one of them is a field, never an `if`.

The rows are in `retention.table`; this module holds their type and the look-up.

How `rule_for` finds a row:

1. *Who*: rows of the profile's provider, and rows of open weights that name it among those who serve them.
2. *When*: rows that hold on the day.
3. *Which model*: the row with the most specific pattern for the name; failing all, the profile's `default_rule`.
4. *Which request*: an alternative of that row whose conditions the request meets, the one with most conditions; of
   equals the one that stands first.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from msgspec import UNSET, UnsetType

from keepthinking._messages import Channel, Origin, Value
from keepthinking._registry import Registry, ask_plugins
from keepthinking._reports import Level
from keepthinking.retention._forms import Flaw, Rewrite
from keepthinking.retention._paths import meets, steps

if TYPE_CHECKING:
    from keepthinking._profiles import Profile

Keep = Literal["must", "should", "may", "must-not", "unknown"]
Boundary = Literal["user-message", "user-query", "final-answer", "final-channel", "tools-absent", "never"]
Asks = Literal["message", "calling", "run", "turn", "first-call", "nothing", "unknown"]
Standing = Literal["executed", "read", "documented", "observed", "unverified"]
Day: TypeAlias = dt.date | str


class Missing(Value, frozen=True, kw_only=True):
    """What the provider does when thinking that it wants is missing, or when thinking comes that it will not take.

    Attributes:
        status: The HTTP status; absent means that it accepts the request and says nothing.
        text: The error text, exactly; `{index}` stands for the number of the message that it prints, `{block}` for that
            of the block in it, `{found}` for the wire's type of that block, `{name}` for a tool's name, `{seal}` for
            both ends of a seal.
        effect: What the loss does where it is silent, in the provider's words as far as it has any.
        checks: Where the server looks: only in the running `loop`, or in the whole `history`.
        asks: Which of the model's messages it looks at there:
            `message`: each one has to hold thinking;
            `calling`: each one that calls tools;
            `run`: each run inside a message that begins with the message or with thinking behind something else, as in
            a flat list of items;
            `turn`: the first one of the turn, at its head;
            `first-call`: each one that calls tools, and the seal has to stand on its first call;
            `nothing`: none by itself; it refuses what does not fit together, such as an item whose neighbour is gone.
        asks_toolless: The same for a request that declares no tools, where it differs.
    """

    status: int | UnsetType = UNSET
    text: str | UnsetType = UNSET
    effect: str | UnsetType = UNSET
    checks: Literal["loop", "history", "unknown"] = "unknown"
    asks: Asks = "unknown"
    asks_toolless: Asks | UnsetType = UNSET


class Rule(Value, frozen=True, kw_only=True):
    """One row: a provider, its models, and what they want back.

    Attributes:
        id: Stable id, `provider.model.route` and, for an alternative, what makes it one: `deepseek.v4.chat.disabled`.
        provider: Who serves it; `template` where the rule is in the open weights' own chat template.
        served_by: Other providers whose servers apply this row.
        dialects: Ids of the dialects it holds for.
        models: Patterns of lower-case model names (`fnmatch`); empty means all of the provider, and for an
            alternative all of the row that it replaces.
        in_loop: Whether thinking of the running tool loop has to go back.
        cross_turn: Whether thinking from before the boundary has to go back.
        boundary: What ends a turn for this provider, as served:
            `user-message`: the last message of role user, whoever wrote it;
            `user-query`: the last user message that is not a wrapped tool result;
            `final-answer`: the last assistant message without tool calls;
            `final-channel`: the last message of the final channel;
            `tools-absent`: a request without tools drops all, one with tools keeps all;
            `never`: nothing is dropped.
        roles: Roles of messages that count as a user's for the boundary.
        keep_last: How many turns with thinking the server itself keeps, where it counts, the running one included.
        keep_from: Path of the request parameter that says how many, where the client may choose.
        toolless: Request parameters, each of which makes it treat the request as one without tools; a boundary
            `tools-absent` asks for this. Written as in `when`.
        unread: Whether thinking that comes is accepted, and the model does not see it.
        carrier: What carries what has to go back: the blocks of `thinking`, or the seals on each tool `call`.
        channels: The channels of thinking that it reads; empty means all.
        phases: Whether it reads the `phase` of what the model said, which then has to come back where one came.
        missing: What happens when it is missing.
        refused: What happens when thinking comes that the server will not take: changed, of another conversation or
            provider, or sent where none may be.
        refuses: Slots of seals whose blocks it takes nowhere, such as `data` of a redacted block.
        foreign: What becomes of a sealed block of another domain: it is `read` all the same, silently `dropped`, or
            `refused`.
        foreign_refused: How that refusal reads, where it is another than `refused`.
        flaws: What else the provider refuses, such as an id that stands twice.
        rewrites: What it changes in silence before the model sees it, in this order.
        empty: Whether an empty string counts as thinking: `accepted`, `missing`, or `unknown`.
        bound: What a seal is bound to: nothing, its `block`, or the whole `prefix` before it.
        domain: Name of the domain inside which seals may travel; rules of one domain accept each other's seals.
        relays: Whether the provider passes on what the makers of its models sealed. Whose a seal is only they can tell,
            so nobody says whether it is good at them.
        when: Request parameters that this row needs, JSON path to JSON text, such as `{"$.thinking.keep": '"all"'}`.
        alternative_to: Id of the row that this one replaces under `when`, or after its date.
        since: First day on which it held, as `YYYY-MM-DD`, where known.
        until: Last day on which it held, where it has ended.
        standing: How it is known: `executed` against the vendor's own code, `read` in the vendor's own code,
            `documented` by the vendor, `observed` in traffic or issue threads, or `unverified`.
        source: Where it is written, a URL or a package with its version; several are separated by `; `.
        verified: When that was last read, as `YYYY-MM-DD`.
        note: What else one has to know.
    """

    id: str
    provider: str
    served_by: tuple[str, ...] = ()
    dialects: tuple[str, ...]
    models: tuple[str, ...] = ()
    in_loop: Keep
    cross_turn: Keep
    boundary: Boundary
    roles: tuple[str, ...] = ("user",)
    keep_last: int | UnsetType = UNSET
    keep_from: str | UnsetType = UNSET
    toolless: dict[str, str] = {}
    unread: bool = False
    carrier: Literal["thinking", "call"] = "thinking"
    channels: tuple[Channel, ...] = ()
    phases: bool = False
    missing: Missing = Missing()
    refused: Missing = Missing()
    refuses: tuple[str, ...] = ()
    foreign: Literal["read", "dropped", "refused", "unknown"] = "unknown"
    foreign_refused: Missing = Missing()
    flaws: tuple[Flaw, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    empty: Literal["accepted", "missing", "unknown"] = "unknown"
    bound: Literal["nothing", "block", "prefix"] = "nothing"
    domain: str | UnsetType = UNSET
    relays: bool = False
    when: dict[str, str] = {}
    alternative_to: str | UnsetType = UNSET
    since: str | UnsetType = UNSET
    until: str | UnsetType = UNSET
    standing: Standing
    source: str
    verified: str
    note: str = ""

    def level(self, *, in_loop: bool) -> Level:
        """Give the level at which thinking has to come back: a MUST needs a source that was read."""
        keep = self.in_loop if in_loop else self.cross_turn
        return "MAY" if keep == "must-not" else self.level_of(keep)

    def level_of(self, keep: Keep) -> Level:
        """Give the level of a demand of this rule, to send something or not to send it: both need a source."""
        if keep == "must" and self.standing != "unverified":
            return "MUST"
        if keep == "must-not" and self.standing in {"executed", "read", "documented"}:
            return "MUST"
        return "SHOULD" if keep in {"must", "should", "must-not"} else "MAY"


def rules(provider: str | None = None) -> tuple[Rule, ...]:
    """Give all rows, or those of one provider: its own, and those of open weights that it serves."""
    return tuple(rule for rule in _registry if provider is None or _serves(rule, provider))


def rule(id: str) -> Rule:  # noqa: A002 - a rule's id is called id everywhere
    """Give one row. Raises `UnknownNameError`."""
    return _registry.get(id)


def rule_for(
    profile: Profile,
    *,
    model: str | None = None,
    request_params: Mapping[str, object] | None = None,
    on: Day | None = None,
) -> Rule | None:
    """Find the row that a request falls under; see the module's text for the order.

    Args:
        profile: Who serves it, and which dialect is spoken.
        model: The model's name as sent, with or without a gateway's prefix.
        request_params: The request's parameters, as Python values or `Json`. Without them the profile's own
            defaults (`Profile.body`) stand for the request.
        on: The day of the request, a date or `YYYY-MM-DD`; today if not given.

    Returns:
        The row, or None where no dated rule is known. None is no permission: nobody has written down what holds.

    Raises:
        ValueError: `on` is no day.
    """
    day = _day(on)
    rows = [
        row
        for row in _registry
        if _serves(row, profile.provider) and profile.dialect in row.dialects and _holds_on(row, day)
    ]
    base = _base(rows, profile, model)
    if base is None:
        return None
    params = request_params if request_params is not None else _defaults(profile)
    alternatives = [
        row
        for row in rows
        if row.when
        and row.alternative_to == base.id
        and (not row.models or specificity(row.models, bare_model(model or "")))
        and all(meets(params, path, text) for path, text in row.when.items())
    ]
    return max(alternatives, key=lambda row: len(row.when), default=base)


def register_rules(rows: Iterable[Rule], *, plugin: str) -> None:
    """Add rows of a plug-in. Raises `PluginError` where an id is taken or a row cannot be right."""
    _registry.add(rows, plugin=plugin)


def discard_rules(plugin: str) -> None:
    """Take the rows of a plug-in out again."""
    _registry.discard(plugin)


def seal_domain(origin: Origin) -> str | UnsetType:
    """Name the domain inside which the seals of a message may travel; absent where no row says it."""
    if origin.provider is UNSET:
        return UNSET
    domains = {row.domain for row in rules(origin.provider) if row.domain is not UNSET}
    return domains.pop() if len(domains) == 1 else UNSET


def seals_travel(a: Origin, b: Origin) -> Literal["same", "different", "unknown"]:
    """Tell whether seals of one origin are good at the other: inside one domain, of two, or nobody says.

    Where nobody names the first one's domain, they are no good at a provider that is known to refuse all but its own.
    """
    one, other = seal_domain(a), seal_domain(b)
    if one is not UNSET and one == other:
        return "same"
    if _any(a, lambda row: row.relays) or _any(b, lambda row: row.relays):
        return "unknown"
    if one is UNSET and other is not UNSET and _is_known(a) and _any(b, lambda row: row.foreign == "refused"):
        return "different"
    return "unknown" if one is UNSET or other is UNSET else "different"


def is_strange(origin: Origin, row: Rule) -> bool:
    """Tell whether a seal of an origin is no good under a row; where nobody says, it may be."""
    theirs = seal_domain(origin)
    if row.domain is UNSET or theirs == row.domain or row.relays or _any(origin, lambda one: one.relays):
        return False
    return theirs is not UNSET or (row.foreign == "refused" and _is_known(origin))


_NOBODY: Final = "unknown"
"""The provider of default profiles. Anybody may stand behind it, the maker of the seals, too."""


def _is_known(origin: Origin) -> bool:
    return origin.provider != _NOBODY and _any(origin, lambda _: True)


def _any(origin: Origin, holds: Callable[[Rule], bool]) -> bool:
    return isinstance(origin.provider, str) and any(map(holds, rules(origin.provider)))


def matches(patterns: Iterable[str], name: str) -> bool:
    """Tell whether a lower-cased name matches one of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def specificity(patterns: Iterable[str], name: str) -> int:
    """Tell how closely patterns name something: the letters of the closest one that matches, plus one; or 0.

    `claude-opus-5-5*` is closer to `claude-opus-5-5-20261001` than `claude-opus-5*` is.
    """
    return max((1 + len(re.sub(r"[*?]|\[[^]]*\]", "", p)) for p in patterns if fnmatchcase(name, p)), default=0)


@lru_cache(maxsize=256)
def bare_model(model: str) -> str:
    """Give a model's name in lower case without what a gateway puts around it.

    `vendor/name:free` is `name`, and so are `us.vendor.name` and `vendor.name-v1:0`'s own `name-v1`. Vertex AI writes a
    version behind an `@`, where the vendor writes a hyphen.
    """
    name = re.sub(r":[a-z0-9-]+$", "", model.lower().rsplit("/", 1)[-1]).replace("@", "-")
    # Only whole words before a dot are a prefix: the dot of `qwen3.6` follows a digit.
    return re.sub(r"^(?:[a-z]+\.)+(?=[a-z])", "", name)


_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*){2,3}")


def _base(rows: list[Rule], profile: Profile, model: str | None) -> Rule | None:
    bases = [row for row in rows if not row.when]
    name = bare_model(model or "")
    fits = [(specificity(row.models, name) if row.models else 1, row) for row in bases]
    named = [(fit, row) for fit, row in fits if fit]
    if not named:
        return next((row for row in bases if row.id == profile.default_rule), None)
    # Of two rows that fit alike, the provider's own word stands before that of the open weights.
    return max(named, key=lambda held: (held[0], held[1].provider == profile.provider))[1]


def _serves(row: Rule, provider: str) -> bool:
    return row.provider == provider or provider in row.served_by


def _day(on: Day | None) -> str:
    if on is None:
        return dt.datetime.now(dt.UTC).date().isoformat()
    return (on if isinstance(on, dt.date) else dt.date.fromisoformat(on)).isoformat()


def _holds_on(row: Rule, day: str) -> bool:
    # ISO days in one spelling are ordered as strings.
    return (row.since is UNSET or row.since <= day[:10]) and (row.until is UNSET or day[:10] <= row.until)


def _defaults(profile: Profile) -> Mapping[str, object]:
    return {} if profile.body is UNSET else cast("Mapping[str, object]", profile.body.value)


def check(row: Rule) -> None:
    """Raise `ValueError` for a row that cannot be right; whether other rows exist is not asked."""
    if not _ID.fullmatch(row.id):
        raise ValueError(
            "an id is `provider.model.route` and at most one more part, in lower-case letters, digits and hyphens"
        )
    if not row.source.strip():
        raise ValueError("it names no source")
    if not row.dialects:
        raise ValueError("it names no dialect")
    if row.when and row.alternative_to is UNSET:
        raise ValueError("it needs a condition, so it has to name the row that holds without")
    for path, text in (*row.when.items(), *row.toolless.items()):
        steps(path)
        json.loads(text)
    if row.keep_from is not UNSET:
        steps(row.keep_from)
    for day in (row.verified, row.since, row.until):
        if day is not UNSET and dt.date.fromisoformat(day).isoformat() != day:
            raise ValueError(f"{day!r} is not written as YYYY-MM-DD")


def _own() -> tuple[Rule, ...]:
    # At the first look-up, not at import: the table is the larger part of this package's data.
    from keepthinking.retention.table import RULES  # noqa: PLC0415

    return RULES


_registry = Registry("rule", own=_own, name=lambda row: row.id, check=check, more=ask_plugins)
