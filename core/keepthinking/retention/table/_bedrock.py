"""Amazon Bedrock, Converse.

Claude's rows are those of Anthropic's own API in the words of this wire: its parameters stand in
`additionalModelRequestFields`, and its errors in a `ValidationException`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table import _anthropic
from keepthinking.retention.table._common import CONVERSE, MESSAGES, QWEN_CARD, QWEN_SILENT

_DAY = "2026-11-24"
_API = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ReasoningTextBlock.html; botocore 1.44.5"
_SEEN = "https://github.com/langchain-ai/langchain-aws/issues/844; https://github.com/pydantic/pydantic-ai/issues/2453"
_PREFIX = "The model returned the following errors: "
_CLAUDE = "The parameters that Anthropic names stand in `additionalModelRequestFields`, and its errors are quoted."
_OPEN_WEIGHTS = "What this service makes of thinking that comes back is written nowhere; this is what the weights want."


def _missing(row: Rule, what: Missing) -> Missing:
    """Give what the service says: the one error text that was seen on this wire is quoted, of others the status."""
    if isinstance(what.text, str) and what == row.missing and what.text.startswith(_START):
        return replace(what, text=_PREFIX + what.text)
    return what if what.text is UNSET else replace(what, text=UNSET)


_INNER = "$.additionalModelRequestFields."
_START = "messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`"


def _converse(row: Rule) -> Rule:
    """Say a row of Anthropic's own API in the words of this wire."""
    other = row.alternative_to
    return replace(
        row,
        id=_renamed(row.id),
        provider="bedrock",
        served_by=(),
        dialects=CONVERSE,
        missing=_missing(row, row.missing),
        refused=_missing(row, row.refused),
        foreign_refused=_missing(row, row.foreign_refused),
        when=_inside(row.when),
        keep_from=row.keep_from if row.keep_from is UNSET else _INNER.join(row.keep_from.split("$.", 1)),
        alternative_to=other if other is UNSET else _renamed(other),
        source=f"{row.source}; {_API}; {_SEEN}",
        verified=_DAY,
        note=f"{row.note} {_CLAUDE}".strip(),
    )


def _renamed(id_: str) -> str:
    _, model, _, *rest = id_.split(".")
    return ".".join(("bedrock", model, "converse", *rest))


def _inside(when: Mapping[str, str]) -> dict[str, str]:
    return {path.replace("$.", _INNER, 1): text for path, text in when.items()}


ROWS: tuple[Rule, ...] = (
    *(
        _converse(row)
        for row in _anthropic.ROWS
        if row.dialects == MESSAGES and row.provider == "anthropic" and "bedrock" in row.served_by
    ),
    Rule(
        id="bedrock.deepseek-r1.converse",
        provider="bedrock",
        dialects=CONVERSE,
        models=("r1-*", "deepseek-r1*"),
        in_loop="must-not",
        cross_turn="must-not",
        boundary="user-message",
        refused=Missing(
            status=400,
            text="User messages cannot contain reasoning content. Please remove the reasoning content and try again.",
            checks="history",
        ),
        standing="observed",
        source="https://github.com/langchain-ai/langchain-aws/issues/401",
        verified=_DAY,
        note="The model's id is `deepseek.r1-v1:0`. Seen for an answer of an earlier turn.",
    ),
    Rule(
        id="bedrock.gpt-oss.converse",
        provider="bedrock",
        dialects=CONVERSE,
        models=("gpt-oss*",),
        in_loop="should",
        cross_turn="may",
        boundary="final-channel",
        missing=Missing(effect="calls get worse, since the model calls tools out of its thinking; no error"),
        standing="unverified",
        source=f"https://cookbook.openai.com/articles/gpt-oss/handle-raw-cot; {_API}",
        verified=_DAY,
        note=f"Its thinking has no signature. {_OPEN_WEIGHTS}",
    ),
    Rule(
        id="bedrock.qwen3.converse",
        provider="bedrock",
        dialects=CONVERSE,
        models=("qwen3*",),
        in_loop="should",
        cross_turn="may",
        boundary="user-query",
        missing=QWEN_SILENT,
        standing="unverified",
        source=f"{QWEN_CARD}; {_API}",
        verified=_DAY,
        note=f"Its thinking has no signature. {_OPEN_WEIGHTS}",
    ),
    Rule(
        id="bedrock.minimax-m2.converse",
        provider="bedrock",
        dialects=CONVERSE,
        models=("minimax-m2*",),
        in_loop="should",
        cross_turn="may",
        boundary="user-message",
        missing=Missing(effect="the model goes on without its plan; no error"),
        standing="unverified",
        source=f"https://github.com/MiniMax-AI/MiniMax-M2; {_API}",
        verified=_DAY,
        note=f"Its thinking has no signature. {_OPEN_WEIGHTS}",
    ),
    Rule(
        id="bedrock.others.converse",
        provider="bedrock",
        dialects=CONVERSE,
        in_loop="unknown",
        cross_turn="unknown",
        boundary="never",
        standing="documented",
        source=_API,
        verified=_DAY,
        note="What comes back has to come with its text and its signature unmodified. Whether it has to come back is "
        "written for no model but Claude.",
    ),
)
