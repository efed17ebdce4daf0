"""An endpoint is filled in from what is known, a key goes only to its vendor, and what is unknown is said clearly."""

import ast
from pathlib import Path
from typing import Any

import pytest

from keepthinking import EncodeError, UnknownNameError
from keepthinking._profiles import Profile, profile, profiles

pytestmark = pytest.mark.extras

KEY = "sk-from-the-environment"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set every vendor's variable, so that a key that goes to the wrong one is seen."""
    from keepthinking.client._vendors import VENDORS

    for row in VENDORS:
        for variable in row.variables:
            monkeypatch.setenv(variable, f"{KEY}-{variable}")


@pytest.mark.parametrize(
    ("given", "base_url", "profile_name", "variable"),
    [
        ({"model": "deepseek-v4-pro"}, "https://api.deepseek.com", "deepseek", "DEEPSEEK_API_KEY"),
        ({"model": "MiniMax-M2"}, "https://api.minimax.io/v1", "minimax-split", "MINIMAX_API_KEY"),
        ({"model": "claude-opus-4-5"}, "https://api.anthropic.com", "anthropic", "ANTHROPIC_API_KEY"),
        ({"model": "kimi-k2.6"}, "https://api.moonshot.ai/v1", "kimi", "MOONSHOT_API_KEY"),
        ({"model": "glm-5"}, "https://api.z.ai/api/paas/v4", "glm", "ZAI_API_KEY"),
        (
            {"model": "deepseek-v4-pro", "dialect": "anthropic-messages"},
            "https://api.deepseek.com/anthropic",
            "deepseek-anthropic",
            "DEEPSEEK_API_KEY",
        ),
        (
            {"model": "MiniMax-M2", "profile": "minimax-anthropic"},
            "https://api.minimax.io/anthropic",
            "minimax-anthropic",
            "MINIMAX_API_KEY",
        ),
        ({"model": "x", "profile": "vllm"}, "http://localhost:8000/v1", "vllm", None),
        ({"model": "gpt-5.2"}, "https://api.openai.com/v1", "openai", "OPENAI_API_KEY"),
        ({"model": "o4-mini"}, "https://api.openai.com/v1", "openai", "OPENAI_API_KEY"),
        ({"model": "gpt-5.2", "base_url": "https://api.openai.com/v1"}, None, "openai", "OPENAI_API_KEY"),
        (
            {"model": "x", "base_url": "https://api.openai.com/v1", "dialect": "openai-chat"},
            None,
            "openai-completions",
            "OPENAI_API_KEY",
        ),
        ({"model": "grok-4"}, "https://api.x.ai/v1", "xai", "XAI_API_KEY"),
        (
            {"model": "gemini-3-pro-preview"},
            "https://generativelanguage.googleapis.com",
            "google-gemini",
            "GOOGLE_API_KEY",
        ),
        (
            {"model": "gemini-3-pro-preview", "base_url": "https://generativelanguage.googleapis.com/"},
            None,
            "google-gemini",
            "GOOGLE_API_KEY",
        ),
        (
            {"model": "gemini-3-pro-preview", "base_url": "https://generativelanguage.googleapis.com/v1beta/openai/"},
            None,
            "gemini-openai",
            "GEMINI_API_KEY",
        ),
        ({"model": "MiniMax-M2", "base_url": "https://api.minimaxi.com/v1"}, None, "minimax", "MINIMAX_API_KEY"),
        (
            {"model": "MiniMax-M2", "base_url": "https://api.minimaxi.com/anthropic/"},
            None,
            "minimax-anthropic",
            "MINIMAX_API_KEY",
        ),
        ({"model": "glm-5", "base_url": "https://api.z.ai/api/coding/paas/v4"}, None, "glm-coding", "ZAI_API_KEY"),
        ({"model": "x", "base_url": "http://localhost:11434/v1"}, None, "ollama", None),
        ({"model": "x", "base_url": "https://ollama.com/v1"}, None, "ollama", "OLLAMA_API_KEY"),
        ({"model": "x", "base_url": "http://10.0.0.7/v1", "profile": "kimi"}, None, "kimi", "MOONSHOT_API_KEY"),
        # A model's name does not make a stranger the vendor: no key of the environment goes there.
        ({"model": "claude-opus-4-5", "base_url": "https://gateway.example/v1"}, None, "openai-chat", None),
        ({"model": "deepseek-v4-pro", "base_url": "http://localhost:8000/v1"}, None, "openai-chat", None),
    ],
)
def test_an_endpoint_is_filled_in(
    given: dict[str, Any], base_url: str | None, profile_name: str, variable: str | None
) -> None:
    from keepthinking.client import endpoint_for

    endpoint = endpoint_for(**given)

    assert endpoint.base_url == (base_url or given["base_url"])
    assert endpoint.profile == profile_name
    assert endpoint.dialect == next(row.dialect for row in profiles() if row.name == profile_name)
    assert endpoint.api_key == (variable and f"{KEY}-{variable}")
    assert endpoint.model == given["model"]


def test_what_is_given_stands() -> None:
    from keepthinking.client import endpoint_for

    mine = Profile(name="mine", dialect="openai-chat", provider="me")
    endpoint = endpoint_for("m", base_url="https://h/v1", api_key="k", profile=mine, headers={"a": "b"})

    assert (endpoint.profile, endpoint.api_key, dict(endpoint.headers)) == (mine, "k", {"a": "b"})


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_key_names_its_variable(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    from keepthinking.client import MissingKeyError, endpoint_for

    if value is None:
        monkeypatch.delenv("DEEPSEEK_API_KEY")
    else:
        monkeypatch.setenv("DEEPSEEK_API_KEY", value)

    with pytest.raises(MissingKeyError, match="DEEPSEEK_API_KEY"):
        endpoint_for("deepseek-v4-pro")
    assert endpoint_for("m", base_url="http://localhost:9/v1", profile="deepseek").api_key is None


def test_of_several_variables_the_next_one_counts_where_the_first_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from keepthinking.client import MissingKeyError, endpoint_for

    monkeypatch.delenv("GOOGLE_API_KEY")
    assert endpoint_for("m", profile="google-gemini").api_key == f"{KEY}-GEMINI_API_KEY"

    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(MissingKeyError, match="GOOGLE_API_KEY or GEMINI_API_KEY"):
        endpoint_for("m", profile="google-gemini")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"model": "nobodys-model"}, "pass base_url"),
        ({"model": "deepseek/deepseek-v4-pro"}, "pass base_url"),
        ({"model": "m", "profile": "minmax"}, "did you mean 'minimax'"),
        ({"model": "m", "profile": "deepseek", "dialect": "anthropic-messages"}, "speaks `openai-chat`"),
        ({"model": "m", "profile": "bedrock-anthropic"}, "no base URL is known for the profile `bedrock-anthropic`"),
        ({"model": "m", "base_url": "https://h/v1", "dialect": "cohere"}, "dialect that the client speaks"),
    ],
)
def test_what_is_unknown_is_said(given: dict[str, Any], says: str) -> None:
    from keepthinking.client import endpoint_for

    with pytest.raises(UnknownNameError) as caught:
        endpoint_for(**given)

    assert says in str(caught.value)


@pytest.mark.parametrize("base_url", ["", "api.deepseek.com", "http://["])
def test_what_is_no_url_is_said(base_url: str) -> None:
    from keepthinking.client import endpoint_for

    with pytest.raises(EncodeError, match="no URL"):
        endpoint_for("m", base_url=base_url)


def test_each_row_is_whole_and_its_own_address_finds_it() -> None:
    from keepthinking.client._vendors import VENDORS, by_address
    from keepthinking.client._wires import WIRES

    for row in VENDORS:
        assert row.source
        assert row.dialect in WIRES
        for name in row.profiles:
            assert profile(name, row.dialect).dialect == row.dialect
        if row.variable:
            assert by_address(row.base_url, row.dialect) is row
            assert getattr(by_address(row.base_url), "name", "") == row.name
    named = [name for row in VENDORS for name in row.profiles]
    assert len(named) == len(set(named))


def test_the_environment_is_not_read_at_import() -> None:
    import keepthinking.client

    for path in Path(keepthinking.client.__path__[0]).glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                assert "environ" not in ast.unparse(node)
