"""Retention rules as data: what a provider wants back, for how long, and what it does when it is missing.

Rule 1: no source, no rule. A row names where it was read and when.
Rule 2: a row that is known only second-hand, or from memory, is `unverified` and never raises a MUST.
Rule 3: vendors change their minds. A rule that flipped, and rules that exclude each other, stay as dated alternatives.

The rows are in `_rule_table`; this module holds their type and the look-up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal

from msgspec import UNSET, UnsetType

from keepthinking._messages import Value
from keepthinking._reports import Level

Keep = Literal["must", "should", "may", "must-not", "unknown"]
Boundary = Literal["user-message", "user-query", "final-answer", "final-channel", "tools-absent", "never"]
Standing = Literal["executed", "documented", "observed", "unverified"]


class Missing(Value, frozen=True, kw_only=True):
    """What the provider does when thinking that it wants is missing.

    Attributes:
        status: The HTTP status; absent means that it accepts the request and says nothing.
        text: The error text, exactly; `{index}` stands for a number that it prints.
        effect: What the loss does where it is silent, in the provider's words as far as it has any.
    """

    status: int | UnsetType = UNSET
    text: str | UnsetType = UNSET
    effect: str | UnsetType = UNSET


class Rule(Value, frozen=True, kw_only=True):
    """One row: a provider, its models, and what they want back.

    Attributes:
        id: Stable id, such as `deepseek.v4.chat`.
        provider: Who serves it.
        dialects: Ids of the dialects it holds for.
        models: Patterns of lower-case model names (`fnmatch`); empty means all of the provider.
        in_loop: Whether thinking of the running tool loop has to go back.
        cross_turn: Whether thinking from before the boundary has to go back.
        boundary: What ends a turn for this provider, as served:
            `user-message`: the last message of role user, whoever wrote it;
            `user-query`: the last user message that is not a wrapped tool result;
            `final-answer`: the last assistant message without tool calls;
            `final-channel`: the last message of the final channel;
            `tools-absent`: a request without tools drops all, one with tools keeps all;
            `never`: nothing is dropped.
        keep_last: How many turns the server itself keeps, where it counts.
        missing: What happens when it is missing.
        empty: Whether an empty string counts as thinking: `accepted`, `missing`, or `unknown`.
        bound: What a seal is bound to: nothing, its `block`, or the whole `prefix` before it.
        domain: Name of the domain inside which seals may travel; rules of one domain accept each other's seals.
        when: Request parameters that this row needs, JSON path to JSON text, such as `{"$.thinking.keep": '"all"'}`.
        alternative_to: Id of the row that this one replaces under `when`, or after its date.
        since: First day on which it held, as `YYYY-MM-DD`, where known.
        until: Last day on which it held, where it has ended.
        standing: How it is known: `executed` against the vendor's own code, `documented` by the vendor, `observed`
            in traffic or issue threads, or `unverified`.
        source: Where it is written, a URL or a package with its version.
        verified: When that was last read, as `YYYY-MM-DD`.
        note: What else one has to know.
    """

    id: str
    provider: str
    dialects: tuple[str, ...]
    models: tuple[str, ...] = ()
    in_loop: Keep
    cross_turn: Keep
    boundary: Boundary
    keep_last: int | UnsetType = UNSET
    missing: Missing = Missing()
    empty: Literal["accepted", "missing", "unknown"] = "unknown"
    bound: Literal["nothing", "block", "prefix"] = "nothing"
    domain: str | UnsetType = UNSET
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
        if keep == "must" and self.standing != "unverified":
            return "MUST"
        return "SHOULD" if keep in {"must", "should"} else "MAY"


def matches(patterns: Iterable[str], name: str) -> bool:
    """Tell whether a lower-cased name matches one of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


@lru_cache(maxsize=256)
def bare_model(model: str) -> str:
    """Give a model's name in lower case without a gateway's prefix and suffix (`vendor/name:free` is `name`)."""
    return re.sub(r":[a-z0-9-]+$", "", model.lower().rsplit("/", 1)[-1])
