"""`keepthinking check` and `merge`, here and in a process of their own, from a checkout that need not be installed."""

from __future__ import annotations

import sys

from keepthinking.cli import run as run_cli
from keepthinking.plugins import commands, get_manager
from keepthinking_conformance import _plugin


def run(*arguments: object, command: str = "check") -> int:
    """Run a command and give the exit code."""
    if command not in {spec.name for spec in commands()}:
        get_manager().register(_plugin, "keepthinking-conformance")
    return run_cli([command, *map(str, arguments)])


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
