"""How a message grows that is streamed as deltas: chat completions, and wires that resemble them.

Rule 1: what no table names grows as the vendor's own client lets it grow (openai 3.54.0, `lib/streaming/_deltas.py`,
read 2026-11-23): texts are joined, lists merged by `index`.
Rule 2: which entry of a list a new one continues is told by its `index`, and by its type and id where a server gives
one index to several entries; without an index, by its id, or by what it lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from keepthinking.dialects._text import Grow, Snapshots, is_dict, is_list

CONTENT = "content"
CALLS = "tool_calls"
DETAILS = "reasoning_details"

LAST_WINS = frozenset({"role", "channel", "type", "object", "format", "status"})
"""Labels that some servers repeat in every chunk (`channel`: Groq, `role`: Z.ai). The vendor's client joins them."""

_LISTS = f"{DETAILS}[]", f"{CALLS}[]", f"{CONTENT}[]", f"{CONTENT}[].thinking[]"
_WORDS = "text", "summary", "thinking"


def grow(known: dict[str, Any], delta: Mapping[str, Any], path: str, cumulative: tuple[str, ...]) -> None:
    """Let an object grow by a delta.

    Args:
        known: What there is so far; changed in place, texts become `Grow` and lists `Entries`.
        delta: What came.
        path: Wire path of the object from the message, for the tables.
        cumulative: Wire paths of texts that may come as a growing whole.
    """
    for key, value in delta.items():
        here = f"{path}.{key}" if path else key
        before = known.get(key)
        if value is None:
            known.setdefault(key, None)
        elif here == CONTENT and isinstance(before, Entries) and isinstance(value, str):
            # Mistral streams thinking as a list of parts and then the answer as a string
            before.take([{"type": "text", "text": value}] if value else [], cumulative)
        elif isinstance(value, str) and key not in LAST_WINS and key not in {"id", "index"}:
            known[key] = _text(before, value, repeated=key == "name", cumulative=here in cumulative)
        elif is_list(value):
            if not isinstance(before, Entries):
                known[key] = _entries(before, f"{here}[]", cumulative)
            known[key].take(value, cumulative)
        elif is_dict(value):
            if not is_dict(before):
                known[key] = {}
            grow(known[key], value, here, cumulative)
        elif value != "" or not before:  # some servers repeat ids and labels as empty strings
            known[key] = value


def _text(before: object, value: str, *, repeated: bool, cumulative: bool) -> object:
    if isinstance(before, str):
        before = Grow(before)
    if not isinstance(before, Grow):
        return Snapshots(value) if cumulative else Grow(value)
    if repeated and before.size == len(value) and value == str(before):
        return before  # some servers repeat the tool's name in every chunk
    before.add(value)
    return before


def _entries(before: object, path: str, cumulative: tuple[str, ...]) -> Entries:
    found = Entries(path)
    if is_list(before):
        found.extend(before)
    elif path == f"{CONTENT}[]" and isinstance(before, str | Grow) and str(before):
        found.take([{"type": "text", "text": str(before)}], cumulative)
    return found


class Entries(list[Any]):
    """A list that grows.

    Attributes:
        touched: Positions of the entries that the last delta made or continued, in its order.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self.touched: list[int] = []
        self._path = path
        self._by_index: dict[int, int] = {}
        self._by_id: dict[str, int] = {}
        self._find: Callable[[Mapping[str, Any], int], int | None] = self._call if path == _LISTS[1] else self._entry

    def take(self, entries: list[Any], cumulative: tuple[str, ...]) -> None:
        """Let the list grow by the entries of one delta."""
        self.touched = []
        old = len(self)
        for entry in entries:
            at = self._find(entry, old) if is_dict(entry) else None
            if at is None:
                at = len(self)
                self.append({} if is_dict(entry) else entry)
            if is_dict(entry):
                grow(self[at], entry, self._path, cumulative)
                if (index := _index(entry)) is not None:
                    self._by_index[index] = at
                if id_ := _id(entry):
                    self._by_id[id_] = at
            self.touched.append(at)

    def _call(self, entry: Mapping[str, Any], _: int) -> int | None:
        """Find the call that this entry continues.

        Servers that number all parallel calls 0 (Ollama, https://github.com/ollama/ollama/issues/15457), or not at all
        (Gemini, https://github.com/noho/dayu-agent/issues/45), are told by ids, and by a second name or a second
        whole object of arguments. One delta may hold two pieces of one call
        (https://github.com/openai/openai-python/issues/3201).
        """
        index, id_ = _index(entry), _id(entry)
        if index is not None:
            at = self._by_index.get(index)
        elif id_:
            at = self._by_id.get(id_)
        else:
            at = len(self) - 1 if self else None
        if at is None or not is_dict(known := self[at]):
            return None
        if id_ and _id(known) and _id(known) != id_:
            at = self._by_id.get(id_)
            return at if at is not None and _index(self[at]) == index else None
        return None if _other_type(known, entry) or _begins(known, entry) else at

    def _entry(self, entry: Mapping[str, Any], old: int) -> int | None:
        """Find the entry that this one continues; entries of one delta do not continue each other.

        OpenRouter numbers whatever it streams 0; where the type changes, a new entry begins
        (https://github.com/OpenRouterTeam/ai-sdk-provider/issues/519).
        """
        index, id_ = _index(entry), _id(entry)
        if index is not None:
            at = self._by_index.get(index)
        elif id_:
            at = self._by_id.get(id_)
        else:
            at = len(self) - 1 if self._path in _LISTS and (_is_piece(entry) or self._closes(entry)) else None
        if at is None or at < 0 or not is_dict(known := self[at]) or _other_type(known, entry):
            return None
        if index is None and not id_ and (_index(known) is not None or _id(known) or not _is_piece(known)):
            return None
        if id_ and _id(known) and _id(known) != id_:
            at = self._by_id.get(id_)
            return at if at is not None and at < old and _index(self[at]) == index else None
        if "data" in entry and known.get("data") is not None:
            return None  # what is encrypted comes whole
        return at if at < old or not any(word in entry for word in _WORDS) else None

    def _closes(self, entry: Mapping[str, Any]) -> bool:
        """Tell whether a part may bring the seal of the thought before it, which is the whole block's: Mistral's."""
        return self._path == f"{CONTENT}[]" and entry.get("type") == "thinking" and is_list(entry.get("thinking"))


def touched(delta: Mapping[str, Any], known: Mapping[str, Any], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Give the entries of a delta with the positions to which they belong."""
    entries, held = delta.get(name), known.get(name)
    if is_list(entries) and isinstance(held, Entries):
        yield from ((at, entry) for at, entry in zip(held.touched, entries, strict=True) if is_dict(entry))


def _index(entry: Mapping[str, Any]) -> int | None:
    index = entry.get("index")
    return index if isinstance(index, int) else None


def _id(entry: Mapping[str, Any]) -> str:
    id_ = entry.get("id")
    return id_ if isinstance(id_, str) else ""


def _other_type(known: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    mine, theirs = known.get("type"), entry.get("type")
    return bool(mine) and bool(theirs) and mine != theirs


def _is_piece(entry: Mapping[str, Any]) -> bool:
    """Tell whether an entry without a number is words that others may go on with: nothing has closed it."""
    sealed = entry.get("signature") or entry.get("data")
    return not sealed and any(isinstance(entry.get(word), str | Grow | list) for word in _WORDS)


def _begins(known: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Tell whether an entry begins another call though nothing numbers it so."""
    mine, theirs = known.get("function"), entry.get("function")
    if not is_dict(mine) or not is_dict(theirs) or not theirs.get("name"):
        return False
    before, more = mine.get("arguments"), theirs.get("arguments")
    if is_dict(before) and is_dict(more):
        return True
    if not isinstance(before, Grow) or not before.size:
        return False
    if str(mine.get("name")) != theirs["name"]:
        return True
    # the same tool once more, or a server that repeats the name: only a whole object is followed by another
    return isinstance(more, str) and more.lstrip()[:1] == "{" and before.last.rstrip()[-1:] == "}"
