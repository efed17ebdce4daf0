"""The console script: the one module of the command line that works in a base install.

The commands themselves live in `keepthinking.cli` and need the extra `cli`. This module answers
`--version`, and where the extra is absent it prints the line that installs it.
"""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final

from keepthinking._version import __version__

USAGE: Final = 3
"""Exit code of a call that cannot work as it was made (0 fine, 1 findings, 2 harness error)."""

_EXTRA: Final = ("click", "rich")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments after the program's name; `sys.argv[1:]` if not given.

    Returns:
        The exit code: 0 conformant, 1 findings, 2 harness error, 3 usage.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments[:1] == ["--version"]:
        print(f"keepthinking {__version__}")
        return 0
    # Looked for, not tried: the commands import them late, and click alone is in many environments.
    if not all(find_spec(name) for name in _EXTRA):
        print(_install_line(), file=sys.stderr)
        return USAGE
    from keepthinking.cli import run  # noqa: PLC0415 - not there, or not needed, until here

    return run(arguments)


def _install_line() -> str:
    # pip reads the extra from the installed metadata and asks no index for keepthinking itself, so
    # the line is right for a checkout, too. It names this interpreter because the program may have
    # been called by its path, with another environment active or none.
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    return (
        f'keepthinking: the commands need the extra `cli`; install it with: {python} -m pip install "keepthinking[cli]"'
    )
