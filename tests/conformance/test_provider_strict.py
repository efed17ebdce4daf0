"""A strict provider refuses what the vendor refuses, in its words: each row with one body that it takes, and one not.

All bodies are written and sent by the vendors' own clients, out of the answers that those clients read, and it is their
own errors that are raised.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

import keepthinking as kt
from keepthinking.retention._rules import Missing, rule
from keepthinking_conformance.provider import Provider, Script, Talk
from keepthinking_conformance.provider._strict import refused, rule_in
from keepthinking_conformance.scenarios import BESIDE, PROVIDERS, SCENARIOS, misfit
from tests.conformance.provider_client import ask, converse, histories, speaks
from tests.conformance.rejections import ENCRYPTED, ROWS, TYPE, Row
from tests.conformance.vendor_clients import Client, History, Ollama, client_of
from tests.core.retention.recipe import ROUTES, Error, Shown, body_of_refusal, request_of, said_by_the_vendor
from tests.core.retention.test_deepseek_recipe import histories as drawn

pytestmark = [pytest.mark.extras, pytest.mark.vendors]

PLAYED = {**PROVIDERS, **BESIDE}
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


def expected(row: Row, talk: Talk) -> str:
    """Fill in what only the run knows."""
    script = talk.script
    called = script.calls[0]
    items = script.answer(0, 0).items
    known = {
        "id": str(called.id),
        "item": str(next((i.id for i in items if i.kind == "function_call"), "")),
        "thought": str(next((i.id for i in items if i.kind == "reasoning"), "")),
    }
    text = row.text
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.profile}-{row.of}" for row in ROWS])
def test_each_row_takes_one_body_and_refuses_another(provider: Provider, row: Row) -> None:
    talk = provider.open(SCENARIOS[row.scenario], profile=row.profile, temper="strict")
    with client_of(talk) as client:
        client.begin()
        client.go_on(row.steps)
        taken = client.send(client.history)
        damaged = row.damage(client.history, talk)
        sending = _send_raw if row.of in {"surrogate", "arguments-text"} else type(client).send
        with pytest.raises(client.error()) as caught:
            sending(client, damaged, **row.more)
    talk.close()

    assert taken is not None
    assert talk.problems == []
    assert [exchange.status for exchange in talk.exchanges] == [200] * (row.steps + 1) + [400]
    assert talk.exchanges[-1].delivered
    said = json.loads(talk.exchanges[-1].response or b"")
    error, text = said["error"], expected(row, talk)
    if row.profile == "openrouter":
        assert (error["message"], error["code"]) == ("Provider returned error", 400)
        assert json.loads(error["metadata"]["raw"]) == {"type": "error", "error": {**TYPE, "message": text}}
        text = "Expected `thinking` or `redacted_thinking`, but found `tool_use`."
    elif isinstance(error, str):
        assert (said, row.members) == ({"error": text}, {})
    else:
        assert text in error["message"]
        assert error["message"] == text or row.text == ENCRYPTED or "{" not in row.text or row.of == "refused: moved"
        assert {key: value for key, value in error.items() if key != "message"} == row.members
    assert text in f"{caught.value} {getattr(caught.value, 'body', '')}"
    assert _agrees(talk, row)


def _send_raw(client: Client, damaged: History) -> None:
    """Send what the client's own writer cannot write: half a character, which JSON has an escape for; another type."""
    served = client.served
    if isinstance(client, Ollama):
        client.sdk._request_raw("POST", "/api/chat", json={"model": served.model, "messages": damaged})
    list_ = "input" if served.dialect == "openai-responses" else "messages"
    body = json.dumps({"model": served.model, "max_tokens": 99, list_: damaged}).encode()
    paths = {"openai-chat": "/chat/completions", "openai-responses": "/responses"}
    path = paths.get(served.dialect, "/v1/messages")
    client.sdk.post(path, cast_to=object, content=body, options={"headers": {"content-type": "application/json"}})


def _agrees(talk: Talk, row: Row) -> bool:
    """Hold both bodies against the vendor's own code, where there is some: DeepSeek's."""
    if not row.profile.startswith("deepseek"):
        return True
    route = next(route for route in ROUTES if route.dialect == talk.script.served.dialect)
    taken, not_taken = (_renamed(exchange.request) for exchange in talk.exchanges[-2:])
    assert isinstance(said_by_the_vendor(route, "DeepSeek-V4-Pro", taken), Shown)
    verdict = said_by_the_vendor(route, "DeepSeek-V4-Pro", not_taken)
    assert isinstance(verdict, Error)
    message = json.loads(talk.exchanges[-1].response or b"")["error"]["message"]
    if verdict.status is None:  # the body cannot be read, and the vendor's text goes on with the place
        return bool(verdict.text.startswith(message))
    assert (verdict.status, verdict.text) == (400, message)
    return bool(body_of_refusal(route, not_taken) == json.loads(talk.exchanges[-1].response or b""))


def _renamed(body: bytes) -> bytes:
    return body.replace(b'"deepseek-v4-pro"', b'"DeepSeek-V4-Pro"')


def test_the_table_has_every_rule_that_is_played_and_every_flaw() -> None:
    wanted = set()
    for name, served in PLAYED.items():
        row = rule(served.rule)
        wanted |= {(name, "missing")} if _is_error(row.missing) else set()
        wanted |= {(name, "refused")} if _is_error(row.refused) else set()
        wanted |= {(name, flaw.kind) for flaw in row.flaws}

    assert {(row.profile, row.of.partition(":")[0]) for row in ROWS} == wanted


def _is_error(what: Missing) -> bool:
    return not (what.status is UNSET and what.text is UNSET)


# -- what is taken -----------------------------------------------------------------------------------------------------


FAITHFUL = [
    (name, scenario.id)
    for name, served in PLAYED.items()
    for scenario in SCENARIOS.values()
    if not misfit(scenario, served) and not scenario.has_other and not scenario.faults
]


@BOTH
@pytest.mark.parametrize("cell", FAITHFUL, ids="/".join)
def test_a_faithful_scaffold_is_never_refused(provider: Provider, cell: tuple[str, str], *, stream: bool) -> None:
    profile, scenario = cell
    talk = provider.open(SCENARIOS[scenario], profile=profile, temper="strict")
    if talk.helper is None and not any(turn.interrupted for turn in talk.script.scenario.turns):
        converse(talk, stream=stream)

    assert talk.problems == []
    assert {exchange.status for exchange in talk.exchanges} <= {200}
    talk.close()


@pytest.mark.parametrize("profile", ["deepseek", "kimi", "deepseek-responses", "deepseek-anthropic"])
def test_a_thought_that_was_never_given_is_not_missing_and_one_that_was_is(profile: str) -> None:
    script = Script(SCENARIOS["no-thought"], PROVIDERS[profile], token="thoughtless")  # noqa: S106 - a name
    steps = [step for turn in script.scenario.turns for step in turn.steps]
    assert any(step.thoughts and step.calls for step in steps)
    assert any(step.calls and not step.thoughts for step in steps)
    for _, _, history in histories(script):
        assert refused(ask(script, history), script, script.voices[0]) is None
        bare = [m.with_blocks([b for b in m.blocks if not isinstance(b, kt.Thinking)]) for m in history]
        lost = any(isinstance(b, kt.Thinking) for m in history[_asked_last(history) :] for b in m.blocks)
        assert (refused(ask(script, bare), script, script.voices[0]) is not None) == lost


def _asked_last(history: History) -> int:
    """Give the index of the user's last words: DeepSeek and Kimi look behind them alone."""
    return max(n for n, message in enumerate(history) if message.role == "user" and message.text)


def test_lenient_never_refuses(provider: Provider) -> None:
    for row in ROWS:
        talk = provider.open(SCENARIOS[row.scenario], profile=row.profile)
        with client_of(talk) as client:
            client.begin()
            client.go_on(row.steps)
            damaged = row.damage(client.history, talk)
            if row.of not in {"surrogate", "arguments-text"}:  # its own writer cannot write them
                client.send(damaged, **row.more)
        assert {exchange.status for exchange in talk.exchanges} == {200}
        talk.close()


@pytest.mark.parametrize(
    ("profile", "params", "takes"),
    [
        ("deepseek", {"thinking": {"type": "disabled"}}, True),
        ("deepseek", {"tool_choice": "none"}, False),
        ("anthropic", {"thinking": {"type": "enabled", "budget_tokens": 1024}}, False),
    ],
)
def test_what_is_refused_depends_on_what_is_asked_for(profile: str, params: dict[str, Any], *, takes: bool) -> None:
    script = Script(SCENARIOS["loop"], PROVIDERS[profile], token="asked")  # noqa: S106 - a name
    _, _, history = histories(script)[1]
    bare = [
        m.replace(blocks=tuple(b for b in m.blocks if not isinstance(b, kt.Thinking))) if m.role == "assistant" else m
        for m in history
    ]
    request = ask(script, bare)
    request = replace(request, params={**request.params, **{key: kt.Json.of(value) for key, value in params.items()}})
    request = speaks(script).decode_request(speaks(script).encode_request(request).body, script.profile)

    assert (refused(request, script, script.voices[0]) is None) == takes


def test_a_run_that_asks_for_another_name_is_under_the_rule_that_is_played() -> None:
    for name, served in PLAYED.items():
        for model in (None, "model-a", "gpt-5.6"):
            script = Script(SCENARIOS["loop"], served, token=name, model=model)
            for asked in (script.model, UNSET):
                request = replace(ask(script, []), model=asked)
                found = rule_in(request, script.voices[0])
                assert found is not None
                assert found.id == served.rule


@pytest.mark.parametrize("route", ["openai-chat", "anthropic-messages", "openai-responses"])
@given(data=st.data())
def test_deepseek_refuses_what_its_own_code_refuses_and_names_the_same(route: str, data: st.DataObject) -> None:
    row = next(row for row in ROUTES if row.dialect == route)
    script = Script(SCENARIOS["loop"], PROVIDERS[row.profile], token="drawn")  # noqa: S106 - a name
    request = request_of(
        row,
        data.draw(drawn(row)),
        tools=data.draw(st.sampled_from(["some", "none", "absent"])),
        params=data.draw(st.sampled_from(row.params)),
    )
    wire = kt.dialect(route)
    body = wire.encode_request(replace(request, model="DeepSeek-V4-Pro")).body
    verdict = said_by_the_vendor(row, "DeepSeek-V4-Pro", body)
    found = refused(wire.decode_request(body), script, script.voices[0])

    if isinstance(verdict, Shown):
        assert found is None
        return
    assert found is not None
    if verdict.text.startswith("No tool output found for tool call"):  # it names any of them
        assert found.text.startswith("No tool output found for tool call")
    else:
        assert verdict.text == found.text or (verdict.status is None and verdict.text.startswith(found.text))
