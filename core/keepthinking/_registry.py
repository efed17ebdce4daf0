"""A table that ships with the package, and the rows that plug-ins add to it.

Rule 1: our own rows are loaded at the first look-up, so importing the package costs nothing.
Rule 2: a name belongs to whoever came first. A second claim is an error that names both sides.
Rule 3: what a plug-in adds is checked when it is added, all of it or nothing; our own rows are checked by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from keepthinking._errors import PluginError, UnknownNameError

OURS = "keepthinking"
"""The owner of the rows that ship with the package."""

R = TypeVar("R")


class Registry(Generic[R]):
    """Rows by name, in the order in which they were added; ours come first.

    Attributes:
        kind: What a row is, for error texts.
    """

    def __init__(
        self,
        kind: str,
        *,
        own: Callable[[], Iterable[R]],
        name: Callable[[R], str],
        check: Callable[[R], None],
        more: Callable[[], None] | None = None,
    ) -> None:
        """Make a table.

        Args:
            kind: What a row is, such as `profile`.
            own: Loads our own rows; called once, at the first use.
            name: Gives the name of a row.
            check: Raises `ValueError` for a row that cannot be right.
            more: Lets the plug-ins add theirs; called once, after our own rows are there.
        """
        self.kind = kind
        self._own = own
        self._name = name
        self._check = check
        self._more = more
        self._added: dict[str, tuple[str, R]] | None = None

    def add(self, rows: Iterable[R], *, plugin: str) -> None:
        """Add rows, all of them or none. The same row from the same plug-in once more changes nothing.

        Raises:
            PluginError: A name is taken, or a row cannot be right.
        """
        known = self._rows()
        new: dict[str, tuple[str, R]] = {}
        for row in rows:
            name = self._name(row)
            owner, before = {**known, **new}.get(name, (plugin, row))
            if owner != plugin or before != row:
                raise PluginError(
                    f"two rows claim the {self.kind} {name!r}: one of {owner}, one of {plugin}",
                    plugins=(owner, plugin),
                    hint="a name stays with whoever registered it first; choose another",
                )
            try:
                self._check(row)
            except ValueError as error:
                raise PluginError(
                    f"the {self.kind} {name!r} of {plugin} is broken: {error}", plugins=(plugin,)
                ) from error
            new[name] = (plugin, row)
        # A new table, not a changed one: somebody may be walking the old one in another thread.
        self._added = {**known, **new}

    def discard(self, plugin: str) -> None:
        """Take the rows of a plug-in out again; ours stay."""
        if plugin != OURS:
            self._added = {name: held for name, held in self._rows().items() if held[0] != plugin}

    def get(self, name: str) -> R:
        """Give the row of a name. Raises `UnknownNameError`."""
        found = self._rows().get(name)
        if found is None:
            raise UnknownNameError(self.kind, name, self._rows())
        return found[1]

    def owner(self, name: str) -> str:
        """Tell which distribution a row is from. Raises `UnknownNameError`."""
        self.get(name)
        return self._rows()[name][0]

    def __contains__(self, name: object) -> bool:
        return name in self._rows()

    def __iter__(self) -> Iterator[R]:
        return iter([row for _, row in self._rows().values()])

    def __len__(self) -> int:
        return len(self._rows())

    def _rows(self) -> dict[str, tuple[str, R]]:
        if self._added is None:
            self._added = {self._name(row): (OURS, row) for row in self._own()}
            if self._more is not None:
                self._more()
        return self._added


def ask_plugins() -> None:
    """Let the plug-ins add their rows to all tables."""
    # A row of a plug-in counts from the first look-up on, whoever makes it; before that, nobody needs the loader.
    from keepthinking.plugins import get_manager  # noqa: PLC0415

    get_manager().feed()
