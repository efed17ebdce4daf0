"""The rules that ship with the package: one module a vendor, one row a model family, route and, if any, condition.

Sources are the vendor's page, the vendor's package with its version, or an issue with the provider's own error text.
Ids are stable for ever. A rule that flipped keeps its row and gets an `until`; the new one gets a row of its own.
"""

from __future__ import annotations

from keepthinking.retention._rules import Rule
from keepthinking.retention.table import (
    _alibaba,
    _anthropic,
    _bedrock,
    _cohere,
    _deepseek,
    _gateways,
    _google,
    _minimax,
    _mistral,
    _moonshot,
    _openai,
    _servers,
    _templates,
    _xai,
    _zai,
)

RULES: tuple[Rule, ...] = (
    *_minimax.ROWS,
    *_deepseek.ROWS,
    *_moonshot.ROWS,
    *_zai.ROWS,
    *_alibaba.ROWS,
    *_templates.ROWS,
    *_servers.ROWS,
    *_gateways.ROWS,
    *_mistral.ROWS,
    *_google.ROWS,
    *_anthropic.ROWS,
    *_openai.ROWS,
    *_xai.ROWS,
    *_bedrock.ROWS,
    *_cohere.ROWS,
)
