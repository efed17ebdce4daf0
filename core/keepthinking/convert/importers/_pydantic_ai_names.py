"""What the names of pydantic-ai mean here. All are in pydantic-ai-slim 2.68.0 (read 2026-11-24)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import UnsetType

from keepthinking.convert._wires import CHAT, COHERE, CONVERSE, GEMINI, MESSAGES, MISTRAL, RESPONSES


class Vendor(NamedTuple):
    """What a provider's name in pydantic-ai means here.

    Attributes:
        provider: Its name in our rules.
        dialect: The wire that its model class speaks.
        seal: The name of the seal of a thought.
        whole: The name of the seal of a redacted thought.
        channel: What the words of a sealed thought are.
    """

    provider: str
    dialect: str | UnsetType
    seal: str = "signature"
    whole: str = "data"
    summary: bool = False


VENDORS: Mapping[str, Vendor] = {
    "anthropic": Vendor("anthropic", MESSAGES),
    "bedrock": Vendor("bedrock", CONVERSE, whole="redactedContent"),
    "google": Vendor("google", GEMINI, "thoughtSignature", summary=True),
    "google-gla": Vendor("google", GEMINI, "thoughtSignature", summary=True),
    "google-cloud": Vendor("google-vertex", GEMINI, "thoughtSignature", summary=True),
    "google-vertex": Vendor("google-vertex", GEMINI, "thoughtSignature", summary=True),
    "openai": Vendor("openai", RESPONSES, "encrypted_content", summary=True),
    "azure": Vendor("azure", RESPONSES, "encrypted_content", summary=True),
    "xai": Vendor("xai", RESPONSES, "encrypted_content", summary=True),
    "openrouter": Vendor("openrouter", CHAT),
    "mistral": Vendor("mistral", MISTRAL),
    "cohere": Vendor("cohere", COHERE),
    "deepseek": Vendor("deepseek", CHAT),
    "moonshotai": Vendor("moonshot", CHAT),
    "zai": Vendor("zai", CHAT),
    "groq": Vendor("groq", CHAT),
    "cerebras": Vendor("cerebras", CHAT),
    "bedrock-mantle": Vendor("bedrock-mantle", RESPONSES, "encrypted_content", summary=True),
    # the others that speak Chat Completions, under their own names
    **{
        name: Vendor(name, CHAT)
        for name in (
            *("alibaba", "crusoe", "fireworks", "github", "heroku", "huggingface", "litellm", "nebius", "ollama"),
            *("ovhcloud", "sambanova", "snowflake", "together", "vercel", "vllm"),
        )
    },
}
"""`provider_name` to what it means (pydantic-ai-slim 2.68.0, `providers/`, read 2026-11-24)."""

REDACTED = frozenset({"redacted_thinking", "redacted_content"})
"""Ids of thoughts that are nothing but a seal (`_thinking_part.py`)."""
FIELDS = frozenset({"reasoning_content", "reasoning"})
"""Ids of thoughts that name the field of Chat Completions that held them (`models/openai`)."""
DETAIL, SUMMARY, ENCRYPTED = "reasoning.", "reasoning.summary", "reasoning.encrypted"
"""What `provider_details.type` begins with, and is, for an entry of `reasoning_details`, whose other members stand
beside it (`models/_reasoning_details.py`)."""
