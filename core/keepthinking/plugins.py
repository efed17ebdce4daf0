"""Plug-ins: finding them, loading them one by one, and saying what became of each.

Rule 1: one bad plug-in never stops the others. pluggy's own entry-point loader ends at the first import that fails, so
the loop here is ours: one `try` for each plug-in, and one for each hook that is called.
Rule 2: look at the installed distribution first. What is not installed is *missing*, which is normal; a version outside
the tested range is *out-of-range*: a warning, and it is loaded all the same; what cannot be imported is *broken*.
Rule 3: nothing is imported before somebody asks for it.
Rule 4: a name that two plug-ins claim belongs to neither of them: asking for it is a `PluginError` that names both.
What ships with the package cannot be claimed. (A profile or a rule stays with whoever came first, as `_registry` says.)
"""

from __future__ import annotations

import difflib
import inspect
import threading
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module, metadata
from operator import attrgetter
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeGuard, TypeVar, cast

import pluggy
from msgspec import Struct
from msgspec.structs import replace

from keepthinking import _builtin, _entry_points, hookspecs
from keepthinking._adapter import Adapter, AdapterSpec, Requirement
from keepthinking._errors import MissingExtraError, PluginError, UnknownNameError
from keepthinking._profiles import Profile, register_profiles
from keepthinking._registry import OURS
from keepthinking._version import __version__
from keepthinking.hookspecs import CommandSpec, DialectSpec
from keepthinking.retention._rules import Rule, register_rules

if TYPE_CHECKING:
    from keepthinking.dialects._base import Dialect

__all__ = [
    "GROUP",
    "AdapterInfo",
    "Manager",
    "PluginInfo",
    "PluginWarning",
    "State",
    "adapter",
    "adapters",
    "command",
    "commands",
    "dialect",
    "dialects",
    "get_manager",
    "plugins",
]

GROUP: Final = "keepthinking.plugins"
"""The entry-point group under which distributions announce their plug-ins."""

LATER_HOOKS: Final = frozenset(
    {"keepthinking_subjects", "keepthinking_checks", "keepthinking_scenarios", "keepthinking_perturbations"}
)
"""Hooks that `keepthinking_conformance` specifies when it is loaded; a plug-in may implement them before."""

State = Literal["ready", "loaded", "missing", "broken", "out-of-range"]
"""What became of a plug-in or an adapter.

`ready`: installed and not imported yet (adapters only). `loaded`: imported. `missing`: what it needs is not installed.
`broken`: it, or a part of it, cannot be used; `cause` says why. `out-of-range`: what it needs is installed in a version
that was not tested; it is used all the same.
"""

_Spec = TypeVar("_Spec", AdapterSpec, DialectSpec, CommandSpec)
_T = TypeVar("_T")
_Table: TypeAlias = dict[str, list[tuple[str, _Spec]]]
_FAILURES: Final = (Exception, SystemExit)
"""What a plug-in may raise without stopping us; a module that exits while it is imported is one of them."""


class PluginWarning(UserWarning):
    """A plug-in is broken, or works with something that it was not tested with."""


class PluginInfo(Struct, frozen=True, kw_only=True, weakref=True):
    """What became of a plug-in.

    Attributes:
        name: Its entry point's name.
        distribution: The distribution that announced it; "" for one that was registered by hand.
        version: That distribution's version.
        state: What became of it.
        cause: Why it is not simply loaded.
    """

    name: str
    distribution: str = ""
    version: str = ""
    state: State
    cause: BaseException | None = None


class AdapterInfo(Struct, frozen=True, kw_only=True, weakref=True):
    """What became of an adapter.

    Attributes:
        name: Its name.
        plugin: The plug-in that named it; several where they claim one name.
        requires: What it needs.
        version: The installed version of that; "" where there is none.
        state: What became of it.
        cause: Why it is broken.
    """

    name: str
    plugin: str
    requires: Requirement | None
    version: str = ""
    state: State
    cause: BaseException | None = None


class Manager:
    """The plug-ins of one process.

    Users have one, from `get_manager`. A test makes its own: `Manager(entry_points=False)` knows only what ships with
    the package and what is registered by hand. All methods may be called from several threads.
    """

    def __init__(self, *, entry_points: bool = True) -> None:
        """Make a manager; nothing is loaded before the first question.

        Args:
            entry_points: Whether to look for plug-ins of installed distributions.
        """
        self._entry_points = entry_points
        self._pm = pluggy.PluginManager("keepthinking")
        self._pm.add_hookspecs(hookspecs)
        self._infos: dict[str, PluginInfo] = {}
        self._clashes: list[PluginInfo] = []
        self._tables: dict[str, _Table[Any]] = {}
        self._objects: dict[str, object] = {}
        self._failures: dict[str, PluginError] = {}
        self._untold: list[str] = []
        self._loaded = False
        self._lock = threading.RLock()

    def plugins(self) -> tuple[PluginInfo, ...]:
        """Tell what became of each plug-in; what ships with the package is the plug-in `keepthinking`.

        Every hook of the core is called, so that what is broken shows; nothing that a plug-in names is imported.
        """
        for table in (self._dialects, self._adapters, self._commands):
            table()
        self.collect("keepthinking_profiles", Profile)
        self.collect("keepthinking_rules", Rule)
        return (*self._infos.values(), *self._clashes)

    def register(self, plugin: object, name: str) -> None:
        """Add a plug-in by hand: a module or an object with hook implementations.

        Raises:
            PluginError: The name is taken, or a hook implementation fits no hook.
        """
        self._load()
        with self._lock:
            if name in self._infos:
                raise PluginError(f"two plug-ins are named {name!r}", plugins=(self._infos[name].distribution, name))
            self._register(plugin, name)
            self._infos[name] = PluginInfo(name=name, state="loaded")
            self._tables.clear()

    def add_hookspecs(self, namespace: ModuleType) -> None:
        """Add hooks of one of our own rooms; like all hooks they take nothing."""
        self._pm.add_hookspecs(namespace)

    def collect(self, hook: str, kind: type[_T]) -> list[tuple[str, _T]]:
        """Call one hook of each plug-in, ours first, and give what they gave with the plug-in's name.

        A plug-in whose hook fails, or gives something else, is broken and gives nothing.

        Args:
            hook: The hook's name.
            kind: What it gives an iterable of.
        """
        self._load()
        found: list[tuple[str, _T]] = []
        with self._lock:
            caller: pluggy.HookCaller = getattr(self._pm.hook, hook)
            given = {impl.plugin_name: impl.function for impl in caller.get_hookimpls()}
            for name in list(self._infos):
                if name in given:
                    found.extend((name, value) for value in self._call(name, hook, given[name], kind))
        self._tell()
        return found

    def feed(self) -> None:
        """Hand the profiles and rules of all plug-ins to their tables; a second time changes nothing."""
        for plugin, profiles in _by_plugin(self.collect("keepthinking_profiles", Profile)):
            self._hand_over(plugin, register_profiles, profiles)
        for plugin, rules in _by_plugin(self.collect("keepthinking_rules", Rule)):
            self._hand_over(plugin, register_rules, rules)
        self._tell()

    def dialect(self, name: str) -> Dialect:
        """Give a dialect, imported now if it was not yet.

        Raises:
            UnknownNameError: No plug-in names it.
            PluginError: Two plug-ins claim it, or it cannot be imported.
        """
        from keepthinking.dialects._base import Dialect  # noqa: PLC0415 - not before somebody asks for one

        plugin, spec = self._claim("dialect", self._dialects(), name)
        found = self._object(plugin, spec.target)
        if not isinstance(found, Dialect) or found.id != name:
            raise PluginError(f"`{spec.target}` is not the dialect {name!r}", plugins=(plugin,))
        return found

    def dialects(self) -> tuple[str, ...]:
        """Give the ids of all dialects, ours first."""
        return tuple(self._dialects())

    def adapter(self, name: str) -> Adapter[Any]:
        """Give an adapter, imported now if it was not yet.

        Warns:
            PluginWarning: It was not tested with the installed version of what it needs.

        Raises:
            UnknownNameError: No plug-in names it.
            MissingExtraError: What it needs is not installed.
            PluginError: Two plug-ins claim it, or it cannot be imported.
        """
        plugin, spec = self._claim("adapter", self._adapters(), name)
        self._present(f"adapter `{name}`", spec.requires, told=spec.target in self._objects)
        found = self._object(plugin, spec.target)
        # By name first: a runtime protocol only says "no", and this is the likelier mistake.
        if getattr(found, "name", None) != name or not _is_adapter(found):
            error = PluginError(f"`{spec.target}` is not the adapter {name!r}", plugins=(plugin,))
            self._failures[spec.target] = error
            raise error
        return found

    def adapters(self, *, load: bool = False) -> tuple[AdapterInfo, ...]:
        """Tell what became of each adapter.

        Args:
            load: Whether to import all that can be imported; without it, only what is installed is looked at.
        """
        if load:
            for name in self._adapters():
                with suppress(MissingExtraError, PluginError):  # the state tells
                    self.adapter(name)
        return tuple(self._adapter_info(name, claims) for name, claims in self._adapters().items())

    def command(self, name: str) -> object:
        """Give a subcommand's object, imported now if it was not yet. Raises as `adapter` does."""
        plugin, spec = self._claim("command", self._commands(), name)
        self._present(f"command `{name}`", spec.requires, told=spec.target in self._objects)
        return self._object(plugin, spec.target)

    def commands(self) -> tuple[CommandSpec, ...]:
        """Give all subcommands, ours first; of those that two plug-ins claim only one is listed."""
        return tuple(claims[0][1] for claims in self._commands().values())

    # Loading

    def _load(self) -> None:
        with self._lock:
            if self._loaded:
                return
            self._loaded = True  # first, so that a plug-in which asks us something while it is imported gets an answer
            self._pm.register(_builtin, OURS)
            self._infos[OURS] = PluginInfo(name=OURS, distribution=OURS, version=__version__, state="loaded")
            points = _entry_points.find(GROUP) if self._entry_points else []
            for point in points:
                rivals = [other for other in points if other.name == point.name]
                if point.name == OURS or len(rivals) > 1:
                    self._clash(point, rivals)
                else:
                    self._load_point(point)
        self._tell()

    def _load_point(self, point: metadata.EntryPoint) -> None:
        distribution, version = _entry_points.owner(point)
        info = PluginInfo(name=point.name, distribution=distribution, version=version, state="loaded")
        try:
            for need in _entry_points.needs(point):
                state, found = _presence(need)
                if state == "missing":
                    self._infos[point.name] = replace(info, state=state, cause=_missing(need))
                    return
                if state == "out-of-range":
                    info = replace(info, state=state)
                    self._untold.append(f"plug-in `{point.name}` needs {need}, and {found} is installed")
            self._infos[point.name] = info
            self._register(point.load(), point.name)
        except _FAILURES as error:
            self._infos[point.name] = info
            self._blame(point.name, error)

    def _clash(self, point: metadata.EntryPoint, rivals: list[metadata.EntryPoint]) -> None:
        distribution, version = _entry_points.owner(point)
        owners = [_entry_points.owner(rival)[0] for rival in rivals]
        if point.name == OURS:
            owners.insert(0, OURS)
        error = PluginError(
            f"{' and '.join(owners)} both announce a plug-in named {point.name!r}",
            plugins=owners,
            hint="uninstall one of them",
        )
        info = PluginInfo(name=point.name, distribution=distribution, version=version, state="broken", cause=error)
        self._clashes.append(info)
        if str(error) not in self._untold:
            self._untold.append(str(error))

    def _register(self, plugin: object, name: str) -> None:
        # All of it before any of it: pluggy registers what stands before the first mistake.
        hooks = 0
        for attribute in dir(plugin):
            options = self._pm.parse_hookimpl_opts(plugin, attribute)
            if options is None:
                continue
            hooks += 1
            hook = options.get("specname") or attribute
            known = {spec for spec in dir(self._pm.hook) if not spec.startswith("_")} | LATER_HOOKS
            if hook not in known and not options.get("optionalhook"):
                close = difflib.get_close_matches(hook, known, n=1)
                hint = f"did you mean `{close[0]}`?" if close else f"known: {', '.join(sorted(known))}"
                raise PluginError(f"plug-in `{name}` implements {hook!r}, which is no hook", plugins=(name,), hint=hint)
            if options.get("wrapper") or options.get("hookwrapper"):
                raise PluginError(f"plug-in `{name}` wraps {hook!r}; hooks only return data", plugins=(name,))
            if inspect.signature(getattr(plugin, attribute)).parameters:
                raise PluginError(f"plug-in `{name}`: `{attribute}` takes arguments; hooks take none", plugins=(name,))
        if not hooks:
            hint = "mark its functions with `keepthinking.hookspecs.hookimpl`"
            raise PluginError(f"plug-in `{name}` implements no hook", plugins=(name,), hint=hint)
        try:
            self._pm.register(plugin, name)
        except ValueError as error:
            raise PluginError(f"plug-in `{name}` is registered already", plugins=(name,)) from error

    def _call(self, name: str, hook: str, function: Callable[[], object], kind: type[_T]) -> list[_T]:
        try:
            result = function()
            values = list(cast("Iterable[object]", result))
        except _FAILURES as error:
            self._blame(name, error)
            return []
        good = [value for value in values if isinstance(value, kind)]
        if len(good) == len(values):
            return good
        bad = next(value for value in values if not isinstance(value, kind))
        what = f"`{hook}` of plug-in `{name}` gives a {type(bad).__name__}, not a {kind.__name__}"
        self._blame(name, PluginError(what, plugins=(name,)))
        return []

    def _hand_over(self, plugin: str, register: Callable[..., None], rows: list[Any]) -> None:
        try:
            register(rows, plugin=plugin)
        except PluginError as error:
            self._blame(plugin, error)

    def _blame(self, name: str, error: BaseException) -> None:
        if self._infos[name].state != "broken":
            self._infos[name] = replace(self._infos[name], state="broken", cause=error)
            self._untold.append(f"plug-in `{name}` is broken: {type(error).__name__}: {error}")

    def _tell(self) -> None:
        # Last, with nothing half done: where warnings are errors, this raises.
        while self._untold:
            warnings.warn(self._untold.pop(0), PluginWarning, stacklevel=3)

    # Looking up

    def _adapters(self) -> _Table[AdapterSpec]:
        return self._table("adapter", "keepthinking_adapters", AdapterSpec)

    def _dialects(self) -> _Table[DialectSpec]:
        return self._table("dialect", "keepthinking_dialects", DialectSpec)

    def _commands(self) -> _Table[CommandSpec]:
        return self._table("command", "keepthinking_commands", CommandSpec)

    def _table(self, what: str, hook: str, kind: type[_Spec]) -> _Table[_Spec]:
        self._load()
        with self._lock:
            if hook in self._tables:
                return self._tables[hook]
            table: _Table[_Spec] = {}
            for plugin, spec in self.collect(hook, kind):
                claims = table.setdefault(spec.name, [])
                if (plugin, spec) not in claims:
                    claims.append((plugin, spec))
            for name, claims in table.items():
                if len(claims) > 1:
                    error = _contested(what, name, claims)
                    for plugin, _ in claims:
                        if plugin != OURS:
                            self._blame(plugin, error)
                    if claims[0][0] == OURS:
                        table[name] = claims[:1]
            self._tables[hook] = table
        self._tell()
        return table

    def _claim(self, what: str, table: _Table[_Spec], name: str) -> tuple[str, _Spec]:
        claims = table.get(name)
        if claims is None:
            error = UnknownNameError(what, name, table)
            idle = [
                f"`{info.name}` ({info.state})"
                for info in (*self._infos.values(), *self._clashes)
                if info.state in {"broken", "missing"}
            ]
            if idle:
                error.hint += f"; plug-ins that are not in use: {', '.join(idle)}"
            raise error
        if len(claims) > 1:
            raise _contested(what, name, claims)
        return claims[0]

    def _present(self, what: str, requires: Requirement | None, *, told: bool) -> None:
        state, version = _presence(requires)
        if requires is not None and state == "missing":
            raise _missing(requires)
        if state == "out-of-range" and not told:
            warnings.warn(f"{what} was tested with {requires}, and {version} is installed", PluginWarning, stacklevel=4)

    def _object(self, plugin: str, target: str) -> object:
        # Without the lock: an import may wait for another thread that is importing and asks us something.
        if target not in self._objects:
            module, _, name = target.partition(":")
            try:
                self._objects[target] = attrgetter(name)(import_module(module))
            except _FAILURES as cause:
                what = f"`{target}` of plug-in `{plugin}` cannot be imported: {type(cause).__name__}: {cause}"
                self._failures[target] = PluginError(what, plugins=(plugin,))
                raise self._failures[target] from cause
        return self._objects[target]

    def _adapter_info(self, name: str, claims: list[tuple[str, AdapterSpec]]) -> AdapterInfo:
        plugin = ", ".join(claim[0] for claim in claims)
        spec = claims[0][1]
        state, version = _presence(spec.requires)
        cause = _contested("adapter", name, claims) if len(claims) > 1 else self._failures.get(spec.target)
        if cause is not None:
            state = "broken"
        elif state == "ready" and spec.target in self._objects:
            state = "loaded"
        return AdapterInfo(name=name, plugin=plugin, requires=spec.requires, version=version, state=state, cause=cause)


def _is_adapter(value: object) -> TypeGuard[Adapter[Any]]:
    return isinstance(value, Adapter)


def _presence(requires: Requirement | None) -> tuple[State, str]:
    if requires is None:
        return "ready", ""
    version = _entry_points.installed(requires.distribution)
    if version is None:
        return "missing", ""
    return "ready" if requires.allows(version) else "out-of-range", version


def _missing(requires: Requirement) -> MissingExtraError:
    error = MissingExtraError(str(requires), requires.extra)
    if not requires.extra:
        error.hint = f"install '{requires}'"
    return error


def _contested(what: str, name: str, claims: list[tuple[str, _Spec]]) -> PluginError:
    names = [plugin for plugin, _ in claims]
    quoted = " and ".join(f"`{plugin}`" for plugin in names)
    return PluginError(f"the plug-ins {quoted} claim the {what} {name!r}", plugins=names, hint="uninstall one of them")


def _by_plugin(given: list[tuple[str, _T]]) -> Iterable[tuple[str, list[_T]]]:
    grouped: dict[str, list[_T]] = {}
    for plugin, value in given:
        grouped.setdefault(plugin, []).append(value)
    return grouped.items()


_manager = Manager()


def get_manager() -> Manager:
    """Give the process's own manager; a test that wants another makes a `Manager`."""
    return _manager


def dialect(name: str) -> Dialect:
    """Give a dialect by its id, such as `openai-chat`; see `Manager.dialect`."""
    return _manager.dialect(name)


def dialects() -> tuple[str, ...]:
    """Give the ids of all dialects, ours first."""
    return _manager.dialects()


def adapter(name: str) -> Adapter[Any]:
    """Give an adapter by its name, such as `langchain`; see `Manager.adapter`."""
    return _manager.adapter(name)


def adapters(*, load: bool = False) -> tuple[AdapterInfo, ...]:
    """Tell what became of each adapter; see `Manager.adapters`."""
    return _manager.adapters(load=load)


def command(name: str) -> object:
    """Give a subcommand by its name; see `Manager.command`."""
    return _manager.command(name)


def commands() -> tuple[CommandSpec, ...]:
    """Give all subcommands, ours first."""
    return _manager.commands()


def plugins() -> tuple[PluginInfo, ...]:
    """Tell what became of each plug-in."""
    return _manager.plugins()
