"""Agents in JavaScript and in Python, and the Node that comes with a wheel."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from tests.node import NODE

HERE = Path(__file__).parent


def node(agent: str, *flags: str) -> str:
    """Write the command that runs an agent of this folder in JavaScript."""
    return f"{shlex.join([str(NODE), str(HERE / f'{agent}.mjs'), *flags])} {{prompt}}"


def python(agent: str, *words: str) -> str:
    """Write the command that runs an agent of this folder in Python."""
    return shlex.join([sys.executable, str(HERE / f"{agent}.py"), *words])
