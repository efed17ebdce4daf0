"""OpenAI's Responses, and the clouds that serve it."""

from __future__ import annotations

from msgspec.structs import replace

from keepthinking.retention._forms import Flaw
from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, RESPONSES

_DAY = "2026-11-28"
_STATE = "https://developers.openai.com/api/docs/guides/conversation-state"
_SDK = "openai 3.54.0"
_DANGLING = (
    "https://github.com/openai/openai-agents-python/issues/722; https://github.com/openai/openai-node/issues/1567; "
    "https://github.com/continuedev/continue/issues/8933; https://github.com/Wei-Shaw/sub2api/issues/2863; "
    "https://github.com/maximhq/bifrost/issues/5186"
)
_MISSING = Missing(
    status=400,
    effect="items sent without their ids are accepted, and the model plans anew",
    checks="history",
    asks="nothing",
)
_REFUSED = Missing(
    status=400,
    text="The encrypted content {seal} could not be verified. Reason: Encrypted content could not be decrypted or "
    "parsed.",
    checks="history",
)
_NOTE = (
    "Asked for: every item of `output`, and of a stream the seal of `response.output_item.done`. An item that comes "
    "with its id has to have its neighbours: \"Item 'fc_…' of type 'function_call' was provided without its required "
    "'reasoning' item: 'rs_…'.\", and \"Item 'rs_…' of type 'reasoning' was provided without its required following "
    'item."; without ids nothing is said. `phase` goes back on all messages of the model from gpt-5.3-codex on, '
    "dropping it degrades without an error. A seal of another key, organisation or region has the code "
    '`invalid_encrypted_content`; in an item of another id it is said of that item, with the reason "Encrypted '
    'content item_id did not match the target item id."'
)
_PREFIX = (
    "https://developers.openai.com/api/docs/guides/preserved-reasoning; "
    "https://developers.openai.com/api/docs/guides/keep-prefix-unchanged"
)
_PREFIX_NOTE = (
    "From newer frontier models on, which the page does not name, a change to what stands before an item drops the "
    "item, without an error. "
)
_ALL_TURNS = ("gpt-5.6*", "gpt-5.7*", "gpt-5.8*", "gpt-5.9*", "gpt-6*")

_RESPONSES: tuple[Rule, ...] = (
    Rule(
        id="openai.any.responses",
        provider="openai",
        dialects=RESPONSES,
        in_loop="must",
        cross_turn="may",
        boundary="user-message",
        missing=_MISSING,
        refused=_REFUSED,
        phases=True,
        bound="block",
        domain="openai",
        standing="documented",
        source=f"{_STATE}; {_SDK}; {_DANGLING}",
        verified=_DAY,
        note="`reasoning.context` is `current_turn` by default. " + _NOTE,
    ),
    Rule(
        id="openai.any.responses.all-turns",
        provider="openai",
        dialects=RESPONSES,
        in_loop="must",
        cross_turn="must",
        boundary="never",
        missing=_MISSING,
        refused=_REFUSED,
        phases=True,
        bound="block",
        domain="openai",
        when={"$.reasoning.context": '"all_turns"'},
        alternative_to="openai.any.responses",
        standing="documented",
        source=f"{_STATE}; {_SDK}; {_DANGLING}",
        verified=_DAY,
        note=_NOTE,
    ),
    Rule(
        id="openai.gpt-5-6.responses",
        provider="openai",
        dialects=RESPONSES,
        models=_ALL_TURNS,
        in_loop="must",
        cross_turn="must",
        boundary="never",
        missing=_MISSING,
        refused=_REFUSED,
        phases=True,
        bound="block",
        domain="openai",
        standing="documented",
        source=f"{_STATE}; {_PREFIX}; {_SDK}; {_DANGLING}",
        verified=_DAY,
        note="`reasoning.context` is `all_turns` by default from gpt-5.6 on. " + _PREFIX_NOTE + _NOTE,
    ),
    Rule(
        id="openai.gpt-5-6.responses.current-turn",
        provider="openai",
        dialects=RESPONSES,
        models=_ALL_TURNS,
        in_loop="must",
        cross_turn="may",
        boundary="user-message",
        missing=_MISSING,
        refused=_REFUSED,
        phases=True,
        bound="block",
        domain="openai",
        when={"$.reasoning.context": '"current_turn"'},
        alternative_to="openai.gpt-5-6.responses",
        standing="documented",
        source=f"{_STATE}; {_SDK}; {_DANGLING}",
        verified=_DAY,
        note=_NOTE,
    ),
)


_FLAWS = (Flaw(kind="unanswered", status=400, text="No tool output found for function call {id}."),)
_FLAWS_SEEN = "https://github.com/openai/codex/issues/93; https://github.com/symgraph/GhidrAssist/issues/78"
"""The error, and all of its body (read 2026-11-28)."""


def _served(row: Rule, provider: str, source: str) -> Rule:
    """Say a row for a cloud that serves the same models under seals of its own."""
    other = row.alternative_to
    return replace(
        row,
        id=row.id.replace("openai.", f"{provider}.", 1),
        provider=provider,
        domain=provider,
        alternative_to=other.replace("openai.", f"{provider}.", 1) if isinstance(other, str) else other,
        source=f"{row.source}; {source}",
    )


_AZURE = "https://learn.microsoft.com/azure/ai-foundry/openai/how-to/responses; openrouter 1.3.84"
"""The page of the wire, and who tells its seals from those of OpenAI (`azure-openai-responses-v1`)."""

ROWS: tuple[Rule, ...] = (
    *(replace(row, flaws=_FLAWS, source=f"{row.source}; {_FLAWS_SEEN}") for row in _RESPONSES),
    Rule(
        id="openai.any.chat",
        provider="openai",
        dialects=CHAT,
        in_loop="may",
        cross_turn="may",
        boundary="never",
        unread=True,
        standing="read",
        source=f"{_SDK}; https://platform.openai.com/docs/guides/migrate-to-responses",
        verified=_DAY,
        note="Messages have no member for thinking, neither coming nor going: what a model thought is gone after each "
        "request. Responses keeps it.",
    ),
    *(_served(row, "azure", _AZURE) for row in _RESPONSES),
    Rule(
        id="bedrock-mantle.any.responses",
        provider="bedrock-mantle",
        dialects=RESPONSES,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=Missing(effect="nothing is said"),
        bound="block",
        domain="bedrock-mantle",
        standing="observed",
        source="pydantic-ai 2.68",
        verified=_DAY,
        note="Ids of calls begin anew with `call_0` in every response, so one is unique in its response only.",
    ),
)
