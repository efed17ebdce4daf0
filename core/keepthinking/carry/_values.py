"""A framework's values as plain ones, and the values again: objects of pydantic, dataclasses, and kinds of its own.

Rule 1: what is taken is dictionaries, lists, tuples, and what JSON has; a value of another kind is a dictionary that
says so.
Rule 2: data makes objects of the framework's own classes and of vendors' clients', and of no others; and of the latter
only where somebody has loaded them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple, TypeAlias, cast

from keepthinking.carry._tree import Path

__all__ = ["MARK", "Kind", "Lost", "Values"]

MARK: Final = "$is"
"""The key that says what kind of value a dictionary stands for; a key that starts like it has it once more in front."""
Lost: TypeAlias = Callable[[Path, object], None]
"""Called with the place of what cannot be made again as it was, and with it."""

_KINDS: Final[tuple[type[Any], ...]] = (type(None), bool, str, int, float, bytes, dict, list, tuple)


class Kind(NamedTuple):
    """A kind of values that a framework has of its own.

    Attributes:
        name: What stands at `MARK`.
        of: The classes of such values.
        take: Gives what a value holds, by members of its own choice, as plain values; None where it is not of this kind
            after all. It is called with the value, what tells of a loss, and the place.
        make: Makes the value again of what `take` gave.
    """

    name: str
    of: type[Any] | tuple[type[Any], ...]
    take: Callable[[Any, Lost, Path], dict[str, Any] | None]
    make: Callable[[Mapping[str, Any]], object]

    @classmethod
    def of_one(
        cls,
        name: str,
        of: type[Any] | tuple[type[Any], ...],
        take: Callable[[Any], object],
        make: Callable[[Any], object],
    ) -> Kind:
        """Make a kind whose values each say all by one plain value."""

        def taken(value: Any, lost: Lost, at: Path) -> dict[str, Any]:
            del lost, at
            return {"v": take(value)}

        def made(held: Mapping[str, Any]) -> object:
            return make(held["v"])

        return cls(name, of, taken, made)


class Values:
    """Takes values of one framework apart, and makes them again."""

    def __init__(
        self,
        *,
        own: Mapping[str, type[Any]],
        vendors: frozenset[str],
        kinds: Sequence[Kind] = (),
        wrappers: Sequence[tuple[type[Any], Callable[[Any], object]]] = (),
        rest: Callable[[Any], object] = lambda _: None,
    ) -> None:
        """Make one.

        Args:
            own: The framework's classes by name, of pydantic or dataclasses: they are made again by that name.
            vendors: Packages whose objects are made again too, by the names of their modules.
            kinds: What else is made again; the first that fits counts.
            wrappers: Classes whose values come back as what they hold, each with what gives it; they are asked first.
            rest: Gives plain values for all others, which are lost.
        """
        self._own = dict(own)
        self._names = {cls: name for name, cls in own.items()}
        self._vendors = vendors
        self._kinds = tuple(kinds)
        self._wrappers = tuple(wrappers)
        self._rest = rest
        self._makers: dict[str, Callable[[Mapping[str, Any]], object]] = {kind.name: kind.make for kind in kinds}
        self._makers |= {"data": self._data_again, "model": self._model_again}

    def taken(self, value: object, lost: Lost, at: Path = ()) -> Any:
        """Give a value as plain values.

        Args:
            value: The value.
            lost: Called with the place of what cannot be made again as it was, and with it.
            at: Where the value stands.
        """
        for wrapper, inner in self._wrappers:
            if isinstance(value, wrapper):
                lost(at, value)
                return self.taken(inner(value), lost, at)
        for kind in self._kinds:
            if isinstance(value, kind.of) and (held := kind.take(value, lost, at)) is not None:
                return {MARK: kind.name, **held}
        if isinstance(value, Enum):
            lost(at, value)
            return self.taken(value.value, lost, at)
        if _is_model(type(value)):
            return self._model(value, lost, at)
        if _is_data(type(value)):
            return self._data(value, lost, at)
        return self._plain(value, lost, at)

    def made(self, value: object) -> Any:
        """Make a value again. Raises `KeyError`, `TypeError` or `ValueError` for what `taken` never gave."""
        if isinstance(value, list | tuple):
            items = [self.made(item) for item in cast("list[object]", value)]
            return items if isinstance(value, list) else tuple(items)
        if not isinstance(value, dict):
            return value
        held = cast("dict[str, Any]", value)
        kind = held.get(MARK)
        return {_bare(key): self.made(item) for key, item in held.items()} if kind is None else self._makers[kind](held)

    def _plain(self, value: object, lost: Lost, at: Path) -> Any:
        kind = _kind_of(value)
        if type(value) is not kind:
            lost(at, value)  # a value of a class that extends a kind comes back as that kind
        if isinstance(value, dict):
            held = cast("dict[Any, object]", value)
            return {_escaped(key): self.taken(item, lost, (*at, key)) for key, item in held.items()}
        if isinstance(value, list | tuple):
            items = [self.taken(item, lost, (*at, i)) for i, item in enumerate(cast("list[object]", value))]
            return items if isinstance(value, list) else tuple(items)
        if kind is None:
            return self._rest(value)
        return value if type(value) is kind else kind(value)

    def _model(self, value: Any, lost: Lost, at: Path) -> dict[str, Any]:
        cls, name = self._class(value, lost, at)
        all_of_it: dict[str, Any] = value.__dict__
        known: Any = all_of_it if cls is None else cls.__pydantic_fields__
        held = {key: item for key, item in all_of_it.items() if key in known}
        fields = {key: self.taken(item, lost, (*at, key)) for key, item in held.items()}
        found = {MARK: "model", "class": name, "fields": fields, "set": sorted(value.model_fields_set)}
        extra = value.__pydantic_extra__
        return {**found, "extra": self.taken(extra, lost, at)} if extra else found

    def _data(self, value: Any, lost: Lost, at: Path) -> dict[str, Any]:
        cls, name = self._class(value, lost, at)
        whole = cls in {None, type(value)} and hasattr(value, "__dict__")
        keys: Mapping[str, object] = value.__dict__ if whole else (cls or value).__dataclass_fields__
        held = {key: getattr(value, key, None) for key in keys}
        fields = {key: self.taken(item, lost, (*at, key)) for key, item in held.items()}
        return {MARK: "data", "class": name, "fields": fields}

    def _class(self, value: object, lost: Lost, at: Path) -> tuple[type[Any] | None, str]:
        """Give the class of the framework's own that a value is made again as, and its name."""
        if type(value) in self._names:
            return type(value), self._names[type(value)]
        for name, cls in reversed(self._own.items()):
            if isinstance(value, cls):
                lost(at, value)  # a class of somebody's own comes back as the one that it extends
                return cls, name
        name = f"{type(value).__module__}:{type(value).__qualname__}"
        if self._named(name) is not type(value):
            lost(at, value)  # it comes back as what it holds
        return None, name

    def _data_again(self, held: Mapping[str, Any]) -> object:
        found = self.made(held["fields"])
        cls: Any = self._named(held["class"])
        if not _is_data(cls):
            return found
        # Not by the constructor: it rewrites what it is given (smolagents 1.26.0: calls of a message).
        again: Any = cls.__new__(cls)
        for key, item in found.items():
            object.__setattr__(again, key, item)  # it may be frozen
        return again

    def _model_again(self, held: Mapping[str, Any]) -> object:
        found, extra = self.made(held["fields"]), self.made(held.get("extra", {}))
        cls = self._named(held["class"])
        if cls is None or not _is_model(cls):
            return {**found, **extra}
        # Not by the constructor: it rewrites what it is given (llama-index-core 0.14.25: addresses, base64, `images`).
        # By pydantic itself: OpenAI's classes have a `model_construct` of their own, which looks into the values, and
        # fails on types of litellm's (openai 2.54).
        construct: Any = next(base for base in cls.__mro__ if base.__module__ == "pydantic.main")
        again: Any = construct.model_construct.__func__(cls, _fields_set=set(held["set"]), **found, **extra)
        members: dict[str, Any] = again.__dict__
        for name in members.keys() - found.keys():
            del members[name]  # litellm takes members away that were not said
        return again

    def _named(self, name: object) -> type[Any] | None:
        if name in self._own:
            return self._own[str(name)]
        module, _, path = str(name).partition(":")
        found: object = sys.modules.get(module) if module.partition(".")[0] in self._vendors else None
        for part in path.split("."):
            found = getattr(found, part, None)
        return found if isinstance(found, type) else None


def _kind_of(value: object) -> Any:
    """Give the kind of plain values that a value is of; None where it is of none."""
    return next((kind for kind in _KINDS if isinstance(value, kind)), None)


def _is_model(cls: type[Any]) -> bool:
    """Tell whether a class is one of pydantic's, which not every framework brings."""
    return hasattr(cls, "__pydantic_fields__")


def _is_data(cls: type[Any]) -> bool:
    return hasattr(cls, "__dataclass_fields__")


def _escaped(key: object) -> object:
    return MARK + key if isinstance(key, str) and key.startswith(MARK) else key


def _bare(key: object) -> object:
    return key.removeprefix(MARK) if isinstance(key, str) else key
