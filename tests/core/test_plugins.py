"""The plug-in loader, on real distributions: metadata, entry points and modules in a directory on the path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Install = Callable[..., None]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def install(site: Path) -> Install:
    """Put a distribution on the path of `ask`, as pip would."""

    def distribution(  # noqa: PLR0913 - one keyword for each part of a distribution
        name: str,
        version: str = "1.0",
        *,
        plugin: str | None = None,
        module: str | None = None,
        code: str = "",
        requires: tuple[str, ...] = (),
        entry_points: str | None = None,
    ) -> None:
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {need}" for need in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
        module = module or name.replace("-", "_")
        if entry_points is None and plugin:
            entry_points = f"[keepthinking.plugins]\n{plugin} = {module}\n"
        if entry_points:
            (info / "entry_points.txt").write_text(entry_points, encoding="utf-8")
        if code:
            (site / f"{module}.py").write_text(textwrap.dedent(code), encoding="utf-8")

    return distribution


@pytest.fixture
def ask(site: Path) -> Callable[..., Any]:
    """Run code in a fresh interpreter and give what it assigned to `answer`."""

    def run(code: str, *options: str) -> Any:
        program = f"import json\n{textwrap.dedent(code)}\nprint(json.dumps(answer))"
        path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
        done = subprocess.run(
            [sys.executable, *options, "-c", program],
            capture_output=True,
            check=False,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


HEAD = """
from keepthinking.hookspecs import AdapterSpec, CommandSpec, DialectSpec, Profile, Requirement, Rule, hookimpl
"""


def adapter_code(name: str, requirement: str = "None", target: str = "foo_adapter:ADAPTER") -> str:
    return f"""{HEAD}
@hookimpl
def keepthinking_adapters():
    return [AdapterSpec({name!r}, {requirement}, {target!r})]
"""


def adapter_module(name: str, before: str = "") -> str:
    return f"""
from keepthinking import Converted, Requirement
{before}

class Foo:
    name = {name!r}
    requires = Requirement("foo-agents", ">=2,<4")
    def to_native(self, messages): return Converted(value=list(messages))
    def from_native(self, native): return Converted(value=tuple(native))
    def same_native(self, a, b): return a == b
    def dump(self, native): return b""
    def load(self, data): return []
    def model(self, endpoint, **native_options): return object()
    def subjects(self): return ()

ADAPTER = Foo()
"""


STATES = """
from keepthinking import plugins
import warnings
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    plugins.get_manager().feed()
    # Our own rooms announce themselves, too, where they are installed.
    states = {info.name: info.state for info in plugins.plugins() if info.distribution != "keepthinking"}
    causes = {info.name: f"{type(info.cause).__name__}: {info.cause}" for info in plugins.plugins() if info.cause}
    adapters = {info.name: info.state for info in plugins.adapters()}
answer = [states, causes, adapters, [str(one.message) for one in told]]
"""


# What ships with the package


def test_our_own_things_come_through_the_same_hooks(ask: Callable[..., Any]) -> None:
    answer = ask("""
        import keepthinking
        from keepthinking import plugins
        answer = {
            "plugins": [(info.name, info.state) for info in plugins.plugins()],
            "dialects": plugins.dialects(),
            "ids": [keepthinking.dialect(name).id for name in plugins.dialects()],
            "commands": [spec.name for spec in plugins.commands()],
        }
    """)

    assert answer["plugins"][0] == ["keepthinking", "loaded"]
    assert answer["dialects"][:2] == ["openai-chat", "anthropic-messages"]
    assert answer["ids"] == answer["dialects"]
    assert "audit" in answer["commands"]


def test_nothing_is_imported_before_it_is_asked_for(ask: Callable[..., Any], install: Install) -> None:
    install("foo-agents", "2.1")
    install("keepthinking-foo", plugin="foo", code=adapter_code("foo", "Requirement('foo-agents', '>=2,<4')"))
    install("foo-adapter", code=adapter_module("foo"))

    answer = ask("""
        import sys
        import keepthinking
        before = [name for name in ("pluggy", "importlib.metadata", "keepthinking_foo") if name in sys.modules]
        from keepthinking import plugins
        plugins.dialects(), plugins.commands()
        listed = {info.name: info.state for info in plugins.adapters()}
        then = [name for name in sys.modules if name.startswith(("foo_adapter", "keepthinking.dialects", "click"))]
        adapter = plugins.adapter("foo")
        again = {info.name: info.state for info in plugins.adapters()}
        answer = [before, listed["foo"], then, adapter.name, adapter is plugins.adapter("foo"), again["foo"]]
    """)

    assert answer == [[], "ready", [], "foo", True, "loaded"]


def test_importing_keepthinking_is_cheap(ask: Callable[..., Any]) -> None:
    answer = ask("""
        import sys
        before = set(sys.modules)
        import keepthinking
        answer = sorted(name.partition(".")[0] for name in set(sys.modules) - before)
    """)

    assert not set(answer) & {"pluggy", "click", "rich", "httpx", "httpx2", "email", "asyncio"}


# States


def test_each_plugin_has_its_own_fate(ask: Callable[..., Any], install: Install) -> None:
    install("foo-agents", "4.0")
    install("keepthinking-a-raises", plugin="a-raises", code="raise RuntimeError('no luck')")
    install("keepthinking-b-exits", plugin="b-exits", code="import sys; sys.exit(1)")
    install("keepthinking-c-absent", plugin="c-absent", module="no_such_module")
    install("keepthinking-d-needs", plugin="d-needs", code="import nowhere", requires=("nowhere>=1",))
    install("keepthinking-e-imports", plugin="e-imports", code="import nowhere")
    install("keepthinking-f-range", plugin="f-range", code=adapter_code("f"), requires=("foo-agents (<4,>=2)",))
    install("keepthinking-g-syntax", plugin="g-syntax", code="def")
    install("keepthinking-h-empty", plugin="h-empty", code="x = 1")
    install(
        "keepthinking-i-extra",
        plugin="i-extra",
        code=adapter_code("i"),
        requires=(
            'nowhere; extra == "test"',
            'nowhere; python_version < "3"',
            "foo-agents[x]~=4.0",
            "foo-agents===4.0",
        ),
    )
    install("keepthinking-z-good", plugin="z-good", code=adapter_code("z"))

    states, causes, adapters, told = ask(STATES)

    assert states == {
        "a-raises": "broken",
        "b-exits": "broken",
        "c-absent": "broken",
        "d-needs": "missing",
        "e-imports": "broken",
        "f-range": "out-of-range",
        "g-syntax": "broken",
        "h-empty": "broken",
        "i-extra": "loaded",
        "z-good": "loaded",
    }
    assert causes["a-raises"] == "RuntimeError: no luck"
    assert causes["b-exits"].startswith("SystemExit")
    assert causes["c-absent"].startswith("ModuleNotFoundError")
    assert "nowhere>=1" in causes["d-needs"]
    assert "implements no hook" in causes["h-empty"]
    assert {"f", "i", "z"} <= adapters.keys()
    assert any("`f-range` needs foo-agents<4,>=2" in line and "4.0 is installed" in line for line in told)
    assert sum("is broken" in line for line in told) == 6
    assert not any("d-needs" in line for line in told)


def test_the_extras_that_an_entry_point_names_are_needed(ask: Callable[..., Any], install: Install) -> None:
    install(
        "keepthinking-foo",
        entry_points="[keepthinking.plugins]\nfoo = keepthinking_foo [agents]\n",
        code=adapter_code("foo"),
        requires=('nowhere; extra == "agents"',),
    )

    states, *_ = ask(STATES)

    assert states["foo"] == "missing"


def test_a_plugin_that_wants_another_keepthinking_is_loaded_with_a_warning(
    ask: Callable[..., Any], install: Install
) -> None:
    install("keepthinking-foo", plugin="foo", code=adapter_code("foo"), requires=("keepthinking>=99",))

    states, _, adapters, told = ask(STATES)

    assert states["foo"] == "out-of-range"
    assert "foo" in adapters
    assert ["keepthinking>=99" in line for line in told] == [True]


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("@hookimpl\ndef keepthinking_adaptors(): return []", "did you mean `keepthinking_adapters`?"),
        ("@hookimpl\ndef keepthinking_adapters(register): return []", "takes arguments"),
        ("@hookimpl(wrapper=True)\ndef keepthinking_adapters(): return (yield)", "wraps"),
        ("@hookimpl\ndef keepthinking_adapters(): raise KeyError('x')", "KeyError"),
        ("@hookimpl\ndef keepthinking_adapters(): raise SystemExit", "SystemExit"),
        ("@hookimpl\ndef keepthinking_adapters(): return None", "TypeError"),
        ("@hookimpl\ndef keepthinking_adapters(): return ['foo']", "gives a str, not a AdapterSpec"),
        ("@hookimpl\ndef keepthinking_adapters(): return [AdapterSpec('x', None, 'no target')]", "ValueError"),
        (
            "@hookimpl\ndef keepthinking_adapters(): return [AdapterSpec('x', Requirement('y', '?'), 'a:b')]",
            "ValueError",
        ),
        ("@hookimpl\ndef keepthinking_dialects(): return [DialectSpec('x', 'a.b')]", "ValueError"),
        (
            "@hookimpl\ndef keepthinking_dialects(): return [DialectSpec('openai-chat', 'a:b')]",
            "`keepthinking` and `foo`",
        ),
        ("@hookimpl\ndef keepthinking_commands(): return [CommandSpec('audit', 'a:b')]", "`keepthinking` and `foo`"),
        (
            "@hookimpl\ndef keepthinking_profiles(): return [Profile(name='minimax', dialect='x', provider='x')]",
            "minimax",
        ),
    ],
)
def test_a_plugin_whose_hook_is_wrong_is_broken_and_ours_go_on(
    ask: Callable[..., Any], install: Install, code: str, cause: str
) -> None:
    install("keepthinking-foo", plugin="foo", code=HEAD + code)
    install("keepthinking-good", plugin="good", code=adapter_code("good"))

    states, causes, adapters, told = ask(STATES)
    ours = ask("""
        import warnings; warnings.simplefilter("ignore")
        import keepthinking as kt
        from keepthinking import plugins
        answer = [kt.dialect("openai-chat").id, next(c.target for c in plugins.commands() if c.name == "audit")]
    """)

    assert (states["foo"], states["good"]) == ("broken", "loaded")
    assert cause in causes["foo"]
    assert "good" in adapters
    assert "x" not in adapters
    assert any("`foo` is broken" in line for line in told)
    assert ours == ["openai-chat", "keepthinking.cli._audit:command"]


def test_hooks_of_the_examination_may_be_implemented_before_it_is_loaded(
    ask: Callable[..., Any], install: Install
) -> None:
    install("keepthinking-foo", plugin="foo", code=f"{HEAD}\n@hookimpl\ndef keepthinking_subjects(): return []")
    install("keepthinking-new", plugin="new", code=f"{HEAD}\n@hookimpl(optionalhook=True)\ndef keepthinking_x(): ...")

    states, *_ = ask(STATES)

    assert (states["foo"], states["new"]) == ("loaded", "loaded")


def test_a_room_can_add_hooks_and_collect_them(ask: Callable[..., Any], install: Install) -> None:
    install("keepthinking-foo", plugin="foo", code=f"{HEAD}\n@hookimpl\ndef keepthinking_checks(): return ['a', 'b']")
    install("more-hooks", code="from keepthinking.hookspecs import hookspec\n@hookspec\ndef keepthinking_checks(): ...")

    answer = ask("""
        import more_hooks
        from keepthinking.plugins import get_manager
        get_manager().add_hookspecs(more_hooks)
        answer = get_manager().collect("keepthinking_checks", str)
    """)

    assert answer == [["foo", "a"], ["foo", "b"]]


def test_broken_metadata_of_one_distribution_does_not_hide_the_others(
    ask: Callable[..., Any], install: Install, site: Path
) -> None:
    install("keepthinking-bad", entry_points="[keepthinking.plugins]\nno equals sign\n")
    install("keepthinking-worse", entry_points="[keepthinking.plugins]\nworse = not a module!\n")
    install(
        "keepthinking-nameless", plugin="nameless", code=adapter_code("x", "Requirement('keepthinking-bare', '>=1')")
    )
    install("keepthinking-bare")
    install("keepthinking-good", plugin="good", code=adapter_code("good"))
    for metadata in site.glob("keepthinking_[bn]a*/METADATA"):
        metadata.unlink()

    states, _, adapters, _ = ask(STATES)

    assert states["good"] == "loaded"
    assert states["worse"] == "broken"
    assert adapters["good"] == "ready"
    assert adapters.get("x", "out-of-range") == "out-of-range"


# Names


def test_two_plugins_of_one_name_are_an_error_that_names_both(ask: Callable[..., Any], install: Install) -> None:
    install("keepthinking-one", plugin="foo", code=adapter_code("one"))
    install("keepthinking-two", plugin="foo", code=adapter_code("two"))
    install("keepthinking-three", plugin="keepthinking", code=adapter_code("three"))

    answer = ask("""
        import warnings; warnings.simplefilter("ignore")
        from keepthinking import plugins
        answer = [
            [
                (info.name, info.distribution, info.state, info.cause.plugins)
                for info in plugins.plugins()
                if info.distribution != "keepthinking"
            ],
            [info.name for info in plugins.adapters()],
        ]
        try:
            plugins.adapter("one")
        except LookupError as error:
            answer.append(error.hint)
    """)

    assert answer[0] == [
        ["foo", "keepthinking-one", "broken", ["keepthinking-one", "keepthinking-two"]],
        ["foo", "keepthinking-two", "broken", ["keepthinking-one", "keepthinking-two"]],
        ["keepthinking", "keepthinking-three", "broken", ["keepthinking", "keepthinking-three"]],
    ]
    assert not {"one", "two", "three"} & set(answer[1])
    assert "not in use: `foo` (broken)" in answer[2]


def test_two_adapters_of_one_name_belong_to_nobody(ask: Callable[..., Any], install: Install) -> None:
    install("keepthinking-one", plugin="one", code=adapter_code("foo"))
    install("keepthinking-two", plugin="two", code=adapter_code("foo"))

    answer = ask("""
        import warnings; warnings.simplefilter("ignore")
        from keepthinking import PluginError, plugins
        try:
            plugins.adapter("foo")
        except PluginError as error:
            answer = [str(error), error.plugins]
        answer.append([(i.name, i.plugin, i.state) for i in plugins.adapters(load=True) if i.name == "foo"])
        answer.append([i.state for i in plugins.plugins() if i.name in ("one", "two")])
    """)

    assert "`one` and `two` claim the adapter 'foo'" in answer[0]
    assert answer[1:] == [["one", "two"], [["foo", "one, two", "broken"]], ["broken", "broken"]]


def test_an_unknown_name_offers_those_that_are_near(ask: Callable[..., Any]) -> None:
    answer = ask("""
        import keepthinking
        try:
            keepthinking.dialect("openai_chat")
        except keepthinking.UnknownNameError as error:
            answer = str(error)
    """)

    assert "no dialect named 'openai_chat'" in answer
    assert "did you mean 'openai-chat'" in answer


# Adapters


@pytest.mark.parametrize(
    ("installed", "state", "outcome"),
    [
        (
            None,
            "missing",
            "MissingExtraError: foo-agents>=2,<4 is not installed (fault: caller); install 'foo-agents>=2,<4'",
        ),
        ("2.5", "loaded", "foo"),
        ("4.0", "out-of-range", "foo"),
        ("4.0rc1", "out-of-range", "foo"),
        ("1.0", "out-of-range", "foo"),
    ],
)
def test_an_adapter_looks_at_what_is_installed_first(
    ask: Callable[..., Any], install: Install, installed: str | None, state: str, outcome: str
) -> None:
    if installed:
        install("foo-agents", installed)
    install("keepthinking-foo", plugin="foo", code=adapter_code("foo", "Requirement('foo-agents', '>=2,<4')"))
    install("foo-adapter", code=adapter_module("foo"))

    answer = ask("""
        import warnings
        from keepthinking import plugins
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                answer = [plugins.adapter("foo").name]
                plugins.adapter("foo")
            except ImportError as error:
                answer = [f"{type(error).__name__}: {error}"]
        info, = [info for info in plugins.adapters() if info.name == "foo"]
        answer += [info.state, info.version, [str(one.message) for one in told if "was tested" in str(one.message)]]
    """)

    warned = [f"adapter `foo` was tested with foo-agents>=2,<4, and {installed} is installed"]
    assert answer == [outcome, state, installed or "", warned if state == "out-of-range" else []]


def test_a_missing_framework_of_ours_names_the_extra(ask: Callable[..., Any], install: Install) -> None:
    install("keepthinking-foo", plugin="foo", code=adapter_code("foo", "Requirement('nowhere', '>=1', 'agents')"))

    answer = ask("""
        from keepthinking import plugins
        try:
            plugins.adapter("foo")
        except ImportError as error:
            answer = str(error)
    """)

    assert answer.endswith("install 'keepthinking[agents]'")


@pytest.mark.parametrize(
    ("module", "cause"),
    [
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
        ("import nowhere", "ModuleNotFoundError"),
        ("", "AttributeError"),
        ("ADAPTER = 1", "is not the adapter 'foo'"),
        (adapter_module("bar"), "is not the adapter 'foo'"),
        (adapter_module("foo").replace("def load", "def lode"), "is not the adapter 'foo'"),
    ],
    ids=["raises", "imports", "empty", "a number", "another name", "no load"],
)
def test_a_broken_adapter_says_why_and_stops_no_other(
    ask: Callable[..., Any], install: Install, module: str, cause: str
) -> None:
    install("keepthinking-foo", plugin="foo", code=adapter_code("foo"))
    install("foo-adapter", code=module or "# empty")
    install("keepthinking-good", plugin="good", code=adapter_code("good", target="good_adapter:ADAPTER"))
    install("good-adapter", code=adapter_module("good"))

    answer = ask("""
        from keepthinking import PluginError, plugins
        states = {info.name: (info.state, str(info.cause)) for info in plugins.adapters(load=True)}
        try:
            plugins.adapter("foo")
        except PluginError as error:
            answer = [states, str(error), error.plugins, plugins.adapter("good").name]
    """)

    assert answer[0]["foo"][0] == "broken"
    assert cause in answer[0]["foo"][1]
    assert cause in answer[1]
    assert answer[2:] == [["foo"], "good"]
    assert answer[0]["good"][0] == "loaded"


# Dialects, profiles, rules and commands of others


def test_a_plugin_brings_a_dialect_a_profile_and_a_command(ask: Callable[..., Any], install: Install) -> None:
    install(
        "keepthinking-foo",
        plugin="foo",
        code=f"""{HEAD}
@hookimpl
def keepthinking_dialects(): return [DialectSpec("foo-wire", "foo_wire:DIALECT"), DialectSpec("bad-wire", "foo_wire:X")]
@hookimpl
def keepthinking_profiles():
    return [Profile(name="foo", dialect="openai-chat", provider="foo", hosts=("*.foo.example",))]
@hookimpl
def keepthinking_commands():
    return [
        CommandSpec("foo", "foo_wire:X", help="Do foo."),
        CommandSpec("bar", "foo_wire:X", requires=Requirement("nowhere", "", "proxy")),
    ]
""",
    )
    install(
        "foo-wire",
        code="""
from keepthinking.dialects.openai_chat import DIALECT as CHAT
class Foo(type(CHAT)):
    id = "foo-wire"
DIALECT = Foo()
X = 7
""",
    )

    answer = ask("""
        import keepthinking as kt
        from keepthinking import plugins
        def failure(call, *args):
            try: return call(*args)
            except kt.KeepthinkingError as error: return f"{type(error).__name__}: {error}"
        answer = {
            "dialect": kt.dialect("foo-wire").id,
            "bad": failure(plugins.dialect, "bad-wire"),
            "profile": kt.profile_for("openai-chat", host="api.foo.example").name,
            "commands": [spec.help for spec in plugins.commands() if spec.name == "foo"],
            "command": plugins.command("foo"),
            "bar": failure(plugins.command, "bar"),
        }
    """)

    assert answer["dialect"] == "foo-wire"
    assert "PluginError: `foo_wire:X` is not the dialect 'bad-wire'" in answer["bad"]
    assert answer["profile"] == "foo"
    assert (answer["commands"], answer["command"]) == (["Do foo."], 7)
    assert "MissingExtraError" in answer["bar"]
    assert "keepthinking[proxy]" in answer["bar"]


def test_a_plugin_may_ask_for_something_while_it_is_imported(ask: Callable[..., Any], install: Install) -> None:
    code = f"{HEAD}\nimport keepthinking\nFOUND = keepthinking.dialect('openai-chat').id\n{adapter_code('foo')}"
    install("keepthinking-foo", plugin="foo", code=code)

    answer = ask("""
        from keepthinking import plugins
        answer = [[info.name for info in plugins.adapters()], [info.state for info in plugins.plugins()]]
    """)

    assert "foo" in answer[0]
    assert set(answer[1]) == {"loaded"}


def test_where_warnings_are_errors_the_next_question_is_answered(ask: Callable[..., Any], install: Install) -> None:
    install("keepthinking-foo", plugin="foo", code="raise RuntimeError")

    answer = ask(
        """
        import keepthinking as kt
        from keepthinking.plugins import PluginWarning
        try:
            kt.dialect("openai-chat")
        except PluginWarning as warning:
            answer = [str(warning), kt.dialect("openai-chat").id]
        """,
        "-W",
        "error",
    )

    assert answer == ["plug-in `foo` is broken: RuntimeError: ", "openai-chat"]


# A manager of one's own


def test_a_fresh_manager_knows_what_ships_and_what_is_registered_by_hand() -> None:
    from keepthinking.hookspecs import DialectSpec, hookimpl
    from keepthinking.plugins import Manager, get_manager

    class Mine:
        @hookimpl
        def keepthinking_dialects(self) -> list[DialectSpec]:
            return [DialectSpec("mine", "no_such_module:X")]

    manager = Manager(entry_points=False)
    manager.register(Mine(), "mine")

    assert manager.dialects()[-1] == "mine"
    assert [(info.name, info.state) for info in manager.plugins()] == [("keepthinking", "loaded"), ("mine", "loaded")]
    assert "mine" not in get_manager().dialects()
    assert get_manager() is get_manager()


def test_registering_by_hand_raises_what_a_loaded_plugin_would_be_blamed_for() -> None:
    from keepthinking import PluginError
    from keepthinking.plugins import Manager

    manager = Manager(entry_points=False)

    with pytest.raises(PluginError, match="two plug-ins are named 'keepthinking'"):
        manager.register(object(), "keepthinking")
    with pytest.raises(PluginError, match="implements no hook"):
        manager.register(object(), "mine")
    assert [info.name for info in manager.plugins()] == ["keepthinking"]
