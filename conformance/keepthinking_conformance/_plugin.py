"""The commands of the examination, announced as any plug-in announces its own."""

from __future__ import annotations

from keepthinking.hookspecs import CommandSpec, hookimpl


@hookimpl
def keepthinking_commands() -> list[CommandSpec]:
    """Name our commands."""
    return [
        CommandSpec(
            "check",
            "keepthinking_conformance.cli:check",
            help="Examine scaffolds: do they send back what the model thought?",
        ),
        CommandSpec(
            "merge",
            "keepthinking_conformance.cli:merge",
            help="Join the results of examinations in different environments.",
        ),
        CommandSpec(
            "simulate",
            "keepthinking_conformance.cli:simulate",
            help="Measure what lost thinking costs a model that relies on it.",
        ),
    ]
