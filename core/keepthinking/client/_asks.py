"""What is asked for by default, so that thinking comes in a form that can go back.

A row names models, not hosts: a model that does not think refuses the question, whoever serves it. What a request says
itself under the same name wins. Whether the provider stores the answer is not ours to decide, and left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from keepthinking._json import Json
from keepthinking.retention._rules import bare_model


class Ask(NamedTuple):
    """Parameters that are sent to some models.

    Attributes:
        dialect: The dialect's id.
        models: Patterns of lower-case model names without a gateway's prefix (`fnmatch`).
        but: Patterns of those among them that are not asked.
        params: The parameters.
        source: Where it is written.
    """

    dialect: str
    models: tuple[str, ...]
    but: tuple[str, ...]
    params: Mapping[str, Json]
    source: str


_ENCRYPTED: Mapping[str, Json] = {"include": Json(b'["reasoning.encrypted_content"]')}

ASKS: tuple[Ask, ...] = (
    # Newer answers have it by default; deployments elsewhere are older. Models that do not think answer 400, "Encrypted
    # content is not supported with this model." (https://github.com/microsoft/agent-framework/issues/7483).
    Ask(
        dialect="openai-responses",
        models=("o1*", "o3*", "o4*", "gpt-5*"),
        but=("gpt-5-chat*",),
        params=_ENCRYPTED,
        source="openai 3.54.0, `types/responses/response_create_params.py`, `include`",
    ),
    Ask(
        dialect="openai-responses",
        models=("grok-*",),
        but=("*non-reasoning*",),
        params=_ENCRYPTED,
        source="https://docs.x.ai/developers/model-capabilities/text/best-practices",
    ),
)


def asked(dialect: str, model: str | None) -> Mapping[str, Json]:
    """Give what a model of a dialect is asked for by default."""
    name = bare_model(model or "")
    for row in ASKS:
        if row.dialect == dialect and _fits(name, row.models) and not _fits(name, row.but):
            return row.params
    return {}


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
