"""The rules that ship with the package: one row a provider, model family, route and, where it matters, condition.

Sources are the vendor's page, the vendor's package with its version, or an issue with the provider's own error text.
`TODAY` is the day on which a row's source was read or run last; a row that changes gets the day of the change.

Ids are stable for ever. A rule that flipped keeps its row and gets an `until`; the new one gets a row of its own.
"""

from __future__ import annotations

from keepthinking._rules import Missing, Rule

TODAY = "2026-11-23"

CHAT = ("openai-chat",)
MESSAGES = ("anthropic-messages",)

OPEN = ("vllm", "sglang", "ollama", "unknown")
"""Who serves open weights by their own chat template; `unknown` is the provider of a dialect's default profile."""

# --- MiniMax -------------------------------------------------------------------------------------------------------

_MINIMAX_CHAT = "https://platform.minimax.io/docs/api-reference/text-openai-api"
_MINIMAX_MESSAGES = "https://platform.minimax.io/docs/api-reference/text-anthropic-api"
_MINIMAX_WHY = "https://minimax.io/news/why-is-interleaved-thinking-important-for-m2"
_MINIMAX_SILENT = Missing(
    effect="accumulated understanding breaks down, state drifts, self-correction and planning get weaker; no error",
)
_M2_ACROSS = (
    "Across user turns the vendor asks for it too, but the chat template of the open M2 weights skips thinking "
    "before the "
    "last user message, so a loss there is a SHOULD."
)
_M3_ACROSS = (
    "What the served M3 does with thinking of earlier user turns is not published; the vendor's text asks for all."
)

_MINIMAX = (
    Rule(
        id="minimax.m2.chat",
        provider="minimax",
        dialects=CHAT,
        models=("minimax-m2*",),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        standing="documented",
        source=f"{_MINIMAX_CHAT}; {_MINIMAX_WHY}",
        verified=TODAY,
        note=f"Thinking stands in `content` between `<think>` tags, and the content goes back whole. {_M2_ACROSS}",
    ),
    Rule(
        id="minimax.m2.split",
        provider="minimax",
        dialects=CHAT,
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        when={"$.reasoning_split": "true"},
        alternative_to="minimax.m2.chat",
        standing="documented",
        source=f"{_MINIMAX_CHAT}; {_MINIMAX_WHY}",
        verified=TODAY,
        note=f"`reasoning_details` goes back whole; `reasoning_content` mirrors it. {_M2_ACROSS}",
    ),
    Rule(
        id="minimax.m2.anthropic",
        provider="minimax",
        dialects=MESSAGES,
        models=("minimax-m2*",),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        standing="documented",
        source=f"{_MINIMAX_MESSAGES}; {_MINIMAX_WHY}",
        verified=TODAY,
        note=f"The whole `content` list goes back. The vendor's own agent never sends a `signature`. {_M2_ACROSS}",
    ),
    Rule(
        id="minimax.m3.chat",
        provider="minimax",
        dialects=CHAT,
        models=("minimax-m3*",),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        standing="documented",
        source=_MINIMAX_CHAT,
        verified=TODAY,
        note=_M3_ACROSS,
    ),
    Rule(
        id="minimax.m3.split",
        provider="minimax",
        dialects=CHAT,
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        when={"$.reasoning_split": "true"},
        alternative_to="minimax.m3.chat",
        standing="documented",
        source=_MINIMAX_CHAT,
        verified=TODAY,
        note=_M3_ACROSS,
    ),
    Rule(
        id="minimax.m3.anthropic",
        provider="minimax",
        dialects=MESSAGES,
        models=("minimax-m3*",),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        standing="documented",
        source=_MINIMAX_MESSAGES,
        verified=TODAY,
        note=_M3_ACROSS,
    ),
)

# --- DeepSeek ------------------------------------------------------------------------------------------------------

_DEEPSEEK_DOCS = "https://api-docs.deepseek.com/guides/thinking_mode"
_DEEPSEEK_RECIPE = "deepseek-recipe 0.2.0"
_DEEPSEEK_ALIASES = ("deepseek-chat", "deepseek-reasoner")
_DEEPSEEK_V4 = ("deepseek-v4*", "deepseek-flash*", "deepseek-pro*", *_DEEPSEEK_ALIASES)

_DEEPSEEK = (
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
        ),
        alternative_to="deepseek.r1.chat",
        since="2025-12-01",
        until="2026-04-23",
        standing="documented",
        source="https://api-docs.deepseek.com/zh-cn/guides/thinking_mode; "
        "https://github.com/abhigyanpatwari/GitNexus/issues/43",
        verified=TODAY,
        note="The vendor's sample leaves out thinking of earlier user turns, and its encoder drops it.",
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
        missing=Missing(
            status=400,
            text="The `reasoning_content` in the thinking mode must be passed back to the API.",
            effect="missing on an earlier user turn: accepted, and an empty think block is rendered",
            checks="loop",
        ),
        empty="accepted",
        alternative_to="deepseek.v4.chat.called",
        since="2026-08-25",
        standing="executed",
        source=f"{_DEEPSEEK_RECIPE}; {_DEEPSEEK_DOCS}; https://github.com/bojieli/ai-agent-book/pull/982",
        verified=TODAY,
        note="With `tools` in the request all thinking of all turns is rendered, also of turns that called none; "
        "without "
        "`tools` none is, not even of the running loop. The check looks only behind the last user message, so a "
        "reminder "
        "in the user role turns it off. `since` is the first day on which the page was quoted with this wording.",
    ),
    Rule(
        id="deepseek.v4.chat.disabled",
        provider="deepseek",
        dialects=CHAT,
        in_loop="may",
        cross_turn="may",
        boundary="tools-absent",
        when={"$.thinking.type": '"disabled"'},
        alternative_to="deepseek.v4.chat",
        standing="executed",
        source=_DEEPSEEK_RECIPE,
        verified=TODAY,
        note="Thinking that comes is accepted and not rendered.",
    ),
    Rule(
        id="deepseek.v4.anthropic",
        provider="deepseek",
        dialects=MESSAGES,
        models=_DEEPSEEK_V4,
        in_loop="must",
        cross_turn="must",
        boundary="tools-absent",
        missing=Missing(
            status=400,
            text="The `content[].thinking` in the thinking mode must be passed back to the API.",
            effect="missing on an earlier user turn: accepted, and an empty think block is rendered",
            checks="loop",
        ),
        refused=Missing(effect="a `redacted_thinking` block makes the whole body invalid", checks="history"),
        empty="accepted",
        standing="executed",
        source=_DEEPSEEK_RECIPE,
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
        when={"$.thinking.type": '"disabled"'},
        alternative_to="deepseek.v4.anthropic",
        standing="executed",
        source=_DEEPSEEK_RECIPE,
        verified=TODAY,
        note="Thinking that comes is accepted and not rendered.",
    ),
)

# --- Moonshot AI ---------------------------------------------------------------------------------------------------

_KIMI_DOCS = "https://platform.kimi.ai/docs/guide/use-kimi-k2-thinking-model"
_KIMI_MISSING = Missing(
    status=400,
    text="thinking is enabled but reasoning_content is missing in assistant tool call message at index {index}",
)
_KIMI_EMPTY = "Whether an empty string passes is contested: reports say both."
_KIMI_K2_THINKING = (
    "https://github.com/ggml-org/llama.cpp/blob/master/models/templates/moonshotai-Kimi-K2-Thinking.jinja"
)

_MOONSHOT = (
    Rule(
        id="moonshot.k2-thinking.chat",
        provider="moonshot",
        dialects=CHAT,
        models=("kimi-k2-thinking*",),
        in_loop="must",
        cross_turn="may",
        boundary="final-answer",
        missing=_KIMI_MISSING,
        standing="documented",
        source=f"{_KIMI_DOCS}; {_KIMI_K2_THINKING}; https://www.promptfoo.dev/docs/providers/moonshot/",
        verified=TODAY,
        note="Its template renders an empty think block for all up to the last assistant message without tool calls. "
        "The vendor's API has dropped the model in 2026; the weights live on (`template.kimi-k2-thinking.chat`).",
    ),
    Rule(
        id="moonshot.k2-5.chat",
        provider="moonshot",
        dialects=CHAT,
        models=("kimi-k2.5*",),
        in_loop="must",
        cross_turn="may",
        boundary="final-answer",
        missing=_KIMI_MISSING,
        standing="documented",
        source=f"{_KIMI_DOCS}; https://github.com/mastra-ai/mastra/issues/12592",
        verified=TODAY,
        note=f"It has no preserved thinking. The boundary is that of K2 Thinking, by family. {_KIMI_EMPTY}",
    ),
    Rule(
        id="moonshot.k2-5.chat.disabled",
        provider="moonshot",
        dialects=CHAT,
        in_loop="may",
        cross_turn="may",
        boundary="final-answer",
        when={"$.thinking.type": '"disabled"'},
        alternative_to="moonshot.k2-5.chat",
        standing="documented",
        source=_KIMI_DOCS,
        verified=TODAY,
        note="The error speaks of thinking that is enabled.",
    ),
    Rule(
        id="moonshot.k2-6.chat",
        provider="moonshot",
        dialects=CHAT,
        models=("kimi-k2.6*",),
        in_loop="must",
        cross_turn="may",
        boundary="final-answer",
        missing=_KIMI_MISSING,
        standing="documented",
        source=f"{_KIMI_DOCS}; https://github.com/MoonshotAI/kimi-agent-sdk/issues/169",
        verified=TODAY,
        note=f"`thinking.keep` is null by default: earlier turns are not kept. {_KIMI_EMPTY}",
    ),
    Rule(
        id="moonshot.k2-6.chat.disabled",
        provider="moonshot",
        dialects=CHAT,
        in_loop="may",
        cross_turn="may",
        boundary="final-answer",
        when={"$.thinking.type": '"disabled"'},
        alternative_to="moonshot.k2-6.chat",
        standing="documented",
        source=_KIMI_DOCS,
        verified=TODAY,
        note="The error speaks of thinking that is enabled.",
    ),
    Rule(
        id="moonshot.k2-6.chat.keep-all",
        provider="moonshot",
        dialects=CHAT,
        in_loop="must",
        cross_turn="must",
        boundary="never",
        missing=_KIMI_MISSING,
        when={"$.thinking.keep": '"all"'},
        alternative_to="moonshot.k2-6.chat",
        standing="documented",
        source=_KIMI_DOCS,
        verified=TODAY,
        note="Preserved thinking: the thinking of every earlier assistant message stays in the request as it is.",
    ),
    Rule(
        id="moonshot.k2-7-code.chat",
        provider="moonshot",
        dialects=CHAT,
        models=("kimi-k2.7-code*",),
        in_loop="must",
        cross_turn="must",
        boundary="never",
        missing=_KIMI_MISSING,
        standing="documented",
        source=_KIMI_DOCS,
        verified=TODAY,
        note="It always thinks and always preserves; `keep` takes no other value than `all`.",
    ),
    Rule(
        id="moonshot.k3.chat",
        provider="moonshot",
        dialects=CHAT,
        models=("kimi-k3*",),
        in_loop="should",
        cross_turn="should",
        boundary="never",
        standing="read",
        source="https://github.com/ggml-org/llama.cpp/blob/master/models/templates/Kimi-K3.jinja",
        verified=TODAY,
        note="Its template renders thinking of all turns. A page that demands it for K3 was not found, nor an error.",
    ),
)

# --- Z.ai ----------------------------------------------------------------------------------------------------------

_ZAI_DOCS = (
    "https://docs.z.ai/guides/capabilities/thinking-mode; https://docs.bigmodel.cn/cn/guide/capabilities/thinking-mode"
)
_ZAI_SILENT = Missing(effect="worse results and a missed cache; no error")

_ZAI = (
    Rule(
        id="zai.glm.chat",
        provider="zai",
        dialects=CHAT,
        models=("glm-4.5*", "glm-4.6*", "glm-4.7*", "glm-5*"),
        in_loop="must",
        cross_turn="may",
        boundary="user-message",
        missing=_ZAI_SILENT,
        standing="documented",
        source=_ZAI_DOCS,
        verified=TODAY,
        note="The standard endpoint: preserved thinking is off unless `clear_thinking` is false.",
    ),
    Rule(
        id="zai.glm.chat.preserved",
        provider="zai",
        dialects=CHAT,
        in_loop="must",
        cross_turn="must",
        boundary="never",
        missing=_ZAI_SILENT,
        when={"$.thinking.clear_thinking": "false"},
        alternative_to="zai.glm.chat",
        standing="documented",
        source=_ZAI_DOCS,
        verified=TODAY,
        note="All of it, unchanged and in the order of the original.",
    ),
    Rule(
        id="zai.glm.coding",
        provider="zai-coding",
        dialects=CHAT,
        models=("glm-4.5*", "glm-4.6*", "glm-4.7*", "glm-5*"),
        in_loop="must",
        cross_turn="must",
        boundary="never",
        missing=_ZAI_SILENT,
        standing="documented",
        source=_ZAI_DOCS,
        verified=TODAY,
        note="The coding-plan endpoint: preserved thinking is on by default.",
    ),
    Rule(
        id="zai.glm.coding.cleared",
        provider="zai-coding",
        dialects=CHAT,
        in_loop="must",
        cross_turn="may",
        boundary="user-message",
        missing=_ZAI_SILENT,
        when={"$.thinking.clear_thinking": "true"},
        alternative_to="zai.glm.coding",
        standing="documented",
        source=_ZAI_DOCS,
        verified=TODAY,
    ),
)

# --- Alibaba -------------------------------------------------------------------------------------------------------

_QWEN_CARD = "https://huggingface.co/Qwen/Qwen3.6-35B-A3B"
_QWEN_SILENT = Missing(effect="the model reads its own history without the thinking; no error")
_QWEN_QUERY = (
    "A user message that is wholly a `<tool_response>` is no boundary. Thinking is trimmed when it is rendered."
)

_ALIBABA = (
    Rule(
        id="alibaba.qwen3.chat",
        provider="alibaba",
        dialects=CHAT,
        models=("qwen3*", "qwen-3*", "qwq*"),
        in_loop="should",
        cross_turn="may",
        boundary="user-query",
        missing=_QWEN_SILENT,
        standing="observed",
        source=_QWEN_CARD,
        verified=TODAY,
        note=f"As the chat template of the open weights does it. {_QWEN_QUERY}",
    ),
    Rule(
        id="alibaba.qwen3.chat.preserved",
        provider="alibaba",
        dialects=CHAT,
        in_loop="should",
        cross_turn="should",
        boundary="never",
        missing=_QWEN_SILENT,
        when={"$.preserve_thinking": "true"},
        alternative_to="alibaba.qwen3.chat",
        standing="observed",
        source=_QWEN_CARD,
        verified=TODAY,
        note="The vendor's API takes the switch at the top level, servers of the weights in `chat_template_kwargs`.",
    ),
)

# --- Open weights: the chat template is the rule -------------------------------------------------------------------

_SGLANG = "sglang 0.5.23"
_COT = "https://cookbook.openai.com/articles/gpt-oss/handle-raw-cot"
_TEMPLATE_SILENT = Missing(effect="an empty think block, or none, is rendered; no error")

_TEMPLATES = (
    Rule(
        id="template.minimax-m2.chat",
        provider="template",
        served_by=OPEN,
        dialects=CHAT,
        models=("minimax-m2*",),
        in_loop="must",
        cross_turn="may",
        boundary="user-message",
        missing=_TEMPLATE_SILENT,
        standing="documented",
        source="https://github.com/MiniMax-AI/MiniMax-M2; "
        "https://github.com/ggml-org/llama.cpp/blob/master/models/templates/unsloth-MiniMax-M2.jinja",
        verified=TODAY,
        note="It reads `reasoning_content`, else the part of the content before the first `</think>`; of two think "
        "blocks in "
        "the content the second is lost. The vendor asks for the content unchanged.",
    ),
    Rule(
        id="template.deepseek-v3-2.chat",
        provider="template",
        served_by=OPEN,
        dialects=CHAT,
        models=("deepseek-v3.2*",),
        in_loop="must",
        cross_turn="may",
        boundary="user-message",
        missing=_TEMPLATE_SILENT,
        standing="executed",
        source=f"{_SGLANG}; https://api-docs.deepseek.com/zh-cn/guides/thinking_mode",
        verified=TODAY,
        note="The vendor's encoder, as SGLang ships it: all before the last user or developer message is dropped.",
    ),
    Rule(
        id="template.deepseek-v4.chat",
        provider="template",
        served_by=OPEN,
        dialects=CHAT,
        models=("deepseek-v4*",),
        in_loop="must",
        cross_turn="must",
        boundary="tools-absent",
        missing=_TEMPLATE_SILENT,
        empty="accepted",
        standing="executed",
        source=f"{_DEEPSEEK_RECIPE}; {_DEEPSEEK_DOCS}",
        verified=TODAY,
        note="SGLang renders these models through the vendor's package. By default it fills in what is missing "
        "with an empty "
        "string, so here the loss is silent.",
    ),
    Rule(
        id="template.kimi-k2-thinking.chat",
        provider="template",
        served_by=OPEN,
        dialects=CHAT,
        models=("kimi-k2-thinking*",),
        in_loop="must",
        cross_turn="may",
        boundary="final-answer",
        missing=_TEMPLATE_SILENT,
        standing="read",
        source=f"{_KIMI_K2_THINKING}; {_KIMI_DOCS}",
        verified=TODAY,
        note="Ids of tool calls stand in the prompt, and the arguments byte for byte.",
    ),
    Rule(
        id="template.kimi-k3.chat",
        provider="template",
        served_by=OPEN,
        dialects=CHAT,
        models=("kimi-k3*",),
        in_loop="should",
        cross_turn="should",
        boundary="never",
        missing=_TEMPLATE_SILENT,
        standing="read",
        source="https://github.com/ggml-org/llama.cpp/blob/master/models/templates/Kimi-K3.jinja",
        verified=TODAY,
        note="It reads `reasoning_content` or `reasoning`. Thinking of white space alone is rendered as none.",
    ),
    Rule(
        id="template.glm-5-3.chat",
        provider="template",
        served_by=OPEN,
        dialects=CHAT,
        models=("glm-5.3*",),
        in_loop="must",
        cross_turn="must",
        boundary="never",
        missing=_TEMPLATE_SILENT,
        empty="accepted",
        standing="executed",
        source=f"{_SGLANG}; {_ZAI_DOCS}",
        verified=TODAY,
        note="The template preserves by default, unlike the vendor's standard endpoint.",
    ),
    Rule(
        id="template.glm-5-3.chat.cleared",
        provider="template",
        served_by=OPEN,
        dialects=CHAT,
        in_loop="must",
        cross_turn="may",
        boundary="user-message",
        missing=_TEMPLATE_SILENT,
        empty="accepted",
        when={"$.chat_template_kwargs.clear_thinking": "true"},
        alternative_to="template.glm-5-3.chat",
        standing="executed",
        source=f"{_SGLANG}; {_ZAI_DOCS}",
        verified=TODAY,
    ),
    Rule(
        id="template.qwen3.chat",
        provider="template",
        served_by=OPEN,
        dialects=CHAT,
        models=("qwen3*", "qwq*"),
        in_loop="should",
        cross_turn="may",
        boundary="user-query",
        missing=_QWEN_SILENT,
        standing="read",
        source=f"{_QWEN_CARD}; https://github.com/verl-project/verl/issues/6854",
        verified=TODAY,
        note=_QWEN_QUERY,
    ),
    Rule(
        id="template.qwen3.chat.preserved",
        provider="template",
        served_by=OPEN,
        dialects=CHAT,
        models=("qwen3.5*", "qwen3.6*", "qwen3.7*"),
        in_loop="should",
        cross_turn="should",
        boundary="never",
        missing=_QWEN_SILENT,
        when={"$.chat_template_kwargs.preserve_thinking": "true"},
        alternative_to="template.qwen3.chat",
        standing="read",
        source=_QWEN_CARD,
        verified=TODAY,
    ),
    Rule(
        id="template.qwen3-8.chat",
        provider="template",
        served_by=OPEN,
        dialects=CHAT,
        models=("qwen3.8*", "qwen-3.8*"),
        in_loop="should",
        cross_turn="should",
        boundary="never",
        missing=_QWEN_SILENT,
        standing="unverified",
        source="Qwen3.8-27B tokenizer_config.json, as others quote it",
        verified=TODAY,
        note="Quotes of its tokenizer configuration say that it preserves unless told not to; the file itself "
        "was not read.",
    ),
    Rule(
        id="template.qwen3-8.chat.cleared",
        provider="template",
        served_by=OPEN,
        dialects=CHAT,
        in_loop="should",
        cross_turn="may",
        boundary="user-query",
        missing=_QWEN_SILENT,
        when={"$.chat_template_kwargs.preserve_thinking": "false"},
        alternative_to="template.qwen3-8.chat",
        standing="unverified",
        source="Qwen3.8-27B tokenizer_config.json, as others quote it",
        verified=TODAY,
    ),
    Rule(
        id="template.gpt-oss.chat",
        provider="template",
        served_by=(*OPEN, "groq", "cerebras"),
        dialects=CHAT,
        models=("gpt-oss*",),
        in_loop="must",
        cross_turn="may",
        boundary="final-channel",
        missing=Missing(effect="calls get worse, since the model calls tools out of its thinking; no error"),
        standing="documented",
        source=_COT,
        verified=TODAY,
        note="Analysis since the last final message is kept while the last message is a call; all before it is "
        "dropped.",
    ),
)

# --- Servers of open weights ---------------------------------------------------------------------------------------

_SERVERS = (
    Rule(
        id="vllm.any.chat",
        provider="vllm",
        dialects=CHAT,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=_TEMPLATE_SILENT,
        standing="read",
        source="vllm 0.33.0",
        verified=TODAY,
        note="The server passes thinking to the model's chat template, which decides; this row stands for templates "
        "without one of their own. Which field it reads depends on its version (`profiles`).",
    ),
    Rule(
        id="vllm.any.anthropic",
        provider="vllm",
        dialects=MESSAGES,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=_TEMPLATE_SILENT,
        refused=Missing(effect="a `redacted_thinking` block is skipped"),
        standing="read",
        source="vllm 0.33.0",
        verified=TODAY,
        note="Thinking blocks of a message are joined without a separator; the signature is random and not read back.",
    ),
    Rule(
        id="sglang.any.chat",
        provider="sglang",
        dialects=CHAT,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=_TEMPLATE_SILENT,
        standing="read",
        source=_SGLANG,
        verified=TODAY,
        note="The model's chat template decides; this row stands for templates without one of their own.",
    ),
    Rule(
        id="sglang.any.anthropic",
        provider="sglang",
        dialects=MESSAGES,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=_TEMPLATE_SILENT,
        refused=Missing(text="Anthropic redacted_thinking history is not supported", checks="history"),
        standing="read",
        source=_SGLANG,
        verified=TODAY,
        note="Thinking blocks of a message are joined with a line break; the signature is not read.",
    ),
    Rule(
        id="ollama.any.chat",
        provider="ollama",
        dialects=CHAT,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=_TEMPLATE_SILENT,
        standing="observed",
        source="https://ollama.com/frob/qwen3.6",
        verified=TODAY,
        note="Recorded responses carry `reasoning`. Templates drop older thinking, and their switches cannot be "
        "reached.",
    ),
)

# --- Gateways and hosts --------------------------------------------------------------------------------------------

_OPENROUTER_DOCS = "https://openrouter.ai/docs/use-cases/reasoning-tokens"

_GATEWAYS = (
    Rule(
        id="openrouter.any.chat",
        provider="openrouter",
        dialects=CHAT,
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(effect="what the model behind it does: its own error, or worse answers without one"),
        refused=Missing(effect="a sequence of `reasoning_details` must be whole, unchanged and in its order"),
        bound="block",
        domain="openrouter",
        standing="documented",
        source=_OPENROUTER_DOCS,
        verified=TODAY,
        note="`reasoning_details` carries the seals, `reasoning` only the words. Preserved thinking of Z.ai "
        "models is not "
        "supported. The prefix check of new Claude models is documented as not enforced behind it.",
    ),
    Rule(
        id="openrouter.claude.chat",
        provider="openrouter",
        dialects=CHAT,
        models=("claude-*",),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(
            status=400,
            text="messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found "
            "`tool_use`. When "
            "`thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the "
            "lastmost set "
            "of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous "
            "turns. To avoid "
            "this requirement, disable `thinking`. Please consult our documentation at "
            "https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
            checks="loop",
        ),
        bound="block",
        domain="openrouter",
        standing="observed",
        source=f"{_OPENROUTER_DOCS}; https://github.com/OpenRouterTeam/ai-sdk-provider/issues/162",
        verified=TODAY,
        note="The error of the vendor comes through.",
    ),
    Rule(
        id="openrouter.gemini-3.chat",
        provider="openrouter",
        dialects=CHAT,
        models=("gemini-3*", "gemini-4*"),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(status=400, checks="loop"),
        bound="block",
        domain="openrouter",
        standing="observed",
        source=f"{_OPENROUTER_DOCS}; https://github.com/RooCodeInc/Roo-Code/issues/10307",
        verified=TODAY,
        note="A client that dropped `reasoning_details` got the vendor's complaint about a missing thought signature.",
    ),
    Rule(
        id="groq.any.chat",
        provider="groq",
        dialects=CHAT,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        standing="read",
        source="groq 1.7.0; https://console.groq.com/docs/reasoning",
        verified=TODAY,
        note="The request schema takes `reasoning` on assistant messages; what becomes of it is not written down.",
    ),
    Rule(
        id="cerebras.any.chat",
        provider="cerebras",
        dialects=CHAT,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        standing="read",
        source="cerebras-cloud-sdk 1.91.0",
        verified=TODAY,
        note="The request schema takes `reasoning` on assistant messages. The default of `clear_thinking` is not "
        "written down.",
    ),
    Rule(
        id="cerebras.any.chat.cleared",
        provider="cerebras",
        dialects=CHAT,
        in_loop="should",
        cross_turn="may",
        boundary="user-message",
        when={"$.clear_thinking": "true"},
        alternative_to="cerebras.any.chat",
        standing="read",
        source="cerebras-cloud-sdk 1.91.0",
        verified=TODAY,
    ),
    Rule(
        id="cerebras.any.chat.kept",
        provider="cerebras",
        dialects=CHAT,
        in_loop="should",
        cross_turn="should",
        boundary="never",
        when={"$.clear_thinking": "false"},
        alternative_to="cerebras.any.chat",
        standing="read",
        source="cerebras-cloud-sdk 1.91.0",
        verified=TODAY,
    ),
    Rule(
        id="mistral.any.chat",
        provider="mistral",
        dialects=CHAT,
        in_loop="should",
        cross_turn="should",
        boundary="never",
        missing=Missing(effect="nothing is said"),
        refused=Missing(status=400, text="Reasoning input is not enabled for this model", checks="history"),
        bound="block",
        domain="mistral",
        standing="read",
        source="mistralai 3.7.0; https://github.com/mistralai/mistral-vibe/issues/870",
        verified=TODAY,
        note="Thinking is a part of the content, with a signature since 2026; what that covers is not written "
        "down. The error is that of models that "
        "do not think.",
    ),
)

# --- Google --------------------------------------------------------------------------------------------------------

_GEMINI_DOCS = "https://ai.google.dev/gemini-api/docs/thought-signatures"
_GEMINI_FORUM = "https://discuss.ai.google.dev/t/openai-api-compatibility-broken-due-to-thought-signature-on-gemini-3-pro-preview/109823"
_GEMINI_PLACE = (
    "The seal stands on the tool call, in `extra_content.google.thought_signature`; of parallel calls mostly the "
    "first has "
    "one. What came goes back on the call it came with."
)

_GOOGLE = (
    Rule(
        id="google.gemini-3.chat",
        provider="google",
        dialects=CHAT,
        models=("gemini-3*", "gemini-4*"),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(
            status=400,
            text="Function call is missing a thought_signature in functionCall parts. This is required for tools "
            "to work "
            "correctly, and missing thought_signature may lead to degraded model performance. Additional data, "
            "function call "
            "`default_api:{name}`, position {index}.",
            checks="loop",
        ),
        refused=Missing(status=400, text="Invalid thought signature."),
        bound="block",
        domain="google-gemini-api",
        standing="documented",
        source=f"{_GEMINI_DOCS}; {_GEMINI_FORUM}",
        verified=TODAY,
        note=f"{_GEMINI_PLACE} The error goes on with a link; a damaged seal may also be called `Corrupted "
        f"thought signature.`",
    ),
    Rule(
        id="google.gemini-2-5.chat",
        provider="google",
        dialects=CHAT,
        models=("gemini-2.5*",),
        in_loop="should",
        cross_turn="may",
        boundary="user-message",
        bound="block",
        domain="google-gemini-api",
        standing="observed",
        source="https://github.com/Gitlawb/openclaude/issues/583",
        verified=TODAY,
        note="The vendor calls it optional for this family, but users report the error of Gemini 3 for it too.",
    ),
    Rule(
        id="google-vertex.gemini-3.chat",
        provider="google-vertex",
        dialects=CHAT,
        models=("gemini-3*", "gemini-4*"),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(
            status=400,
            text="Unable to submit request because function call `default_api:{name}` in the {index}. content "
            "block is missing "
            "a `thought_signature`. Learn more: "
            "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures",
            checks="loop",
        ),
        bound="block",
        domain="google-vertex",
        standing="observed",
        source="https://github.com/openai/codex/issues/7519",
        verified=TODAY,
        note=f"{_GEMINI_PLACE} Signatures of the Gemini API are not good here, nor the other way round.",
    ),
)

# --- Anthropic -----------------------------------------------------------------------------------------------------

_CLAUDE_TOOLS = "https://platform.claude.com/docs/build-with-claude/thinking-tool-workflows"
_CLAUDE_BOUND = "https://platform.claude.com/docs/build-with-claude/preserved-thinking"
_CLAUDE_FIX = f"{_CLAUDE_BOUND}/fix-bound-to-a-different-conversation"
_CLAUDE_KEEP = "https://news.ycombinator.com/item?id=48632147"
_CLAUDE_ORDER = "https://github.com/anomalyco/opencode/issues/3077"
_CLAUDE_OFF = "https://github.com/tailcallhq/forgecode/issues/1853"
_CLAUDE_MISSING = Missing(
    status=400,
    text="messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. "
    "When `thinking` is "
    "enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of "
    "`tool_use` and "
    "`tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this "
    "requirement, disable "
    "`thinking`. Please consult our documentation at "
    "https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
    checks="loop",
)
_CLAUDE_CHANGED = Missing(
    status=400,
    text="`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These "
    "blocks must remain "
    "as they were in the original response.",
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
    text="messages.{index}.content.0: Invalid `signature` in `thinking` block. The block is bound to a different "
    "conversation. "
    'Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".',
    checks="history",
)
_CLAUDE_ONE_TURN = "A tool loop is one assistant turn; its thinking configuration stays the same throughout."
_CLAUDE_KEEP_N = (
    "How many turns stay is in the request (`keep.value`). The client's history stays whole; the server clears."
)
_CLAUDE_LIST = "The list of models by default was read in a quotation of the vendor's page, so it raises no MUST."

_ANTHROPIC = (
    Rule(
        id="anthropic.claude-4.messages",
        provider="anthropic",
        served_by=("bedrock",),
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
        standing="documented",
        source=f"{_CLAUDE_TOOLS}; {_CLAUDE_ORDER}; {_CLAUDE_KEEP}",
        verified=TODAY,
        note=f"{_CLAUDE_ONE_TURN} Of earlier turns the server itself keeps only the last. {_CLAUDE_LIST}",
    ),
    Rule(
        id="anthropic.claude-4.messages.disabled",
        provider="anthropic",
        served_by=("bedrock",),
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
        served_by=("bedrock",),
        dialects=MESSAGES,
        in_loop="must",
        cross_turn="should",
        boundary="never",
        missing=_CLAUDE_MISSING,
        refused=_CLAUDE_CHANGED,
        bound="block",
        domain="anthropic",
        when={
            "$.context_management.edits[0].type": '"clear_thinking_20251015"',
            "$.context_management.edits[0].keep": '"all"',
        },
        alternative_to="anthropic.claude-4.messages",
        standing="read",
        source="anthropic 2.12.0",
        verified=TODAY,
        note="The client's history stays whole; the server clears what it is told to.",
    ),
    Rule(
        id="anthropic.claude-4.messages.keep-n",
        provider="anthropic",
        served_by=("bedrock",),
        dialects=MESSAGES,
        in_loop="must",
        cross_turn="should",
        boundary="user-query",
        missing=_CLAUDE_MISSING,
        refused=_CLAUDE_CHANGED,
        bound="block",
        domain="anthropic",
        when={
            "$.context_management.edits[0].type": '"clear_thinking_20251015"',
            "$.context_management.edits[0].keep.type": '"thinking_turns"',
        },
        alternative_to="anthropic.claude-4.messages",
        standing="read",
        source="anthropic 2.12.0",
        verified=TODAY,
        note=_CLAUDE_KEEP_N,
    ),
    Rule(
        id="anthropic.claude-kept.messages",
        provider="anthropic",
        served_by=("bedrock",),
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
        standing="documented",
        source=f"{_CLAUDE_TOOLS}; {_CLAUDE_ORDER}; {_CLAUDE_KEEP}",
        verified=TODAY,
        note=f"{_CLAUDE_ONE_TURN} The server keeps thinking of all turns. A block whose text is empty still "
        f"carries its seal "
        f"and goes back. {_CLAUDE_LIST}",
    ),
    Rule(
        id="anthropic.claude-kept.messages.disabled",
        provider="anthropic",
        served_by=("bedrock",),
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
        served_by=("bedrock",),
        dialects=MESSAGES,
        in_loop="must",
        cross_turn="should",
        boundary="user-query",
        missing=_CLAUDE_MISSING,
        refused=_CLAUDE_CHANGED,
        empty="accepted",
        bound="block",
        domain="anthropic",
        when={
            "$.context_management.edits[0].type": '"clear_thinking_20251015"',
            "$.context_management.edits[0].keep.type": '"thinking_turns"',
        },
        alternative_to="anthropic.claude-kept.messages",
        standing="read",
        source="anthropic 2.12.0",
        verified=TODAY,
        note=_CLAUDE_KEEP_N,
    ),
    Rule(
        id="anthropic.claude-bound.messages",
        provider="anthropic",
        served_by=("bedrock",),
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
        alternative_to="anthropic.claude-kept.messages",
        since="2026-08-31",
        standing="documented",
        source=f"{_CLAUDE_BOUND}; {_CLAUDE_BOUND}/prefix-checks; {_CLAUDE_FIX}; "
        "https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-thinking-block-binding.md",
        verified=TODAY,
        note="The system prompt, the tools and all earlier messages are the prefix; `cache_control` is not part "
        "of it. The "
        "check is enforced for accounts made since 2026-08-31, for older ones mostly recorded only. A block of a model "
        "that this one cannot read is dropped without an error. Server-side edits of `context_management` do not "
        "break it.",
    ),
    Rule(
        id="anthropic.claude-bound.messages.drop",
        provider="anthropic",
        served_by=("bedrock",),
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

RULES: tuple[Rule, ...] = (
    *_MINIMAX,
    *_DEEPSEEK,
    *_MOONSHOT,
    *_ZAI,
    *_ALIBABA,
    *_TEMPLATES,
    *_SERVERS,
    *_GATEWAYS,
    *_GOOGLE,
    *_ANTHROPIC,
)
