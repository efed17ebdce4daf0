"""What ships with the package, registered as any plug-in registers: through the hooks."""

from __future__ import annotations

from keepthinking.hookspecs import CommandSpec, DialectSpec, Profile, Rule, hookimpl


@hookimpl
def keepthinking_dialects() -> list[DialectSpec]:
    """Name our dialects."""
    return [
        DialectSpec("openai-chat", "keepthinking.dialects.openai_chat:DIALECT"),
        DialectSpec("anthropic-messages", "keepthinking.dialects.anthropic_messages:DIALECT"),
        DialectSpec("openai-responses", "keepthinking.dialects.openai_responses:DIALECT"),
        DialectSpec("mistral", "keepthinking.dialects.mistral:DIALECT"),
        DialectSpec("cohere", "keepthinking.dialects.cohere:DIALECT"),
        DialectSpec("bedrock-converse", "keepthinking.dialects.bedrock_converse:DIALECT"),
        DialectSpec("ollama", "keepthinking.dialects.ollama:DIALECT"),
        DialectSpec("gemini", "keepthinking.dialects.gemini:DIALECT"),
    ]


@hookimpl
def keepthinking_profiles() -> tuple[Profile, ...]:
    """Give our profiles."""
    from keepthinking._profile_table import PROFILES  # noqa: PLC0415 - a long table, wanted only here

    return PROFILES


@hookimpl
def keepthinking_rules() -> tuple[Rule, ...]:
    """Give our rules."""
    from keepthinking.retention.table import RULES  # noqa: PLC0415 - a long table, wanted only here

    return RULES


@hookimpl
def keepthinking_commands() -> list[CommandSpec]:
    """Name the commands of the core."""
    return [
        CommandSpec("audit", "keepthinking.cli._audit:command", help="Tell what became of every thought in traffic."),
        CommandSpec("convert", "keepthinking.cli._convert:command", help="Convert histories to another dialect."),
    ]
