"""Projections: which parts of a wire message are the model's memory.

Rule 1: every row has a source. What one recorded client drops is not yet what a client may drop.
Rule 2: a member that no row names is a `link`: it may be absent, and is equal if present. Unknown members are
neither accused nor excused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

Keep = Literal["memory", "link", "output", "spelling"]
"""What a wire member is: `memory` has to come back equal; `link` may be absent and is equal if present; `output` never
comes back; `spelling` may change without harm."""


class Row(NamedTuple):
    """One row of a projection.

    Attributes:
        path: Wire path from the message, such as `tool_calls[].index`; it covers everything below it that has no
            row of its own.
        keep: What the member is.
        source: Where that is written: a vendor page or package with its version, and the date it was read.
    """

    path: str
    keep: Keep
    source: str


class Projection(Mapping[str, Keep]):
    """A dialect's table, keyed by wire path from the message.

    Attributes:
        rows: The rows as written.
        homes: Block type name (`text`, `thinking`, ...) to the wire path of the object that holds such a block; the
            `fields` of a block are looked up below it.
        ids: What the id of a call and of its result is: `link` where a wire pairs the two without one, too.
        nulls: Wire paths at which a null says what an absent member says, each with its source as in a row.
    """

    def __init__(
        self, rows: Sequence[Row], homes: Mapping[str, str], *, ids: str = "", nulls: Mapping[str, str] | None = None
    ) -> None:
        """Take a table.

        Args:
            rows: The rows.
            homes: As above.
            ids: Wire path of the id of a call; "" where it has no row, and is memory.
            nulls: As above; none by default.
        """
        self.rows = tuple(rows)
        self.homes = dict(homes)
        self.nulls = dict(nulls or {})
        self._keep: dict[str, Keep] = {row.path: row.keep for row in rows}
        if len(self._keep) != len(self.rows):
            raise ValueError("a wire path stands in two rows of a projection")
        self.ids: Keep = self.keep(ids, "memory")

    def __getitem__(self, path: str) -> Keep:
        return self._keep[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keep)

    def __len__(self) -> int:
        return len(self._keep)

    def keep(self, path: str, otherwise: Keep = "link") -> Keep:
        """Give what a path is: its own row, the nearest row above it, or what a member without a row is."""
        while path:
            found = self._keep.get(path)
            if found is not None:
                return found
            path = path[:-2] if path.endswith("[]") else path.rpartition(".")[0]
        return otherwise
