"""Anthropic: Claude."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking.retention._forms import Flaw
from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import MESSAGES, TODAY

_CLAUDE_TOOLS = "https://platform.claude.com/docs/build-with-claude/thinking-tool-workflows"
_ADAPTIVE = "https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking"
_CLAUDE_BOUND = "https://platform.claude.com/docs/build-with-claude/preserved-thinking"
_CLAUDE_FIX = f"{_CLAUDE_BOUND}/fix-bound-to-a-different-conversation"
_CLAUDE_ORDER = (
    "https://github.com/anomalyco/opencode/issues/3077; https://github.com/anthropics/claude-code/issues/63404; "
    "https://github.com/anthropics/anthropic-sdk-python/issues/1598"
)
_DAY = "2026-11-28"
_CLAUDE_OFF = "https://github.com/tailcallhq/forgecode/issues/1853"
_CLAUDE_MISSING = Missing(
    status=400,
    text="messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. "
    "When `thinking` is "
    "enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of "
    "`tool_use` and "
    "`tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this "
    "requirement, disable "
    "`thinking`. Please consult our documentation at "
    "https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
    checks="loop",
    asks="turn",
)
_CLAUDE_CHANGED = Missing(
    status=400,
    text="messages.{index}.content.{block}: `thinking` or `redacted_thinking` blocks in the latest assistant message "
    "cannot be modified. These blocks must remain as they were in the original response.",
    checks="loop",
)
_CLAUDE_DISABLED = Missing(
    status=400,
    text="messages.{index}.content.0: When thinking is disabled, an `assistant` message in the final position "
    "cannot contain "
    "`thinking`. To use thinking blocks, enable `thinking` in your request.",
    checks="loop",
)
_CLAUDE_PREFIX = Missing(
    status=400,
    text="messages.{index}.content.{block}: Invalid `signature` in `thinking` block. The block is bound to a different "
    "conversation. "
    'Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".',
    checks="history",
    asks="nothing",
)
_CLAUDE_STRANGE = Missing(
    status=400,
    text="messages.{index}.content.{block}: Invalid `signature` in `thinking` block",
    checks="history",
)
_CLAUDE_STRANGE_SEEN = (
    "https://github.com/tailcallhq/forgecode/issues/2646; https://github.com/tombii/better-ccflare/issues/52"
)
"""From MiniMax M2.7 to Claude Opus 4.6, and from GLM to Claude: two of many reports (read 2026-11-28)."""
_CLAUDE_ONE_TURN = "A tool loop is one assistant turn; its thinking configuration stays the same throughout."
_CLAUDE_KEEP_N = (
    "How many turns stay is in the request (`keep.value`). The client's history stays whole; the server clears."
)

_CLOUDS = ("bedrock", "vertex-claude")
"""Clouds with the same API. Seals of one are good at the others, and those of anybody else at none of them: a signature
proves that Claude made the block (`_ADAPTIVE`, "Thinking encryption")."""

_ROWS: tuple[Rule, ...] = (
    Rule(
        id="anthropic.claude-4.messages",
        provider="anthropic",
        served_by=_CLOUDS,
        dialects=MESSAGES,
        models=(
            "claude-3-7*",
            "claude-opus-4-0*",
            "claude-opus-4-1*",
            "claude-opus-4-20*",
            "claude-sonnet-4-0*",
            "claude-sonnet-4-20*",
            "claude-sonnet-4-5*",
            "claude-haiku-4*",
        ),
        in_loop="must",
        cross_turn="may",
        boundary="user-query",
        keep_last=1,
        missing=_CLAUDE_MISSING,
        refused=_CLAUDE_CHANGED,
        bound="block",
        domain="anthropic",
        foreign="refused",
        foreign_refused=_CLAUDE_STRANGE,
        standing="documented",
        source=f"{_CLAUDE_TOOLS}; {_CLAUDE_ORDER}; {_ADAPTIVE}; {_CLAUDE_STRANGE_SEEN}",
        verified=_DAY,
        note=f"{_CLAUDE_ONE_TURN} Of earlier turns the server itself keeps only the last.",
    ),
    Rule(
        id="anthropic.claude-4.messages.disabled",
        provider="anthropic",
        served_by=_CLOUDS,
        dialects=MESSAGES,
        in_loop="must-not",
        cross_turn="may",
        boundary="user-query",
        refused=_CLAUDE_DISABLED,
        bound="block",
        domain="anthropic",
        when={"$.thinking.type": '"disabled"'},
        alternative_to="anthropic.claude-4.messages",
        standing="observed",
        source=_CLAUDE_OFF,
        verified=TODAY,
    ),
    Rule(
        id="anthropic.claude-4.messages.keep-all",
        provider="anthropic",
        served_by=_CLOUDS,
        dialects=MESSAGES,
        in_loop="must",
        cross_turn="should",
        boundary="never",
        missing=_CLAUDE_MISSING,
        refused=_CLAUDE_CHANGED,
        bound="block",
        domain="anthropic",
        foreign="refused",
        foreign_refused=_CLAUDE_STRANGE,
        when={
            "$.context_management.edits[0].type": '"clear_thinking_20251015"',
            "$.context_management.edits[0].keep": '"all"',
        },
        alternative_to="anthropic.claude-4.messages",
        standing="read",
        source=f"anthropic 2.12.0; {_CLAUDE_STRANGE_SEEN}",
        verified=TODAY,
        note="The client's history stays whole; the server clears what it is told to.",
    ),
    Rule(
        id="anthropic.claude-4.messages.keep-n",
        provider="anthropic",
        served_by=_CLOUDS,
        dialects=MESSAGES,
        in_loop="must",
        cross_turn="should",
        boundary="user-query",
        keep_from="$.context_management.edits[0].keep.value",
        missing=_CLAUDE_MISSING,
        refused=_CLAUDE_CHANGED,
        bound="block",
        domain="anthropic",
        foreign="refused",
        foreign_refused=_CLAUDE_STRANGE,
        when={
            "$.context_management.edits[0].type": '"clear_thinking_20251015"',
            "$.context_management.edits[0].keep.type": '"thinking_turns"',
        },
        alternative_to="anthropic.claude-4.messages",
        standing="read",
        source=f"anthropic 2.12.0; {_CLAUDE_STRANGE_SEEN}",
        verified=TODAY,
        note=_CLAUDE_KEEP_N,
    ),
    Rule(
        id="anthropic.claude-kept.messages",
        provider="anthropic",
        served_by=_CLOUDS,
        dialects=MESSAGES,
        models=(
            "claude-opus-4-[5-9]*",
            "claude-opus-5*",
            "claude-sonnet-4-[6-9]*",
            "claude-sonnet-5*",
            "claude-haiku-5*",
            "claude-mythos*",
            "claude-fable*",
        ),
        in_loop="must",
        cross_turn="should",
        boundary="never",
        missing=_CLAUDE_MISSING,
        refused=_CLAUDE_CHANGED,
        empty="accepted",
        bound="block",
        domain="anthropic",
        foreign="refused",
        foreign_refused=_CLAUDE_STRANGE,
        standing="documented",
        source=f"{_CLAUDE_TOOLS}; {_CLAUDE_ORDER}; {_ADAPTIVE}; {_CLAUDE_STRANGE_SEEN}",
        verified=_DAY,
        note=f"{_CLAUDE_ONE_TURN} The server keeps thinking of all turns. A block whose text is empty still "
        "carries its seal and goes back.",
    ),
    Rule(
        id="anthropic.claude-kept.messages.disabled",
        provider="anthropic",
        served_by=_CLOUDS,
        dialects=MESSAGES,
        in_loop="must-not",
        cross_turn="may",
        boundary="never",
        refused=_CLAUDE_DISABLED,
        bound="block",
        domain="anthropic",
        when={"$.thinking.type": '"disabled"'},
        alternative_to="anthropic.claude-kept.messages",
        standing="observed",
        source=_CLAUDE_OFF,
        verified=TODAY,
        note="Seen for Sonnet 4.5; that it holds for later models is taken from the wording.",
    ),
    Rule(
        id="anthropic.claude-kept.messages.keep-n",
        provider="anthropic",
        served_by=_CLOUDS,
        dialects=MESSAGES,
        in_loop="must",
        cross_turn="should",
        boundary="user-query",
        keep_from="$.context_management.edits[0].keep.value",
        missing=_CLAUDE_MISSING,
        refused=_CLAUDE_CHANGED,
        empty="accepted",
        bound="block",
        domain="anthropic",
        foreign="refused",
        foreign_refused=_CLAUDE_STRANGE,
        when={
            "$.context_management.edits[0].type": '"clear_thinking_20251015"',
            "$.context_management.edits[0].keep.type": '"thinking_turns"',
        },
        alternative_to="anthropic.claude-kept.messages",
        standing="read",
        source=f"anthropic 2.12.0; {_CLAUDE_STRANGE_SEEN}",
        verified=TODAY,
        note=_CLAUDE_KEEP_N,
    ),
    *(
        Rule(
            id=f"anthropic.claude-kept.messages.{name}",
            provider="anthropic",
            served_by=_CLOUDS,
            dialects=MESSAGES,
            in_loop="must",
            cross_turn="should",
            boundary="user-query" if counted else "never",
            keep_from="$.context_management.edits[0].keep.value" if counted else UNSET,
            missing=Missing(
                effect="a turn may begin with a call, as the model need not think; it goes on without what it thought",
                checks="loop",
                asks="nothing",
            ),
            refused=_CLAUDE_CHANGED,
            empty="accepted",
            bound="block",
            domain="anthropic",
            foreign="refused",
            foreign_refused=_CLAUDE_STRANGE,
            when={"$.thinking.type": '"adaptive"', **counted},
            alternative_to="anthropic.claude-kept.messages",
            standing="documented",
            source=f"{_CLAUDE_TOOLS}; {_ADAPTIVE}; {_CLAUDE_STRANGE_SEEN}",
            verified=_DAY,
            note="The vendor's walk through a tool loop is of this mode: thinking goes back complete and unmodified. "
            "A turn that begins without it is no error here, as it is in manual mode.",
        )
        for name, counted in (
            ("adaptive", {}),
            (
                "adaptive-keep-n",
                {
                    "$.context_management.edits[0].type": '"clear_thinking_20251015"',
                    "$.context_management.edits[0].keep.type": '"thinking_turns"',
                },
            ),
        )
    ),
    Rule(
        id="anthropic.claude-bound.messages",
        provider="anthropic",
        served_by=_CLOUDS,
        dialects=MESSAGES,
        models=(
            "claude-fable-5-1*",
            "claude-fable-5-2*",
            "claude-mythos-5-1*",
            "claude-mythos-5-2*",
            "claude-opus-5-5*",
            "claude-sonnet-5-5*",
            "claude-haiku-5-5*",
        ),
        in_loop="must",
        cross_turn="must",
        boundary="never",
        missing=_CLAUDE_PREFIX,
        refused=_CLAUDE_PREFIX,
        empty="accepted",
        bound="prefix",
        domain="anthropic",
        foreign="refused",
        foreign_refused=_CLAUDE_STRANGE,
        alternative_to="anthropic.claude-kept.messages",
        since="2026-08-31",
        standing="documented",
        source=f"{_CLAUDE_BOUND}; {_CLAUDE_BOUND}/prefix-checks; {_CLAUDE_FIX}; {_ADAPTIVE}; {_CLAUDE_STRANGE_SEEN}; "
        "https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-thinking-block-binding.md",
        verified=_DAY,
        note="The system prompt, the tools and all earlier messages are the prefix; `cache_control` is not part "
        "of it. The "
        "check is enforced for accounts made since 2026-08-31, for older ones mostly recorded only. A block of a model "
        "that this one cannot read is dropped without an error. Server-side edits of `context_management` do not "
        "break it.",
    ),
    Rule(
        id="anthropic.claude-bound.messages.drop",
        provider="anthropic",
        served_by=_CLOUDS,
        dialects=MESSAGES,
        in_loop="must",
        cross_turn="must",
        boundary="never",
        missing=Missing(effect="later blocks are dropped and listed in `input_transformations`; no error"),
        refused=Missing(
            effect="blocks that fail the check are dropped and listed in `input_transformations`; no error"
        ),
        empty="accepted",
        bound="prefix",
        domain="anthropic",
        when={"$.thinking.block_binding.prefix_mismatch_behavior": '"drop_block"'},
        alternative_to="anthropic.claude-bound.messages",
        since="2026-08-31",
        standing="documented",
        source=_CLAUDE_FIX,
        verified=TODAY,
        note="It needs the beta `thinking-binding-controls-2026-08-01` and has to be sent with every request.",
    ),
)

_FLAWS = (
    Flaw(
        kind="unanswered",
        status=400,
        text="messages.{message}: `tool_use` ids were found without `tool_result` blocks immediately after: {ids}. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
    ),
    Flaw(
        kind="last-thought",
        status=400,
        text="messages.{message}: The final block in an assistant message cannot be `thinking`.",
    ),
)
_FLAWS_SEEN = (
    "https://github.com/anthropics/claude-code/issues/8210; https://github.com/tailcallhq/forgecode/issues/2107; "
    "https://github.com/tailcallhq/forgecode/issues/3071; https://github.com/router-for-me/CLIProxyAPI/issues/5321"
)
"""Both errors in full, of several models (read 2026-11-28). The vendor's pages do not name the second. The last source
measured where it is an error (claude-haiku-4-5, 2026-08-28): `user, thinking` is refused, `user, thinking, user` is
taken. So an answer of a thought alone can be sent back, and one that is left out is lost as any other."""

ROWS: tuple[Rule, ...] = tuple(replace(row, flaws=_FLAWS, source=f"{row.source}; {_FLAWS_SEEN}") for row in _ROWS)
