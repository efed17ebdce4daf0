"""What a provider says of the form of a request, besides thinking: what it refuses, and what it changes in silence.

Both are data of a rule. `_flaws` and `_rewrites` walk them.
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from keepthinking._messages import Value

FlawKind = Literal[
    "repeated-id",
    "reused-id",
    "after-call",
    "said-after-call",
    "lone-result",
    "unanswered",
    "last-thought",
    "surrogate",
    "inner-instructions",
    "second-instructions",
    "arguments-text",
]
RewriteKind = Literal["thoughts-first", "thoughts-joined", "results-ordered", "status-dropped", "arguments-wrapped"]


class Flaw(Value, frozen=True, kw_only=True):
    """Something that the provider refuses wherever in the history it stands.

    Attributes:
        kind: What it is:
            `repeated-id`: two calls of one message have the same id;
            `reused-id`: two calls of the history have;
            `said-after-call`: something other than a call or thinking stands behind a call of the same message;
            `after-call`: anything but another call stands there; the error names any of the calls before it;
            `lone-result`: a result names a call that stands nowhere before it;
            `unanswered`: no result answers a call, and another message stands behind it;
            `last-thought`: the history ends in a thought of the model's with words, or a place for some: with the
            user's words behind it, it is none;
            `surrogate`: one half of a surrogate pair without the other, which JSON can only write as an escape;
            `inner-instructions`: instructions stand in the list of messages, as a message of their own;
            `second-instructions`: more than one such message does;
            `arguments-text`: arguments of a call stand as a text, where the wire has an object.
        status: The HTTP status; absent where it is not known.
        text: The error text, exactly; of `surrogate` its beginning, as it goes on with the place in the body. `{id}`
            stands for the call's id, or the one that a result names, `{ids}` for those of all calls before the block,
            `{message}` for the index of the message on the wire, `{block}` for that of the block in it.
    """

    kind: FlawKind
    status: int | UnsetType = UNSET
    text: str | UnsetType = UNSET


class Rewrite(Value, frozen=True, kw_only=True):
    """Something that the provider changes without a word.

    Attributes:
        kind: What it does:
            `thoughts-first`: thinking moves before all else in its message;
            `thoughts-joined`: thoughts that stand side by side become one, their words with `text` between them;
            `results-ordered`: results come in the order of their calls;
            `status-dropped`: whether a tool failed is not told;
            `arguments-wrapped`: arguments that are no JSON object become the one argument `text`, a string.
        text: What it writes.
    """

    kind: RewriteKind
    text: str = ""
