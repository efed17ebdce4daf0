"""What rows of several vendors share: days, dialects, sources and texts."""

from __future__ import annotations

from keepthinking.retention._rules import Missing

TODAY = "2026-11-23"
"""The day on which a row's source was read or run last; a row that changes gets the day of the change."""

CHAT = ("openai-chat",)
MESSAGES = ("anthropic-messages",)
RESPONSES = ("openai-responses",)
MISTRAL = ("mistral",)
CONVERSE = ("bedrock-converse",)
OLLAMA = ("ollama",)
COHERE = ("cohere",)
GEMINI = ("gemini",)

OPEN = ("vllm", "sglang", "ollama", "together", "unknown")
"""Who serves open weights by their own chat template; `unknown` is the provider of a dialect's default profile."""

KIMI_DOCS = "https://platform.kimi.ai/docs/guide/use-kimi-k2-thinking-model"
KIMI_K2_THINKING = (
    "https://github.com/ggml-org/llama.cpp/blob/master/models/templates/moonshotai-Kimi-K2-Thinking.jinja"
)
QWEN_SILENT = Missing(effect="the model reads its own history without the thinking; no error")
QWEN_QUERY = (
    "A user message that is wholly a `<tool_response>` is no boundary. Thinking is trimmed when it is rendered."
)
QWEN_CARD = "https://huggingface.co/Qwen/Qwen3.6-35B-A3B"
DEEPSEEK_RECIPE = "deepseek-recipe 0.2.0"
DEEPSEEK_DOCS = "https://api-docs.deepseek.com/guides/thinking_mode"
ZAI_DOCS = (
    "https://docs.z.ai/guides/capabilities/thinking-mode; https://docs.bigmodel.cn/cn/guide/capabilities/thinking-mode"
)
SGLANG = "sglang 0.5.23"
TEMPLATE_SILENT = Missing(effect="an empty think block, or none, is rendered; no error")
