"""What a framework has no place for, carried inside the framework's own messages.

A framework keeps words, calls and results in its own fields and forgets the rest: which of two fields held a thought,
how arguments were spelt, seals on blocks that it knows no seals for. A room of the adapters says how a message looks
natively; this package writes the difference to one record and puts both together again.

What a room needs: its own writing of a message, its own reading of what it wrote without any record (*plain*), and a
slot in the framework's message that survives copies and stores. Then:

    record = pack(message, plain)              # None where the framework tells everything
    read = unpack([record], plain_of_today)    # the message, with edits that stand and damage that was found

A `Reader` does the second for a whole history, and each message once. What a room is given is looked at before by
`History`, `messages_of` and `json_of`. `Values` takes the framework's own objects apart and makes them again; `freeze`
and `thaw` write as JSON what is left of them.

What must not live here: any framework's shapes, and any wire.
"""

from __future__ import annotations

from keepthinking.carry._align import Entry, Pair, align
from keepthinking.carry._fingerprint import fingerprint
from keepthinking.carry._given import History, has_shape, json_of, messages_of
from keepthinking.carry._reader import Reader, Run, Told
from keepthinking.carry._record import FORMAT, OnEdit, Part, Read, broken, pack, unpack
from keepthinking.carry._tree import Hole, Path, freeze, holes, leaves, thaw
from keepthinking.carry._values import MARK, Kind, Lost, Values

__all__ = [
    "FORMAT",
    "MARK",
    "Entry",
    "History",
    "Hole",
    "Kind",
    "Lost",
    "OnEdit",
    "Pair",
    "Part",
    "Path",
    "Read",
    "Reader",
    "Run",
    "Told",
    "Values",
    "align",
    "broken",
    "fingerprint",
    "freeze",
    "has_shape",
    "holes",
    "json_of",
    "leaves",
    "messages_of",
    "pack",
    "thaw",
    "unpack",
]
