"""The command group: finds subcommands when they are asked for, and turns errors into exit codes."""

from __future__ import annotations

from collections.abc import Sequence

import click

from keepthinking._errors import KeepthinkingError, PluginError, UnknownNameError
from keepthinking._version import __version__
from keepthinking.cli._exit import Exit
from keepthinking.cli._streams import settle
from keepthinking.plugins import command, commands

_EPILOG = """\b
Examples:
  keepthinking audit traffic.jsonl        what became of every thought in recorded traffic
  keepthinking convert --to canonical traffic.jsonl
                                          the same traffic in the canonical format
  keepthinking audit --help               all about one command

Exit codes: 0 conformant, 1 findings, 2 harness error, 3 usage.
"""


class _Group(click.Group):
    """Subcommands by the hook `keepthinking_commands`; one is imported only when it runs or shows its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [spec.name for spec in commands()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in {spec.name for spec in commands()}:
            return None
        found = command(cmd_name)
        if not isinstance(found, click.Command):
            raise PluginError(f"the command {cmd_name!r} is a {type(found).__name__}, no click command", plugins=())
        return found


@click.group(cls=_Group, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="keepthinking")
def app() -> None:
    """Make any agent scaffold send back what its model thought, and prove it."""


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit code."""
    code = _run(argv)
    settle()
    return code


def _run(argv: Sequence[str] | None) -> int:
    try:
        result = app.main(args=None if argv is None else list(argv), prog_name="keepthinking", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt) as error:
        # a command that knows what it leaves behind says so in the interruption itself
        left = error.__cause__ if isinstance(error.__cause__, KeyboardInterrupt) else error
        click.echo(f"interrupted; {left}" if str(left) else "interrupted", err=True)
        return Exit.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return Exit.USAGE if isinstance(error, click.UsageError) else Exit.HARNESS
    except KeepthinkingError as error:
        click.echo(f"Error: {error}", err=True)
        return Exit.USAGE if isinstance(error, UnknownNameError) else Exit.HARNESS
    except OSError as error:  # a full disk, a terminal that is gone
        click.echo(f"Error: {error.strerror or error}", err=True)
        return Exit.HARNESS
    return result if isinstance(result, int) else Exit.OK
