"""The provider over real HTTP: runs, what is recorded, restarts, faults, and what it refuses."""

from __future__ import annotations

import asyncio
import gc
import http.client
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from keepthinking import Block, Message, Thinking, UnknownNameError
from keepthinking.audit import Auditor
from keepthinking_conformance.provider import Fault, Provider, Script, Talk, ToolFailure
from keepthinking_conformance.provider._app import App
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from tests.conformance.provider_client import (
    CELLS,
    ask,
    converse,
    finish_turn,
    opening,
    post,
    results,
    run_tool,
    send,
    speaks,
)
from tests.conformance.wires import WIRES as SPOKEN

pytestmark = pytest.mark.extras

RUN = "run-1"
WIRES = ["deepseek", "openai", "anthropic", "google-gemini"]
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


def body_of(talk: Talk, *, stream: bool = False) -> bytes:
    messages = [*opening(talk.script), Message.user(talk.turns[0])]
    return speaks(talk.script).encode_request(ask(talk.script, messages, stream=stream), talk.script.profile).body


def url_of(talk: Talk, *, stream: bool = False) -> str:
    row = SPOKEN[talk.script.served.dialect]
    return talk.base_url + (row.streamed if stream else row.path).format(model=talk.script.model)


@BOTH
@pytest.mark.parametrize("cell", CELLS, ids="/".join)
def test_a_faithful_scaffold_is_told_nothing_and_makes_the_calls_of_the_script(
    provider: Provider, cell: tuple[str, str], *, stream: bool
) -> None:
    profile, scenario = cell
    talk = provider.open(SCENARIOS[scenario], profile=profile, seed=7)
    converse(talk, stream=stream)
    talk.close()

    assert talk.problems == []
    assert talk.requests == sum(talk.expected)
    assert [called and called.id for called in talk.called] == [called.id for called in talk.script.calls]
    assert [(e.status, e.delivered, e.scope) for e in talk.exchanges] == [(200, True, talk.token)] * talk.requests
    auditor = Auditor(dialect=talk.script.served.dialect, profile=talk.script.profile)
    for exchange in talk.exchanges:
        auditor.add(exchange)
    report = auditor.report()
    assert (report.problems, report.findings, report.strangers) == ((), (), ())
    assert set(report.fates) == {"preserved"}


@BOTH
@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_scaffold_that_drops_thinking_is_told_of_a_must_and_of_the_rule_that_is_named(
    provider: Provider, profile: str, *, stream: bool
) -> None:
    talk = provider.open(SCENARIOS["loop"], profile=profile)
    messages = [*opening(talk.script), Message.user(talk.turns[0])]
    while True:
        said = send(talk, ask(talk.script, messages, stream=stream)).message
        if not said.tool_calls:
            break
        messages.append(said.with_blocks([bare(b) for b in said.blocks if not isinstance(b, Thinking)]))
        messages += results(talk, said)
    talk.close()

    auditor = Auditor(dialect=talk.script.served.dialect, profile=talk.script.profile)
    for exchange in talk.exchanges:
        auditor.add(exchange)
    found = {(finding.check, finding.level, finding.rule) for finding in auditor.report().findings}
    # What Gemini demands are its seals: the words of its thoughts are summaries.
    check = "seal.kept" if talk.script.served.dialect == "gemini" else "thinking.kept.in-loop"
    assert (check, "MUST", talk.script.served.rule) in found


def bare(block: Block) -> Block:
    """Give a block without its seals."""
    return replace(block, seals=())


@BOTH
@pytest.mark.parametrize("profile", WIRES)
def test_a_restart_between_two_requests_changes_nothing(profile: str, *, stream: bool) -> None:
    scenario = SCENARIOS["second-turn"]
    with Provider() as one:
        talk = one.open(scenario, profile=profile, seed=3, token=RUN)
        whole = converse(talk, stream=stream)
        first = converse(talk, stream=stream, turns=talk.turns[:1])
        port = one.port
    with Provider(port=port) as again:
        talk = again.open(scenario, profile=profile, seed=3, token=RUN)
        first += [Message.user(talk.turns[1])]
        first += finish_turn(talk, first, stream=stream)
    with Provider() as elsewhere:
        talk = elsewhere.open(scenario, profile=profile, seed=3, token=RUN)
        third = converse(talk, stream=stream)

    assert first == whole == third


def test_a_provider_that_is_stopped_and_started_again_keeps_its_runs() -> None:
    provider = Provider()
    provider.start()
    talk = provider.open(SCENARIOS["single"], profile="deepseek")
    first = converse(talk, stream=False, turns=talk.turns[:1])
    provider.stop()
    provider.start()
    second = converse(talk, stream=False, turns=talk.turns[:1])
    provider.stop()
    provider.stop()

    assert first == second
    assert len(talk.exchanges) == 2


def test_a_provider_that_is_down_for_a_while_keeps_its_port_and_takes_no_connection() -> None:
    with Provider() as provider:
        talk = provider.open(SCENARIOS["single"], profile="deepseek")
        up = provider.restart(after=3)
        with pytest.raises(ConnectionRefusedError):
            post(url_of(talk), body_of(talk))
        with socket.socket() as other, pytest.raises(OSError, match=r".+"):
            other.bind(("127.0.0.1", provider.port))

        assert up.wait(60)
        assert post(url_of(talk), body_of(talk))[0] == 200


def test_two_equal_conversations_differ(provider: Provider) -> None:
    talks = [provider.open(SCENARIOS["loop"], profile="deepseek", seed=7) for _ in range(2)]
    said = [{block for m in converse(talk, stream=False) for block in m.blocks} for talk in talks]

    assert said[0].isdisjoint(said[1])
    assert set(talks[0].turns).isdisjoint(talks[1].turns)


def test_many_runs_at_the_same_time_do_not_mix(provider: Provider) -> None:
    talks = [
        provider.open(SCENARIOS[scenario], profile=profile, seed=1, token=f"many-{n}")
        for n, (profile, scenario) in enumerate(CELLS[:24])
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda talk: converse(talk, stream=True), talks))

    for talk in talks:
        assert talk.problems == []
        assert talk.requests == sum(talk.expected)


def test_requests_of_one_run_may_overlap(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["single"], profile="deepseek", pace=0.005)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(url_of(talk), body_of(talk, stream=True)), range(8)))

    assert len(set(answers)) == 1
    assert [exchange.delivered for exchange in talk.exchanges] == [True] * 8
    assert {exchange.response for exchange in talk.exchanges} == {answers[0][1]}


_HOSTS = {
    "deepseek": "api.deepseek.com",
    "openai": "api.openai.com",
    "anthropic": "api.anthropic.com",
    "google-gemini": "generativelanguage.googleapis.com",
}


@pytest.mark.parametrize("profile", WIRES)
def test_what_is_recorded_is_what_went_over_the_wire(provider: Provider, profile: str) -> None:
    talk = provider.open(SCENARIOS["single"], profile=profile)
    before = time.time()
    sent = body_of(talk, stream=True)
    _, got = post(url_of(talk, stream=True), sent)

    (exchange,) = talk.exchanges
    assert (exchange.request, exchange.response, exchange.status) == (sent, got, 200)
    assert exchange.dialect == talk.script.served.dialect
    path = url_of(talk, stream=True).partition(f"/{talk.token}")[2].partition("?")[0]
    assert exchange.path == path
    assert exchange.host == _HOSTS[profile]
    assert isinstance(exchange.at, float)
    assert before <= exchange.at <= time.time()


def test_a_stream_is_cut_into_pieces_by_the_seed(provider: Provider) -> None:
    def frames(seed: int) -> list[bytes]:
        talk = provider.open(SCENARIOS["single"], profile="deepseek", seed=seed, token=RUN)
        got = post(url_of(talk), body_of(talk, stream=True))[1]
        chunks = talk.records[0].chunks
        talk.close()
        assert got == b"".join(chunks)
        return chunks

    assert frames(1) == frames(1)
    assert any(not chunk.endswith(b"\n\n") for chunk in frames(1))
    assert b"".join(frames(1)).count(b'"reasoning_content"') > 1
    assert {b"".join(frames(seed)).count(b"data: ") for seed in range(6)} > {b"".join(frames(1)).count(b"data: ")}


@pytest.mark.parametrize("asked", [True, False])
def test_a_chat_stream_tells_its_usage_to_who_asks(provider: Provider, *, asked: bool) -> None:
    talk = provider.open(SCENARIOS["single"], profile="deepseek")
    body = json.loads(body_of(talk, stream=True))
    if not asked:
        del body["stream_options"]
    got = post(url_of(talk), json.dumps(body).encode())[1]

    assert (b'"usage"' in got) == asked
    assert b'"usage"' in post(url_of(talk), body_of(talk))[1]


@pytest.mark.parametrize(
    ("profile", "noise"), [("openrouter", b": OPENROUTER PROCESSING\n\n"), ("anthropic", b"event: ping\n")]
)
def test_a_stream_has_the_frames_that_say_nothing(provider: Provider, profile: str, noise: bytes) -> None:
    talk = provider.open(SCENARIOS["single"], profile=profile)

    assert noise in post(url_of(talk), body_of(talk, stream=True))[1]
    assert noise not in post(url_of(talk), body_of(talk))[1]


@pytest.mark.parametrize("profile", WIRES)
def test_requests_above_the_cap_are_refused_in_words_that_no_client_retries(provider: Provider, profile: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile=profile, cap=2)
    answers = [post(url_of(talk), body_of(talk)) for _ in range(4)]

    assert [status for status, _ in answers] == [200, 200, 400, 400]
    assert "capped at 2 requests" in json.loads(answers[2][1])["error"]["message"]
    assert (talk.requests, talk.refused) == (4, 2)


@pytest.mark.parametrize("profile", WIRES)
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "broken JSON"),
        (b"", "broken JSON"),
        (b"[]", "expected an object"),
        (b"{}", ""),
        (b'{"messages": 3, "input": 3, "contents": 3}', "array"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_body_that_cannot_be_read_gets_the_vendors_error(
    provider: Provider, profile: str, body: bytes, says: str
) -> None:
    talk = provider.open(SCENARIOS["loop"], profile=profile)
    status, raw = post(url_of(talk), body)

    assert status == 400
    error: dict[str, Any] = json.loads(raw)
    named = error["error"].get("type", error["error"].get("status"))
    assert named == ("INVALID_ARGUMENT" if profile == "google-gemini" else "invalid_request_error")
    list_ = {"openai": "input", "google-gemini": "contents"}.get(profile, "messages")
    assert (says or f"`{list_}`") in error["error"]["message"]
    assert error.get("type") == ("error" if profile == "anthropic" else None)
    assert error["error"].get("code") == (400 if profile == "google-gemini" else None)
    assert talk.problems == []
    assert talk.exchanges[0].status == 400


class _Broken(Script):
    """A script that fails where an answer is due."""

    def spoken(self, turn: int, step: int, thread: int = 0, *, calm: bool = False) -> NoReturn:  # noqa: ARG002 - as the others
        raise RuntimeError(f"words of turn {turn}, step {step}, that nobody shall read")


def test_a_failure_of_the_provider_is_its_own_problem_and_no_server_error(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="deepseek", token=RUN)
    talk.script = _Broken(SCENARIOS["loop"], PROVIDERS["deepseek"], token=RUN)
    status, raw = post(url_of(talk), body_of(talk))

    assert status == 400
    assert "scripted provider failed" in json.loads(raw)["error"]["message"]
    (problem,) = talk.problems
    assert problem.startswith("request 1: RuntimeError in test_provider.py:")
    assert "nobody shall read" not in problem + raw.decode()
    talk.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("POST", "/nobody/v1/chat/completions"), ("POST", "/{token}/v1/embeddings"), ("GET", "/{token}/v1")],
)
def test_an_unknown_path_is_told_what_is_served(provider: Provider, method: str, path: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="deepseek")
    status, raw = fetch(provider, method, path.format(token=talk.token))

    assert status == 404
    assert "/v1/chat/completions" in json.loads(raw)["error"]["message"]
    assert talk.exchanges == ()


def test_the_other_dialect_is_not_served_by_a_run(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="deepseek")

    assert fetch(provider, "POST", f"/{talk.token}/v1/messages")[0] == 404


@pytest.mark.parametrize("profile", WIRES)
def test_the_models_are_listed(provider: Provider, profile: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile=profile)
    status, raw = fetch(provider, "GET", f"/{talk.token}/v1/models")

    assert status == 200
    listed = json.loads(raw)
    names = [row["id"] for row in listed["data"]] if "data" in listed else [row["name"] for row in listed["models"]]
    assert names == [("models/" if profile == "google-gemini" else "") + PROVIDERS[profile].model]


def test_a_run_that_is_closed_answers_no_more_and_keeps_its_record(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["single"], profile="deepseek", token=RUN)
    post(url_of(talk), body_of(talk))
    talk.close()

    assert post(url_of(talk), body_of(talk))[0] == 404
    assert len(talk.exchanges) == 1
    provider.open(SCENARIOS["single"], profile="deepseek", token=RUN).close()


def test_a_call_on_the_side_is_recorded_apart(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="deepseek")
    post(url_of(talk), body_of(talk))
    post(url_of(talk), b'{"messages": [{"role": "user", "content": "Give this chat a title."}]}')

    assert [exchange.scope for exchange in talk.exchanges] == [talk.token, f"{talk.token}/side"]


@pytest.mark.parametrize(
    ("profile", "kind", "status"),
    [
        ("deepseek", "rate-limit", 429),
        ("anthropic", "rate-limit", 429),
        ("deepseek", "overloaded", 503),
        ("anthropic", "overloaded", 529),
        ("openai", "overloaded", 503),
        ("google-gemini", "rate-limit", 429),
        ("google-gemini", "overloaded", 503),
    ],
)
def test_a_busy_provider_says_so_and_when_to_come_again(
    provider: Provider, profile: str, kind: Any, status: int
) -> None:
    fault = Fault(kind=kind, at_request=2, times=2, retry_after=0.5)
    talk = provider.open(SCENARIOS["single"], profile=profile, faults=(fault,))
    seen = [fetch_headers(talk) for _ in range(4)]

    assert [found for found, _ in seen] == [200, status, status, 200]
    assert [headers.get("retry-after") for _, headers in seen] == [None, "0.5", "0.5", None]
    assert {headers["connection"] for _, headers in seen} == {"close"}


@BOTH
@pytest.mark.parametrize("profile", WIRES)
def test_an_answer_that_is_cut_ends_in_its_middle(provider: Provider, profile: str, *, stream: bool) -> None:
    talk = provider.open(SCENARIOS["single"], profile=profile, faults=(Fault(kind="cut"),))
    with pytest.raises(http.client.IncompleteRead) as caught:
        post(url_of(talk, stream=stream), body_of(talk, stream=stream))

    (exchange,) = talk.exchanges
    assert not exchange.delivered
    assert isinstance(exchange.response, bytes)
    assert exchange.response
    assert exchange.response.startswith(caught.value.partial)
    assert b"[DONE]" not in exchange.response
    assert b"message_stop" not in exchange.response
    assert not exchange.response.endswith(b"\n\n")
    with pytest.raises(ValueError, match=r"."):  # a `}` may stand in the middle of JSON, too
        json.loads(exchange.response.rpartition(b"data: ")[2])


@BOTH
def test_a_malformed_answer_is_no_json(provider: Provider, *, stream: bool) -> None:
    talk = provider.open(SCENARIOS["single"], profile="deepseek", faults=(Fault(kind="malformed"),))
    status, raw = post(url_of(talk), body_of(talk, stream=stream))

    assert status == 200
    first = raw.split(b"\n\n")[0].removeprefix(b"data: ") if stream else raw
    with pytest.raises(json.JSONDecodeError):
        json.loads(first)


def test_a_provider_that_hangs_keeps_silent_and_answers_the_next_request(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["single"], profile="deepseek", faults=(Fault(kind="hang", seconds=600),))
    with pytest.raises(TimeoutError):
        post(url_of(talk), body_of(talk), timeout=1)

    assert post(url_of(talk), body_of(talk))[0] == 200
    first, second = talk.exchanges
    assert (first.delivered, first.status, second.delivered) == (False, 0, True)


def test_a_hang_ends_without_an_answer(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["single"], profile="deepseek", faults=(Fault(kind="hang", seconds=0.05),))

    with pytest.raises(http.client.IncompleteRead):
        post(url_of(talk), body_of(talk))


def test_a_client_that_hangs_up_has_not_got_the_answer(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["single"], profile="deepseek", pace=0.2)
    where = urlsplit(url_of(talk))
    connection = http.client.HTTPConnection(where.netloc)
    connection.request("POST", where.path, body_of(talk, stream=True))
    answer = connection.getresponse()
    assert answer.read(10)
    answer.close()
    connection.close()
    _until_quiet(talk)

    (exchange,) = talk.exchanges
    assert not exchange.delivered
    assert isinstance(exchange.response, bytes)
    assert b"[DONE]" not in exchange.response


def _until_quiet(talk: Talk) -> None:
    """Wait until nothing is sent any more: until the provider has noticed that nobody listens."""
    before = -1
    while before != len(talk.records[0].chunks):
        before = len(talk.records[0].chunks)
        time.sleep(0.6)  # longer than the pace


@pytest.mark.parametrize("more", [{"at_request": 0}, {"times": 0}, {"seconds": -1}])
def test_a_fault_that_makes_no_sense_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        Fault(kind="hang", **more)


def test_a_tool_knows_its_call_however_the_arguments_are_spelled(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["odd-arguments"], profile="deepseek")
    tool = next(tool for tool in talk.tools if tool.tool.name == "measure")
    called = talk.script.calls[0]
    again = json.dumps(json.loads(called.arguments), indent=1)

    assert run_tool(tool, called.arguments) == run_tool(tool, again) == called.result
    with pytest.raises(ToolFailure, match="never wrote"):
        run_tool(tool, "{}")
    assert talk.called == [called, called, None]


def test_a_tool_fails_where_the_scenario_says_so_and_its_failure_holds_the_receipt(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["tool-error"], profile="deepseek")
    by_name = {tool.tool.name: tool for tool in talk.tools}
    fails, works = talk.script.calls

    with pytest.raises(ToolFailure, match=fails.receipt):
        run_tool(by_name[fails.call.tool], fails.arguments)
    assert works.receipt in run_tool(by_name[works.call.tool], works.arguments)
    assert talk.called == [fails, works]


def test_the_tool_of_another_call_is_no_call_of_the_script(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["parallel"], profile="deepseek")
    by_name = {tool.tool.name: tool for tool in talk.tools}
    look = next(called for called in talk.script.calls if called.call.tool == "look_up")

    with pytest.raises(ToolFailure, match="`read_note`"):
        run_tool(by_name["read_note"], look.arguments)
    assert talk.called == [None]


def test_an_unknown_profile_names_those_that_are_played(provider: Provider) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'deepseek'"):
        provider.open(SCENARIOS["loop"], profile="deepsek")


def test_a_token_is_taken_once_and_fits_a_url(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="deepseek", token=RUN)
    with pytest.raises(ValueError, match="is open"):
        provider.open(SCENARIOS["loop"], profile="deepseek", token=RUN)
    talk.close()
    for token in ("", "a/b", "a b", "é", "x" * 101):
        with pytest.raises(ValueError, match="part of a URL"):
            provider.open(SCENARIOS["loop"], profile="deepseek", token=token)


def test_a_port_that_is_taken_is_an_error_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match=r".+"):
        Provider(port=taken.getsockname()[1]).start()


def test_a_provider_is_started_once(provider: Provider) -> None:
    with pytest.raises(RuntimeError, match="has been started"):
        provider.start()


def test_nothing_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    before = set(threading.enumerate())
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            with Provider() as provider:
                talk = provider.open(SCENARIOS["single"], profile="deepseek", faults=(Fault(kind="cut", at_request=2),))
                post(url_of(talk), body_of(talk))
                with pytest.raises(http.client.IncompleteRead):
                    post(url_of(talk), body_of(talk))
    gc.collect()

    assert set(threading.enumerate()) <= before
    assert caplog.records == []


def test_a_provider_stops_while_clients_hang_and_stream() -> None:
    with Provider() as provider:
        hangs = provider.open(SCENARIOS["single"], profile="deepseek", faults=(Fault(kind="hang", seconds=60),))
        streams = provider.open(SCENARIOS["single"], profile="deepseek", pace=60)
        with ThreadPoolExecutor(3) as pool:
            waiting = [
                pool.submit(post, url_of(hangs), body_of(hangs)),
                pool.submit(post, url_of(streams), body_of(streams, stream=True)),
            ]
            half = socket.create_connection(("127.0.0.1", provider.port))
            path = f"/{streams.token}/v1/chat/completions"
            half.sendall(f"POST {path} HTTP/1.1\r\nhost: here\r\ncontent-length: 9\r\n\r\n{{".encode())
            while not (hangs.requests and streams.requests):
                time.sleep(0.005)
            began = time.monotonic()
            provider.stop()
            took = time.monotonic() - began
            half.close()
            errors = [future.exception(timeout=60) for future in waiting]

    assert took < 30  # of the 60 seconds that both would last
    assert [isinstance(error, http.client.IncompleteRead) for error in errors] == [True, True]
    assert [exchange.delivered for exchange in (*hangs.exchanges, *streams.exchanges)] == [False, False]


_INTERRUPTED = """
import signal, threading
from keepthinking_conformance.provider import Provider

try:
    with Provider() as provider:
        signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted", threading.active_count())
"""


def test_ctrl_c_ends_the_program_and_not_only_the_server() -> None:
    command = [sys.executable, "-W", "error", "-c", _INTERRUPTED]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted 1\n", "")


def test_what_is_no_http_is_left_alone() -> None:
    async def nothing(*_: object) -> Any:
        raise AssertionError("nobody is spoken to")

    asyncio.run(App({})({"type": "lifespan"}, nothing, nothing))


def fetch(provider: Provider, method: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", provider.port)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def fetch_headers(talk: Talk) -> tuple[int, dict[str, str]]:
    where = urlsplit(url_of(talk))
    connection = http.client.HTTPConnection(where.netloc)
    try:
        connection.request("POST", where.path, body_of(talk))
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()
