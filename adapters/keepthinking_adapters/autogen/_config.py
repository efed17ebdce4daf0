"""What a client is made again from, and what AutoGen believes of its model unless it is told."""

from __future__ import annotations

from typing import Any, Final, Literal

from autogen_core.models import ModelFamily, ModelInfo
from pydantic import BaseModel

__all__ = ["INFO", "KeepThinkingConfig"]

INFO: Final = ModelInfo(
    vision=True,
    function_calling=True,
    json_output=True,
    family=ModelFamily.UNKNOWN,
    structured_output=True,
    multiple_system_messages=True,
)
"""What AutoGen is told where the caller tells nothing. It takes out what it believes a model cannot read (0.7.5,
`AssistantAgent._get_compatible_context`); a provider that cannot says so."""


class KeepThinkingConfig(BaseModel):
    """What a client is made again from. It holds no credential: neither the key, nor headers, nor a client of HTTP."""

    model: str
    base_url: str | None = None
    dialect: str | None = None
    profile: str | None = None
    model_info: ModelInfo | None = None
    context_window: int = 128_000
    max_tokens: int | None = None
    temperature: float | None = None
    stop: list[str] | None = None
    timeout: float | None = 600.0
    max_retries: int = 2
    extra_body: dict[str, Any] | None = None
    on_edit: Literal["keep", "drop"] = "keep"
