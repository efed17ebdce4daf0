"""Our adapters, announced as any plug-in announces its own: names, and where the things behind them are."""

from __future__ import annotations

from keepthinking.hookspecs import AdapterSpec, Requirement, hookimpl


@hookimpl
def keepthinking_adapters() -> list[AdapterSpec]:
    """Name our adapters."""
    return [
        AdapterSpec(
            "autogen",
            Requirement("autogen-core", ">=0.6.2,<0.8", extra="autogen"),
            "keepthinking_adapters.autogen:ADAPTER",
        ),
        AdapterSpec(
            "langchain",
            Requirement("langchain-core", ">=1.6,<2", extra="langchain"),
            "keepthinking_adapters.langchain:ADAPTER",
        ),
        AdapterSpec(
            "llama-index",
            Requirement("llama-index-core", ">=0.14.5,<0.15", extra="llama-index"),
            "keepthinking_adapters.llama_index:ADAPTER",
        ),
        AdapterSpec(
            "smolagents",
            Requirement("smolagents", ">=1.21,<2", extra="smolagents"),
            "keepthinking_adapters.smolagents:ADAPTER",
        ),
    ]
