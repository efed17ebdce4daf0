"""DeepSeek."""

from __future__ import annotations

from msgspec.structs import replace

from keepthinking.retention._forms import Flaw, Rewrite
from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, DEEPSEEK_DOCS, DEEPSEEK_RECIPE, MESSAGES, RESPONSES, TODAY

_DEEPSEEK_ALIASES = ("deepseek-chat", "deepseek-reasoner")
_NO_TOOLS = {"$.tool_choice": '"none"'}
_DEEPSEEK_V4 = ("deepseek-v4*", "deepseek-flash*", "deepseek-pro*", *_DEEPSEEK_ALIASES)
_CHAT_MISSING = Missing(
    status=400,
    text="The `reasoning_content` in the thinking mode must be passed back to the API.",
    effect="missing on an earlier user turn: accepted, and an empty think block is rendered",
    checks="loop",
    asks="message",
    asks_toolless="calling",
)
_REDACTED = Missing(
    text="invalid request body: unknown variant `redacted_thinking`",
    effect="a `redacted_thinking` block makes the whole body invalid",
    checks="history",
)

_SEEN: dict[tuple[str, ...], str] = {
    CHAT: "; https://github.com/langgenius/dify/issues/32222; https://github.com/TurixAI/TuriX-CUA/issues/15; "
    "https://github.com/BigPizzaV3/CodexPlusPlus/issues/308",
}
"""Where the API was seen to refuse a call without a result, in full (read 2026-11-28)."""

_BROKEN = Flaw(kind="surrogate", text="invalid JSON request")
_ORDERED = Rewrite(kind="results-ordered")
_WRAPPED = Rewrite(kind="arguments-wrapped", text="arguments")
_FORMS: dict[tuple[str, ...], tuple[tuple[Flaw, ...], tuple[Rewrite, ...]]] = {
    CHAT: (
        (
            Flaw(
                kind="repeated-id",
                status=400,
                text="Duplicate value for 'tool_call_id' of {id} in message[{message}]",
            ),
            Flaw(
                kind="unanswered",
                status=400,
                text="An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                "'tool_call_id'. (insufficient tool messages following tool_calls message)",
            ),
            _BROKEN,
        ),
        (_ORDERED, _WRAPPED),
    ),
    MESSAGES: (
        (
            Flaw(
                kind="repeated-id",
                status=400,
                text="messages.{message}.content.{block}: `tool_use` ids must be unique",
            ),
            Flaw(
                kind="said-after-call",
                status=400,
                text="messages.{message}.{block}: `tool_use` ids were found without `tool_result` blocks immediately "
                "after: {ids}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
                "message.",
            ),
            _BROKEN,
        ),
        (
            Rewrite(kind="thoughts-first"),
            Rewrite(kind="thoughts-joined", text="\n\n"),
            _ORDERED,
            Rewrite(kind="status-dropped"),
        ),
    ),
    RESPONSES: (
        (
            Flaw(kind="reused-id", status=400, text="Duplicate 'call_id': {id}."),
            Flaw(kind="after-call", status=400, text="No tool output found for tool call {id}."),
            _BROKEN,
        ),
        (Rewrite(kind="thoughts-joined", text="\n"), _ORDERED, _WRAPPED),
    ),
}
"""What the routes refuse and rewrite besides, by dialect; all but a call without a result (`_SEEN`) run against the
vendor's own code. It also writes numbers anew (`1e3` as `1000.0`) and reads escapes in arguments, which changes
no value."""

_PRO = ("deepseek-v4-pro*", "deepseek-pro*")
_PRO_SYSTEM = "On this route a system message between others becomes a user's for this model, and so ends the turn."

_V4_ANTHROPIC: tuple[Rule, ...] = (
    Rule(
        id="deepseek.v4.anthropic",
        provider="deepseek",
        dialects=MESSAGES,
        models=("deepseek-v4*", "deepseek-flash*", *_DEEPSEEK_ALIASES),
        in_loop="must",
        cross_turn="must",
        boundary="tools-absent",
        toolless={"$.tool_choice.type": '"none"'},
        missing=Missing(
            status=400,
            text="The `content[].thinking` in the thinking mode must be passed back to the API.",
            effect="missing on an earlier user turn: accepted, and an empty think block is rendered",
            checks="loop",
            asks="message",
            asks_toolless="calling",
        ),
        refused=_REDACTED,
        refuses=("data",),
        foreign="read",
        empty="accepted",
        standing="executed",
        source=DEEPSEEK_RECIPE,
        verified=TODAY,
        note="The signature is optional and not checked. A text block beside the tool result counts as a user message.",
    ),
    Rule(
        id="deepseek.v4.anthropic.disabled",
        provider="deepseek",
        dialects=MESSAGES,
        in_loop="may",
        cross_turn="may",
        boundary="tools-absent",
        unread=True,
        refused=_REDACTED,
        refuses=("data",),
        foreign="read",
        when={"$.thinking.type": '"disabled"'},
        alternative_to="deepseek.v4.anthropic",
        standing="executed",
        source=DEEPSEEK_RECIPE,
        verified=TODAY,
        note="Thinking that comes is accepted and not rendered.",
    ),
    Rule(
        id="deepseek.v4.anthropic.no-effort",
        provider="deepseek",
        dialects=MESSAGES,
        in_loop="may",
        cross_turn="may",
        boundary="tools-absent",
        unread=True,
        refused=_REDACTED,
        refuses=("data",),
        foreign="read",
        when={"$.output_config.effort": '"none"'},
        alternative_to="deepseek.v4.anthropic",
        standing="executed",
        source=DEEPSEEK_RECIPE,
        verified=TODAY,
        note="As with thinking disabled.",
    ),
)

_ROWS: tuple[Rule, ...] = (
    Rule(
        id="deepseek.r1.chat",
        provider="deepseek",
        dialects=CHAT,
        models=("deepseek-reasoner", "deepseek-r1*"),
        in_loop="must-not",
        cross_turn="must-not",
        boundary="user-message",
        refused=Missing(status=400, checks="history"),
        until="2025-11-30",
        standing="documented",
        source="https://api-docs.deepseek.com/zh-cn/guides/reasoning_model",
        verified=TODAY,
        note="It had no tools. The text of its error is not published. Two later models turned the rule around.",
    ),
    Rule(
        id="deepseek.v3-2.chat",
        provider="deepseek",
        dialects=CHAT,
        models=("deepseek-v3.2*", *_DEEPSEEK_ALIASES),
        in_loop="must",
        cross_turn="may",
        boundary="user-message",
        missing=Missing(
            status=400,
            text="Missing `reasoning_content` field in the assistant message at message index {index}. "
            "For more information, please refer to https://api-docs.deepseek.com/guides/thinking_mode#tool-calls",
            checks="loop",
            asks="calling",
        ),
        alternative_to="deepseek.r1.chat",
        since="2025-12-01",
        until="2026-04-23",
        standing="documented",
        source="https://api-docs.deepseek.com/zh-cn/guides/thinking_mode; "
        "https://github.com/abhigyanpatwari/GitNexus/issues/43; "
        "https://github.com/deepseek-ai/DeepSeek-V3/issues/1053; https://github.com/continuedev/continue/issues/11285",
        verified="2026-11-24",
        note="The vendor's sample leaves out thinking of earlier user turns, and its encoder drops it. The page speaks "
        "of calls in thinking mode only; one report says that every message of the model was asked for.",
    ),
    Rule(
        id="deepseek.v4.chat.called",
        provider="deepseek",
        dialects=CHAT,
        models=_DEEPSEEK_V4,
        in_loop="must",
        cross_turn="must",
        boundary="tools-absent",
        missing=Missing(
            status=400,
            text="The `reasoning_content` in the thinking mode must be passed back to the API.",
            checks="loop",
            asks="calling",
        ),
        empty="accepted",
        alternative_to="deepseek.v3-2.chat",
        since="2026-04-24",
        until="2026-08-24",
        standing="documented",
        source="https://api-docs.deepseek.com/zh-cn/guides/thinking_mode/; "
        "https://github.com/anomalyco/opencode/issues/24722",
        verified=TODAY,
        note="The page's first wording: it has to go back for good after a turn with a tool call, and is ignored "
        "after one "
        "without. Issue threads of that time saw the 400 for turns without a call as well.",
    ),
    Rule(
        id="deepseek.v4.chat",
        provider="deepseek",
        dialects=CHAT,
        models=_DEEPSEEK_V4,
        in_loop="must",
        cross_turn="must",
        boundary="tools-absent",
        toolless=_NO_TOOLS,
        missing=_CHAT_MISSING,
        empty="accepted",
        alternative_to="deepseek.v4.chat.called",
        since="2026-08-25",
        standing="executed",
        source=f"{DEEPSEEK_RECIPE}; {DEEPSEEK_DOCS}; https://github.com/bojieli/ai-agent-book/pull/982",
        verified=TODAY,
        note="With `tools` in the request all thinking of all turns is rendered, also of turns that called none; "
        "without "
        "`tools` none is, not even of the running loop. The check looks only behind the last user message, so a "
        "reminder "
        "in the user role turns it off. It asks every message of the model there, in a request that declares no tools "
        "only those with a call, and also where the prompt will hold no thinking. `tool_choice` of `none` hides as no "
        "tools do, and asks as tools do. `since` is the first "
        "day on which the page was quoted with this wording.",
    ),
    Rule(
        id="deepseek.v4.chat.disabled",
        provider="deepseek",
        dialects=CHAT,
        in_loop="may",
        cross_turn="may",
        boundary="tools-absent",
        unread=True,
        when={"$.thinking.type": '"disabled"'},
        alternative_to="deepseek.v4.chat",
        standing="executed",
        source=DEEPSEEK_RECIPE,
        verified=TODAY,
        note="Thinking that comes is accepted and not rendered.",
    ),
    Rule(
        id="deepseek.v4.chat.no-effort",
        provider="deepseek",
        dialects=CHAT,
        in_loop="may",
        cross_turn="may",
        boundary="tools-absent",
        unread=True,
        when={"$.reasoning_effort": '"none"'},
        alternative_to="deepseek.v4.chat",
        standing="executed",
        source=DEEPSEEK_RECIPE,
        verified=TODAY,
        note="As with thinking disabled.",
    ),
    Rule(
        id="deepseek.v4.chat.enabled",
        provider="deepseek",
        dialects=CHAT,
        in_loop="must",
        cross_turn="must",
        boundary="tools-absent",
        toolless=_NO_TOOLS,
        missing=_CHAT_MISSING,
        empty="accepted",
        foreign="read",
        when={"$.thinking.type": '"enabled"', "$.reasoning_effort": '"none"'},
        alternative_to="deepseek.v4.chat",
        standing="executed",
        source=DEEPSEEK_RECIPE,
        verified=TODAY,
        note="Asked for both, it thinks.",
    ),
    *_V4_ANTHROPIC,
    *(
        replace(
            row,
            id=row.id.replace("v4", "v4-pro", 1),
            models=() if row.when else _PRO,
            roles=("user", "system"),
            alternative_to="deepseek.v4-pro.anthropic" if row.when else row.alternative_to,
            note=f"{row.note} {_PRO_SYSTEM}",
        )
        for row in _V4_ANTHROPIC
    ),
    Rule(
        id="deepseek.v4.responses",
        provider="deepseek",
        dialects=RESPONSES,
        models=_DEEPSEEK_V4,
        in_loop="must",
        cross_turn="must",
        boundary="tools-absent",
        toolless=_NO_TOOLS,
        channels=("raw",),
        missing=Missing(
            status=400,
            text="The `reasoning_text` in the thinking mode must be passed back to the API.",
            effect="missing on an earlier user turn: accepted, and an empty think block is rendered",
            checks="loop",
            asks="run",
            asks_toolless="calling",
        ),
        empty="missing",
        foreign="read",
        standing="executed",
        source=DEEPSEEK_RECIPE,
        verified="2026-11-24",
        note="Only `reasoning_text` in the `content` of a reasoning item is read: a summary or a seal alone is as "
        "nothing. "
        "`phase` may be another in `response.output_item.done` than in `response.output_item.added`.",
    ),
    Rule(
        id="deepseek.v4.responses.no-effort",
        provider="deepseek",
        dialects=RESPONSES,
        in_loop="may",
        cross_turn="may",
        boundary="tools-absent",
        unread=True,
        when={"$.reasoning.effort": '"none"'},
        alternative_to="deepseek.v4.responses",
        standing="executed",
        source=DEEPSEEK_RECIPE,
        verified="2026-11-24",
        note="Thinking that comes is accepted and not rendered.",
    ),
)

ROWS: tuple[Rule, ...] = tuple(
    replace(
        row,
        flaws=_FORMS[row.dialects][0],
        rewrites=_FORMS[row.dialects][1],
        source=f"{row.source}{_SEEN.get(row.dialects, '')}",
        verified="2026-11-24",
    )
    if row.standing == "executed"
    else row
    for row in _ROWS
)
