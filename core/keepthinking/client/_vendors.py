"""Where the vendors are, and which variable holds their key.

A row is a route: one base URL, as the vendor's own client takes it, for one dialect. No source, no row. Other
addresses of the same vendor (another region, a proxy) are passed as `base_url`.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from keepthinking._adapter import Endpoint
from keepthinking._profiles import Profile, profile_for
from keepthinking.client._wires import split

TODAY = "2026-11-24"


class Vendor(NamedTuple):
    """One route of a vendor.

    Attributes:
        name: Who serves it; several routes of one vendor share it.
        dialect: The dialect's id.
        profiles: Names of the profiles that mean this route, the one for a bare model name first.
        base_url: What the vendor's own client takes.
        variable: The environment variable of the key; "" where a server of one's own needs none.
        source: Where address and variable are written.
        verified: When that was last read, as `YYYY-MM-DD`.
        others: Variables that are read, in order, where that one is not set.
    """

    name: str
    dialect: str
    profiles: tuple[str, ...]
    base_url: str
    variable: str
    source: str
    verified: str = TODAY
    others: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables of the key, the one that counts first."""
        return (self.variable, *self.others) if self.variable else ()


_CHAT, _ANTHROPIC = "openai-chat", "anthropic-messages"
_RESPONSES, _GEMINI, _OLLAMA = "openai-responses", "gemini", "ollama"
_DEEPSEEK = "https://api-docs.deepseek.com/quick_start/your_first_api_call"
_SGLANG = "https://docs.sglang.io/docs/basic_usage/send_request"
_OLLAMA_DOCS = "https://docs.ollama.com/api/introduction"
_VLLM = "https://docs.vllm.ai/en/v0.8.4/serving/openai_compatible_server.html"

VENDORS: tuple[Vendor, ...] = (
    Vendor("deepseek", _CHAT, ("deepseek",), "https://api.deepseek.com", "DEEPSEEK_API_KEY", _DEEPSEEK),
    Vendor(
        "deepseek",
        _ANTHROPIC,
        ("deepseek-anthropic",),
        "https://api.deepseek.com/anthropic",
        "DEEPSEEK_API_KEY",
        _DEEPSEEK,
    ),
    Vendor(
        "deepseek",
        _RESPONSES,
        ("deepseek-responses",),
        "https://api.deepseek.com",
        "DEEPSEEK_API_KEY",
        f"{_DEEPSEEK}; recorded traffic of pydantic-ai (tests/captures)",
    ),
    Vendor(
        "moonshot",
        _CHAT,
        ("kimi",),
        "https://api.moonshot.ai/v1",
        "MOONSHOT_API_KEY",
        "https://platform.kimi.ai/docs/api/quickstart",
    ),
    # The vendor's pages set the variables of the OpenAI and Anthropic clients; the name of its own is what its curl
    # samples and other clients use.
    Vendor(
        "minimax",
        _CHAT,
        ("minimax-split", "minimax"),
        "https://api.minimax.io/v1",
        "MINIMAX_API_KEY",
        "https://platform.minimax.io/docs/api-reference/text-openai-api",
    ),
    Vendor(
        "minimax",
        _ANTHROPIC,
        ("minimax-anthropic",),
        "https://api.minimax.io/anthropic",
        "MINIMAX_API_KEY",
        "https://platform.minimax.io/docs/api-reference/text-anthropic-api; "
        "https://github.com/earendil-works/pi/blob/main/packages/ai/src/providers/minimax.ts",
    ),
    Vendor(
        "anthropic",
        _ANTHROPIC,
        ("anthropic",),
        "https://api.anthropic.com",
        "ANTHROPIC_API_KEY",
        "anthropic 2.12.0, `_client.py`",
    ),
    # Before the other route of the same address: on that one its models show no thinking and take none back.
    Vendor(
        "openai",
        _RESPONSES,
        ("openai",),
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        "openai 3.54.0, `_client.py`; https://platform.openai.com/docs/guides/migrate-to-responses",
    ),
    Vendor("openai", _CHAT, (), "https://api.openai.com/v1", "OPENAI_API_KEY", "openai 3.54.0, `_client.py`"),
    Vendor(
        "xai",
        _RESPONSES,
        ("xai",),
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        "https://docs.x.ai/developers/model-capabilities/text/generate-text",
    ),
    # Where both variables are set, the vendor's client takes this one and says so.
    Vendor(
        "google",
        _GEMINI,
        ("google-gemini",),
        "https://generativelanguage.googleapis.com",
        "GOOGLE_API_KEY",
        "google-genai 3.4.0, `_api_client.py`",
        others=("GEMINI_API_KEY",),
    ),
    Vendor(
        "google",
        _CHAT,
        ("gemini-openai",),
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
        "https://ai.google.dev/gemini-api/docs/openai",
        others=("GOOGLE_API_KEY",),
    ),
    Vendor(
        "openrouter",
        _CHAT,
        ("openrouter",),
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        "https://openrouter.ai/docs/quick-start; langchain-openrouter's `chat_models.py`",
    ),
    Vendor(
        "openrouter",
        _RESPONSES,
        ("openrouter-responses",),
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        "openrouter 1.3.84; https://openrouter.ai/docs/quick-start",
    ),
    Vendor(
        "zai",
        _CHAT,
        ("glm",),
        "https://api.z.ai/api/paas/v4",
        "ZAI_API_KEY",
        "https://docs.z.ai/guides/develop/openai/python; https://docs.z.ai/devpack/quick-start",
    ),
    Vendor(
        "zai-coding",
        _CHAT,
        ("glm-coding",),
        "https://api.z.ai/api/coding/paas/v4",
        "ZAI_API_KEY",
        "https://docs.z.ai/devpack/quick-start",
    ),
    Vendor(
        "alibaba",
        _CHAT,
        ("qwen",),
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "DASHSCOPE_API_KEY",
        "https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope; "
        "https://docs.litellm.ai/docs/providers/dashscope",
    ),
    Vendor(
        "groq",
        _CHAT,
        ("groq",),
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        "https://console.groq.com/docs/openai",
    ),
    Vendor(
        "cerebras",
        _CHAT,
        ("cerebras",),
        "https://api.cerebras.ai/v1",
        "CEREBRAS_API_KEY",
        "https://www.developersdigest.tech/reference/api-compatibility/cerebras, "
        "which quotes https://inference-docs.cerebras.ai/resources/openai",
    ),
    Vendor(
        "mistral",
        _CHAT,
        ("mistral-chat",),
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        "https://docs.mistral.ai/api",
    ),
    Vendor("vllm", _CHAT, ("vllm", "vllm-0.16", "vllm-0.11.1", "vllm-0.11.0"), "http://localhost:8000/v1", "", _VLLM),
    Vendor("vllm", _ANTHROPIC, ("vllm-anthropic",), "http://localhost:8000", "", _VLLM),
    Vendor("sglang", _CHAT, ("sglang",), "http://localhost:30000/v1", "", _SGLANG),
    Vendor("sglang", _ANTHROPIC, ("sglang-anthropic",), "http://localhost:30000", "", _SGLANG),
    Vendor(
        "ollama",
        _CHAT,
        ("ollama",),
        "http://localhost:11434/v1",
        "",
        "https://docs.ollama.com/api/openai-compatibility",
    ),
    Vendor("ollama", _OLLAMA, ("ollama-native",), "http://localhost:11434", "", _OLLAMA_DOCS, "2026-11-28"),
    Vendor("ollama-cloud", _OLLAMA, (), "https://ollama.com", "OLLAMA_API_KEY", _OLLAMA_DOCS, "2026-11-28"),
    Vendor(
        "ollama-cloud",
        _CHAT,
        (),
        "https://ollama.com/v1",
        "OLLAMA_API_KEY",
        "https://docs.ollama.com/api/openai-compatibility",
    ),
)


def by_profile(name: str) -> Vendor | None:
    """Give the route that a profile means, or None."""
    return next((row for row in VENDORS if name in row.profiles), None)


def by_address(base_url: str, dialect: str | None = None) -> Vendor | None:
    """Give the route that an address belongs to: the vendor's host, and the longest path that fits.

    A host is a vendor's if it is that of a row, or if a profile of the row claims it (another region). A port of this
    machine is nobody's.

    Raises:
        EncodeError: The address is no URL.
    """
    place = split(base_url)
    rows = [row for row in VENDORS if dialect in {None, row.dialect}]
    own = [row for row in rows if row.variable and urlsplit(row.base_url).hostname == place.hostname]
    rows = own or [row for row in rows if _claimed(row, base_url)]
    fits = [row for row in rows if f"{place.path}/".startswith(f"{urlsplit(row.base_url).path}/".replace("//", "/"))]
    return max(fits or rows[:1], key=lambda row: len(row.base_url), default=None)


def _claimed(row: Vendor, base_url: str) -> bool:
    """Tell whether a profile of a row claims an address; the default of a dialect claims none."""
    found = profile_for(row.dialect, host=base_url)
    return found.name in row.profiles and bool(found.hosts)


def variable_of(endpoint: Endpoint) -> str:
    """Name the variable that holds the key of an endpoint, or any of several; "" where none is known."""
    profile = endpoint.profile.name if isinstance(endpoint.profile, Profile) else endpoint.profile
    row = (by_profile(profile) if profile else None) or by_address(endpoint.base_url)
    return " or ".join(row.variables) if row else ""
