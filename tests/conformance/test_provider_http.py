"""The provider and clients that are none of Python's: packed and cut bodies, other methods, protocols and paths."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from keepthinking import Message
from keepthinking_conformance.provider import Provider, Talk
from keepthinking_conformance.provider._codings import MOST
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from tests.conformance.provider_client import ask, opening, post, speaks
from tests.conformance.wires import WIRES
from tests.node import NODE

pytestmark = pytest.mark.extras

PROFILES = ["deepseek", "openai", "anthropic", "google-gemini", "ollama-native"]
CLIENTS = pytest.mark.parametrize("client", ["fetch", "http"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


def body_of(talk: Talk) -> str:
    messages = [*opening(talk.script), Message.user(talk.turns[0])]
    return (
        speaks(talk.script).encode_request(ask(talk.script, messages, stream=False), talk.script.profile).body.decode()
    )


def url_of(talk: Talk) -> str:
    return talk.base_url + WIRES[talk.script.served.dialect].path.format(model=talk.script.model)


def node(client: str, url: str, **more: Any) -> dict[str, Any]:
    """Let a client of Node ask, and give what it was answered."""
    said = json.dumps({"client": client, "url": url, **more})
    command = [str(NODE), str(Path(__file__).with_name("asks.mjs"))]
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def packed(*names: str) -> dict[str, Any]:
    return {"packs": names, "headers": {"content-encoding": ", ".join(name.removeprefix("raw ") for name in names)}}


def text_of(raw: str) -> str:
    error = json.loads(raw)["error"]
    text: str = error if isinstance(error, str) else error["message"]
    return text


@CLIENTS
@pytest.mark.parametrize(
    "names",
    [("gzip",), ("x-gzip",), ("deflate",), ("raw deflate",), ("zstd",), ("deflate", "gzip"), ("zstd", "gzip")],
    ids="+".join,
)
def test_a_packed_body_is_answered_and_recorded_as_if_it_were_none(
    provider: Provider, client: str, names: tuple[str, ...]
) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="openai")
    body = body_of(talk)
    found = node(client, url_of(talk), body=body, **packed(*names))
    plain = node(client, url_of(talk), body=body)

    assert (found["status"], plain["status"]) == (200, 200)
    assert [exchange.request for exchange in talk.exchanges] == [body.encode()] * 2
    assert talk.problems == []


@pytest.mark.parametrize("profile", PROFILES)
def test_a_coding_that_is_not_known_is_refused_with_those_that_are(provider: Provider, profile: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile=profile)
    found = node("fetch", url_of(talk), body=body_of(talk), **packed("br"))

    assert found["status"] == 415
    assert found["headers"]["accept-encoding"] == "gzip, deflate, zstd"
    assert "`br`" in text_of(found["body"])
    assert ([exchange.status for exchange in talk.exchanges], talk.problems) == ([415], [])


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize("wrong", ["plain", "cut", "trailing"])
def test_bytes_that_are_not_of_the_coding_that_is_named_are_refused(provider: Provider, name: str, wrong: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="deepseek")
    body = body_of(talk)
    if wrong == "plain":
        sent = body.encode()
    elif name == "zstd":
        sent = _zstd(body.encode())
    else:
        sent = _zlib(body.encode(), 31 if name == "gzip" else 15)
    sent = {"plain": sent, "cut": sent[:-5], "trailing": sent + b"more"}[wrong]
    status, raw = _send(talk, sent, name)

    assert status == 400
    assert f"the body is no {name}: " in text_of(raw)
    assert talk.problems == []


def _zstd(body: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.compress(body)


def _zlib(body: bytes, bits: int) -> bytes:
    packer = zlib.compressobj(wbits=bits)
    return packer.compress(body) + packer.flush()


def _send(talk: Talk, body: bytes, coding: str) -> tuple[int, str]:
    where = urlsplit(url_of(talk))
    connection = http.client.HTTPConnection(where.netloc, timeout=30)
    try:
        connection.request("POST", where.path, body, {"content-encoding": coding})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_a_body_that_holds_more_than_is_taken_is_refused(provider: Provider, name: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="anthropic")
    full = b" " * (MOST + 1)
    status, raw = _send(talk, _zstd(full) if name == "zstd" else _zlib(full, 31), name)

    assert status == 413
    assert json.loads(raw)["error"]["type"] == "request_too_large"


def test_several_pieces_of_one_coding_are_one_body(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="deepseek")
    body = body_of(talk).encode()
    halves = [_zlib(half, 31) for half in (body[:50], body[50:])]

    assert _send(talk, b"".join(halves), "gzip")[0] == 200
    assert talk.exchanges[0].request == body


@CLIENTS
@pytest.mark.parametrize("names", [(), ("gzip",), ("zstd",)], ids="+".join)
def test_a_body_may_come_in_chunks(provider: Provider, client: str, names: tuple[str, ...]) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="anthropic")
    body = body_of(talk)

    assert node(client, url_of(talk), body=body, chunks=7, **packed(*names))["status"] == 200
    assert talk.exchanges[0].request == body.encode()


@pytest.mark.parametrize("chunks", [0, 3])
def test_a_client_that_waits_to_go_on_is_told_to(provider: Provider, chunks: int) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="openai")
    found = node("http", url_of(talk), body=body_of(talk), chunks=chunks, headers={"expect": "100-continue"})

    assert (found["status"], found["continued"]) == (200, True)


NEWER = "Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"
"""What Java's client and curl's offer by themselves (RFC 7540, 3.2)."""


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize(
    "kept", ["keep-alive", "close", "Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA"]
)
def test_old_and_new_clients_are_answered_and_their_connection_ends(
    provider: Provider, version: str, kept: str
) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="deepseek")
    path, body = url_of(talk).removeprefix(provider.url), body_of(talk)
    head = f"POST {path} {version}\r\nHost: x\r\nConnection: {kept}\r\nContent-Length: {len(body.encode())}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", provider.port), timeout=20) as client:
        client.sendall(head.encode() + body.encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["choices"]


def test_headers_may_be_as_long_as_at_a_gateway(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="openai")
    headers = {f"x-metadata-{n}": "m" * 8000 for n in range(10)}

    assert node("http", url_of(talk), body=body_of(talk), headers=headers)["status"] == 200


@pytest.mark.parametrize("profile", PROFILES)
def test_a_websocket_is_refused_so_that_clients_go_on_by_http(provider: Provider, profile: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile=profile)
    asked = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    found = node("http", url_of(talk), method="GET", headers=asked)

    assert found["status"] == 426
    assert found["headers"]["upgrade"] == "HTTP/1.1"
    assert "websocket" in text_of(found["body"])
    assert node("websocket", url_of(talk).replace("http", "ws", 1)) == {"open": False}
    assert [(one.method, one.status) for one in talk.strays] == [("websocket", 426)] * 2
    assert (talk.requests, talk.exchanges, talk.problems) == (0, (), [])
    assert node("http", url_of(talk), body=body_of(talk))["status"] == 200


UNKNOWN = ["/v1/traces", "/api/event_logging/batch", "/v1/embeddings", "/v1/completions", "/"]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("path", UNKNOWN)
def test_what_nobody_serves_is_not_found_and_no_incident(provider: Provider, profile: str, path: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile=profile)
    url = f"{provider.url}/{talk.token}{path}"
    found = node("fetch", url, body='{"events": []}', **packed("gzip"))
    root = profile == "ollama-native" and path == "/"

    assert found["status"] == (405 if root else 404)
    assert text_of(found["body"])
    assert [tuple(one) for one in talk.strays] == [("POST", path, found["status"])]
    assert (talk.requests, talk.exchanges, talk.problems) == (0, (), [])


def test_a_flood_of_what_nobody_serves_fills_no_memory(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="deepseek")
    for _ in range(1010):
        post(f"{talk.base_url}/nothing", b"")

    assert len(talk.strays) == 1000


@pytest.mark.parametrize("profile", PROFILES)
def test_the_other_methods_of_a_path_are_told(provider: Provider, profile: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile=profile)
    asked = {"origin": "http://localhost:3000", "access-control-request-method": "POST"}
    named = {**asked, "access-control-request-headers": "authorization,x-stainless-lang"}
    wrong, options = (node("http", url_of(talk), method=method, headers=named) for method in ("DELETE", "OPTIONS"))

    assert (wrong["status"], wrong["headers"]["allow"]) == (405, "POST, OPTIONS")
    assert text_of(wrong["body"])
    assert (options["status"], options["body"]) == (204, "")
    assert options["headers"]["access-control-allow-headers"] == "authorization,x-stainless-lang"
    assert options["headers"]["access-control-allow-origin"] == "*"
    assert (talk.requests, talk.problems) == (0, [])


def test_who_asks_from_no_page_is_told_the_methods_alone(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="openai")
    found = node("http", url_of(talk), method="OPTIONS")

    assert found["headers"]["allow"] == "POST, OPTIONS"
    assert not [name for name in found["headers"] if name.startswith("access-control")]


@pytest.mark.parametrize("profile", PROFILES)
def test_one_model_is_told_of_and_another_is_not_found(provider: Provider, profile: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile=profile)
    if profile == "ollama-native":
        listed = json.loads(node("fetch", f"{talk.base_url}/api/ps", method="GET")["body"])["models"]
        assert [row["name"] for row in listed] == [talk.script.model]
        assert node("fetch", talk.base_url + "/", method="GET")["body"] == "Ollama is running"
        assert node("fetch", talk.base_url + "/", method="HEAD")["status"] == 200
        return
    url = f"{provider.url}/{talk.token}/v1/models/"
    head, whole, other = (
        node("fetch", url + name, method=method)
        for name, method in ((talk.script.model, "HEAD"), (talk.script.model, "GET"), ("another", "GET"))
    )

    assert (head["status"], head["body"]) == (200, "")
    row = json.loads(whole["body"])
    assert row.get("id", row.get("name", "").removeprefix("models/")) == PROVIDERS[profile].model
    assert (other["status"], [one.path for one in talk.strays]) == (404, ["/v1/models/another"])


@pytest.mark.parametrize(("path", "shape"), [("/v1/messages", "error"), ("/v1/chat/completions", None)])
def test_where_no_run_is_the_error_has_the_shape_of_the_path(provider: Provider, path: str, shape: str | None) -> None:
    found = node("fetch", f"{provider.url}/nobody{path}", body="{}")

    assert found["status"] == 404
    assert json.loads(found["body"]).get("type") == shape


def test_kimi_counts_tokens_below_a_path_of_its_own(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="kimi")
    found = node("fetch", f"{talk.base_url}/tokenizers/estimate-token-count", body=body_of(talk))

    assert json.loads(found["body"])["data"]["total_tokens"] > 10
    assert (talk.counted, talk.exchanges) == (1, ())
