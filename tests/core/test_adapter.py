"""Adapters, subjects and endpoints: what they promise, and that no credential gets out."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import pickle
import pprint
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from keepthinking import Adapter, AdapterSpec, Converted, Endpoint, Message, Requirement, Session, Subject
from keepthinking._adapter import POWERS, Capability, Run, RunTool, Saves, Variant
from keepthinking._messages import Tool
from keepthinking._profiles import Profile

KEY = "sk-canary-0123456789"

ENDPOINT = Endpoint(
    dialect="openai-chat",
    base_url="https://api.example.com/v1",
    model="m",
    api_key=KEY,
    profile="minimax",
    headers={"Authorization": f"Bearer {KEY}", "X-Trace": "t"},
)

# Credentials


def test_an_endpoint_shows_everything_but_its_credentials() -> None:
    assert repr(ENDPOINT) == (
        "Endpoint(dialect='openai-chat', base_url='https://api.example.com/v1', model='m', profile='minimax',"
        " api_key=<hidden>, headers=<Authorization, X-Trace>)"
    )
    assert (ENDPOINT.api_key, ENDPOINT.headers["X-Trace"]) == (KEY, "t")


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{KEY}@api.example.com/v1",
        f"https://{KEY}@api.example.com",
        f"https://api.example.com/v1?key={KEY}",
    ],
)
def test_a_credential_in_the_url_is_not_shown(url: str) -> None:
    endpoint = Endpoint(dialect="gemini", base_url=url, model="m")

    assert KEY not in repr(endpoint)
    assert "api.example.com" in repr(endpoint)
    assert endpoint.base_url == url


def test_no_way_of_showing_an_endpoint_shows_its_credential() -> None:
    out = io.StringIO()
    pprint.pprint({"endpoint": [ENDPOINT]}, stream=out)
    try:
        raise ValueError(ENDPOINT)  # noqa: TRY301 - an error that somebody hands an endpoint to
    except ValueError:
        out.write(traceback.format_exc())
    out.write(f"{ENDPOINT} {ENDPOINT!r} {[ENDPOINT]!s}")

    assert "Endpoint" in out.getvalue()
    assert KEY not in out.getvalue()


@pytest.mark.parametrize("dump", [json.dumps, msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins, vars])
def test_nothing_dumps_an_endpoint(dump: Any) -> None:
    with pytest.raises((TypeError, NotImplementedError)):
        dump(ENDPOINT)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_endpoint_is_never_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(ENDPOINT, protocol)


def test_an_endpoint_may_be_copied_with_whatever_holds_it() -> None:
    held = {"client": [ENDPOINT]}

    assert copy.deepcopy(held) == held
    assert copy.copy(ENDPOINT) == ENDPOINT
    assert copy.deepcopy(ENDPOINT).api_key == KEY


def test_an_endpoint_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="replace"):
        ENDPOINT.model = "n"
    with pytest.raises(AttributeError, match="replace"):
        del ENDPOINT.api_key
    with pytest.raises(TypeError):
        ENDPOINT.headers["X"] = "y"  # type: ignore[index]


def test_the_headers_of_an_endpoint_are_its_own() -> None:
    headers = {"a": "1"}
    endpoint = Endpoint(dialect="d", base_url="u", model="m", headers=headers)
    headers["a"] = "2"

    assert endpoint.headers == {"a": "1"}


def test_a_changed_copy_keeps_the_rest() -> None:
    other = ENDPOINT.replace(model="n", api_key=None)

    assert (other.model, other.api_key, other.headers) == ("n", None, ENDPOINT.headers)
    assert other != ENDPOINT
    assert ENDPOINT.replace() == ENDPOINT
    assert hash(ENDPOINT.replace()) == hash(ENDPOINT)
    with pytest.raises(TypeError):
        ENDPOINT.replace(modell="n")


def test_a_profile_may_be_a_value() -> None:
    profile = Profile(name="mine", dialect="openai-chat", provider="me")

    assert "profile='mine'" in repr(ENDPOINT.replace(profile=profile))


# Requirements and specs


def test_a_requirement_says_what_it_allows() -> None:
    requirement = Requirement("langchain-core", ">=1.0,<3", "langchain")

    assert str(requirement) == "langchain-core>=1.0,<3"
    assert [requirement.allows(version) for version in ("0.9", "1.0", "2.9.1", "3.0")] == [False, True, True, False]
    assert Requirement("x").allows("anything")


def test_a_range_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="'about 2' is not a version clause"):
        Requirement("x", "about 2")


@pytest.mark.parametrize("target", ["a:B", "a.b.c:D.e", "_a:_b"])
def test_a_target_names_a_module_and_an_object(target: str) -> None:
    assert AdapterSpec("x", None, target).target == target


@pytest.mark.parametrize("target", ["", "a", "a.b", "a:", ":b", "a:b:c", "a b:c", "a-b:c", "a..b:c", "1a:b", "a:b()"])
def test_a_target_that_is_none_is_refused_at_once(target: str) -> None:
    with pytest.raises(ValueError, match=r"package\.module:OBJECT"):
        AdapterSpec("x", None, target)


def test_specs_are_values() -> None:
    one, other = (AdapterSpec("x", Requirement("y", ">=1"), "a:b") for _ in range(2))

    assert one == other
    assert len({one, other}) == 1
    with pytest.raises(AttributeError):
        one.name = "z"  # type: ignore[misc]


# Protocols: the smallest classes that fulfil them, for type checkers as much as for this test


class Bare:
    """A framework whose history is a list of our own messages."""

    name = "bare"
    requires = Requirement("keepthinking")

    def to_native(self, messages: Sequence[Message]) -> Converted[list[Message]]:
        return Converted(value=list(messages))

    def from_native(self, native: list[Message]) -> Converted[tuple[Message, ...]]:
        return Converted(value=tuple(native))

    def same_native(self, a: list[Message], b: list[Message]) -> bool:
        return a == b

    def dump(self, native: list[Message]) -> bytes:
        return pickle.dumps(native)

    def load(self, data: bytes) -> list[Message]:
        return list(pickle.loads(data))  # noqa: S301 - what dump wrote

    def model(self, endpoint: Endpoint, **native_options: Any) -> object:
        return (endpoint, native_options)

    def subjects(self) -> Iterable[Subject]:
        return (BareSubject(),)


class BareSession:
    def __init__(self) -> None:
        self.said: list[str] = []

    async def turn(self, text: str) -> str:
        self.said.append(text)
        return text.upper()

    async def close(self) -> None:
        self.said.clear()


class BareSubject:
    id = "bare.stock"
    framework = "bare"
    variant: Variant = "stock"
    dialects = frozenset({"openai-chat"})
    profiles = frozenset[str]()
    requires: tuple[Requirement, ...] = ()
    capabilities = frozenset[Capability]()

    async def start(self, run: Run) -> Session:
        assert run.endpoint.dialect in self.dialects
        return BareSession()


def test_the_smallest_adapter_fulfils_the_protocol() -> None:
    adapter: Adapter[list[Message]] = Bare()
    history = (Message.user("a"),)

    assert isinstance(adapter, Adapter)
    native = adapter.to_native(history)
    assert (native.losses, native.findings) == ((), ())
    assert adapter.from_native(adapter.load(adapter.dump(native.value))).value == history
    assert not isinstance(object(), Adapter)


def test_the_smallest_subject_takes_a_turn(tmp_path: Path) -> None:
    async def look(arguments: str) -> str:
        return arguments

    async def examine(subject: Subject) -> str:
        tool = RunTool(tool=Tool(name="look"), call=look)
        session = await subject.start(Run(id="1", endpoint=ENDPOINT, directory=tmp_path, tools=(tool,)))
        assert isinstance(session, Session)
        assert not isinstance(session, Saves)
        try:
            return await session.turn("hi")
        finally:
            await session.close()

    (subject,) = Bare().subjects()

    assert isinstance(subject, Subject)
    assert asyncio.run(examine(subject)) == "HI"


def test_a_run_does_not_show_the_credential(tmp_path: Path) -> None:
    assert KEY not in repr(Run(id="1", endpoint=ENDPOINT, directory=tmp_path))


def test_every_power_is_a_session() -> None:
    for protocol in POWERS.values():
        assert {"turn", "close"} < {name for name in dir(protocol) if not name.startswith("_")}
