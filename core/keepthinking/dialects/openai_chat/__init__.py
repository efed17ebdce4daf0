"""OpenAI Chat Completions, and everything that speaks it.

Maps to: one wire message is one `Message`. Thinking comes before visible text, text before tool calls, which is the
order in which the flat members were written; the wire itself has none. Places of thinking: a string field
(`reasoning_content`, `reasoning`), entries of `reasoning_details`, inline tags where the profile names them, a
`thinking` content part, or several of these at once where a provider mirrors the same thought.

Cannot hold: thinking after text or a call (`order`), several thoughts in one string field (`grouping`), several tool
results in one message (`grouping`), a tool's error flag, blocks that only another dialect knows (`foreign`).

Version notes: OpenAI's own API never sends thinking here (openai 3.54.0, `types/chat/chat_completion_message.py`). The
fields are those of DeepSeek, Moonshot, Z.ai, Qwen, vLLM, SGLang, Groq, Cerebras, Ollama (`reasoning_content` or
`reasoning`) and OpenRouter, MiniMax (`reasoning_details`); each profile names its source.
"""

from keepthinking.dialects.openai_chat._dialect import OpenAIChat

DIALECT = OpenAIChat()

__all__ = ["DIALECT", "OpenAIChat"]
