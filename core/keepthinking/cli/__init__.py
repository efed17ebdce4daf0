"""The command line: thin, lazy, and the only part of the core that prints.

Needs the extra `cli` (click, rich). Subcommands come from the rooms through the hook `keepthinking_commands`, so that
this module knows none of them. Exit codes are stable for ever: 0 conformant, 1 findings, 2 harness error, 3 usage.
"""

from keepthinking.cli._app import run

__all__ = ["run"]
