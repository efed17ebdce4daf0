"""Where a command writes: a file that is there whole or not at all, or a stream."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, Self, cast

import click

from keepthinking.cli._streams import stdout

_SPOOL: Final = 1 << 23
"""So many bytes that are held back stay in memory; more of them lie in a temporary file without a name."""


def output(name: str | None, *, held: bool = False, option: str = "-o") -> Output:
    """Open what a command writes to.

    Args:
        name: A file, which is replaced when all is written, or a pipe or device; the standard output without one.
        held: Whether a stream gets nothing before all is written: a refusal may still come.
        option: The option that named it, for errors.

    Raises:
        click.UsageError: It cannot be written, or the standard output is closed.
    """
    if name is None:
        return _Stream("to the standard output", stdout(), held=held, own=False)
    target = Path(os.path.realpath(name))  # behind a link stands the file that is meant
    try:
        if _is_stream(target):
            return _Stream(repr(name), target.open("wb"), held=held, own=True)
        return _Whole(repr(name), target)
    except OSError as error:
        raise click.BadParameter(f"cannot write {name!r}: {error.strerror}", param_hint=option) from error


class Output(ABC):
    """Something that a command writes to; as a context it is done when all went well, and dropped otherwise."""

    def __init__(self, said: str) -> None:
        self._said = said
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.discard()
        elif self._open:
            self._open = False
            with self._told():
                self._settle()

    @property
    @abstractmethod
    def state(self) -> str:
        """Say what would be written if it ended here."""

    def write(self, piece: bytes) -> None:
        """Write a piece. Raises `click.ClickException` where the system refuses."""
        with self._told():
            self._write(piece)

    def discard(self) -> None:
        """Let nothing of it be written; what a stream has shown cannot be taken back."""
        if self._open:
            self._open = False
            self._drop()

    @contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except BrokenPipeError:
            raise  # a reader that has seen enough is no failure
        except OSError as error:
            self.discard()
            raise click.ClickException(f"cannot write {self._said}: {error.strerror}; {self.state}") from error

    @abstractmethod
    def _write(self, piece: bytes) -> None: ...

    @abstractmethod
    def _settle(self) -> None: ...

    @abstractmethod
    def _drop(self) -> None: ...


class _Whole(Output):
    """A file that is replaced when all is written."""

    def __init__(self, said: str, target: Path) -> None:
        super().__init__(said)
        self._target = target
        file = tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False)  # noqa: SIM115 - `_settle` or `_drop` closes it
        self._file = cast("IO[bytes]", file)

    @property
    def state(self) -> str:
        """Say what would be written if it ended here."""
        return "nothing was written"

    def _write(self, piece: bytes) -> None:
        self._file.write(piece)

    def _settle(self) -> None:
        try:
            self._file.close()
            Path(self._file.name).chmod(_mode(self._target))
            Path(self._file.name).replace(self._target)
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        with suppress(OSError):  # what cannot be written down any more is not wanted
            self._file.close()
        with suppress(OSError):
            Path(self._file.name).unlink()


class _Stream(Output):
    """The standard output, a pipe or a device: what is written there is written."""

    def __init__(self, said: str, stream: IO[bytes], *, held: bool, own: bool) -> None:
        super().__init__(said)
        self._stream = stream
        self._own = own
        # `_settle` or `_drop` closes it
        self._held = cast("IO[bytes]", tempfile.SpooledTemporaryFile(_SPOOL)) if held else None  # noqa: SIM115
        self._shown = False

    @property
    def state(self) -> str:
        """Say what would be written if it ended here."""
        return "what stands before it was written" if self._shown else "nothing was written"

    def _write(self, piece: bytes) -> None:
        if self._held is not None:
            self._held.write(piece)
            return
        self._shown = True
        self._stream.write(piece)
        self._stream.flush()

    def _settle(self) -> None:
        try:
            if self._held is not None:
                self._held.seek(0)
                shutil.copyfileobj(self._held, self._stream)
            self._stream.flush()
        finally:
            self._drop()

    def _drop(self) -> None:
        if self._held is not None:
            self._held.close()
        if self._own:
            with suppress(OSError):  # what the system does not take would be tried again
                self._stream.close()


def _is_stream(target: Path) -> bool:
    """Tell whether a name stands for a pipe or a device, which nothing may replace."""
    with suppress(OSError):
        return not stat.S_ISREG(target.stat().st_mode)
    return False


def _mode(target: Path) -> int:
    """Give the permissions of a file that is replaced, or those of a new one; temporary files are the owner's alone."""
    with suppress(OSError):
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
