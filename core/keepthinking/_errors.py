"""Every error this package raises, and who raises it.

The life of a call, and what may go wrong at each step:

1. a name is looked up (dialect, profile, adapter, rule): `UnknownNameError`;
2. a plug-in or an extra is needed: `MissingExtraError`, `PluginError`;
3. bytes come in from a framework or a provider: `DecodeError`;
4. a stored conversation is read back: `FormatError`;
5. values are turned into bytes: `EncodeError`, and `LossError` where the target cannot hold them;
6. a provider is called: `ProviderError` where it answers with an error, `TransportError` where no whole answer comes.

Rule 1: an error says what happened, where (a JSON path or a byte offset), whose fault it is and what to do.
The fields are the truth; the text is made from them. No error carries thinking: at most a path and a length.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from keepthinking._reports import Loss

Culprit = Literal["caller", "framework", "provider", "plugin", "data"]
"""Whose fault: `data` where bytes came from neither side that we can name (a file, a recording)."""


class KeepthinkingError(Exception):
    """The base of all errors of this package; only its leaves are raised.

    Attributes:
        what: What happened, one sentence without a full stop.
        where: A JSON path (`$.messages[2].content`), `byte 17`, or "" where no place exists.
        culprit: Whose fault it is.
        hint: What to do about it, or "".
    """

    def __init__(self, what: str, *, where: str = "", culprit: Culprit = "caller", hint: str = "") -> None:
        if type(self) is KeepthinkingError:
            raise TypeError("KeepthinkingError is a base; raise one of its leaves")
        self.what = what
        self.where = where
        self.culprit: Culprit = culprit
        self.hint = hint
        super().__init__(what)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions cross process borders (test runners, workers); keyword-only arguments do not survive the default.
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))

    def __str__(self) -> str:
        text = self.what
        if self.where:
            text += f" at {self.where}"
        text += f" (fault: {self.culprit})"
        if self.hint:
            text += f"; {self.hint}"
        return text


def _rebuild(cls: type[KeepthinkingError], args: tuple[Any, ...], state: dict[str, Any]) -> KeepthinkingError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class DecodeError(KeepthinkingError, ValueError):
    """Bytes are not what their dialect says they are: broken JSON, a wrong type, too deep, too large."""


class FormatError(KeepthinkingError, ValueError):
    """A stored conversation is not in the canonical format, or in a later one than this version reads."""


class EncodeError(KeepthinkingError, ValueError):
    """A value cannot be written in a dialect at all, whatever is left out."""


class LossError(KeepthinkingError, ValueError):
    """Encoding would lose something, and the caller asked to refuse that.

    Attributes:
        losses: Every loss, in order.
    """

    def __init__(
        self,
        dialect: str,
        losses: Sequence[Loss],
        *,
        hint: str = 'pass on_loss="report" to encode what fits and receive the losses',
    ) -> None:
        self.losses = tuple(losses)
        first = self.losses[0]
        count = len(self.losses)
        super().__init__(
            f"`{dialect}` cannot hold {first.what}: {first.why}" + (f", and {count - 1} more" if count > 1 else ""),
            where=first.path,
            hint=hint,
        )


class UnprovenError(KeepthinkingError, NotImplementedError):
    """Something is not done because no real traffic was recorded that could prove it right.

    Attributes:
        dialect: The dialect's id.
    """

    def __init__(self, dialect: str, what: str) -> None:
        self.dialect = dialect
        super().__init__(
            f"`{dialect}` is unproven: {what}",
            hint="ask the provider for an answer in one piece, or send us a recorded stream",
        )


class UnknownNameError(KeepthinkingError, LookupError):
    """A name is not registered."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(sorted(known))
        close = difflib.get_close_matches(name, self.known, n=3)
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"known: {', '.join(self.known)}"
        super().__init__(f"no {kind} named {name!r}", hint=hint)


class MissingExtraError(KeepthinkingError, ImportError):
    """An optional library is needed and not installed."""

    def __init__(self, needs: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{needs} is not installed", hint=f"install 'keepthinking[{extra}]'")


class PluginError(KeepthinkingError):
    """A plug-in is broken, or two plug-ins claim one name."""

    def __init__(self, what: str, *, plugins: Sequence[str], hint: str = "") -> None:
        self.plugins = tuple(plugins)
        super().__init__(what, culprit="plugin", hint=hint)


class ProviderError(KeepthinkingError):
    """A provider answered with an error.

    Attributes:
        status: The HTTP status; 200 where a stream or a body said it after all.
        body: The provider's error object or text as it came, at most the first 2,000 bytes.
        retry_after: Seconds that the provider asked to wait, or None.
    """

    def __init__(
        self, what: str, *, status: int, body: bytes = b"", retry_after: float | None = None, hint: str = ""
    ) -> None:
        self.status = status
        self.body = body[:2000]
        self.retry_after = retry_after
        super().__init__(what, culprit="provider", hint=hint)


class TransportError(KeepthinkingError, ConnectionError):
    """No whole answer came: no connection, a timeout, or a response that ended early."""
