"""Errors are ours, say what to do, come after the tries that the vendors' clients make, and never hold the key."""

import email.utils
import logging
import pickle
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from keepthinking import EncodeError, Endpoint, ProviderError, TransportError, UnknownNameError
from tests.core.client.server import (
    ANTHROPIC,
    CHAT,
    DIALECTS,
    GEMINI,
    JSON,
    KEY,
    OLLAMA,
    RESPONSES,
    SSE,
    Reply,
    Server,
    asked,
    closed_port,
    streamed,
    whole,
)
from tests.core.client.ways import PLAIN, STREAMED, WAYS, Way

if TYPE_CHECKING:
    from keepthinking.client import Client

pytestmark = pytest.mark.extras


def connect(base_url: str, dialect_id: str = CHAT, **options: Any) -> "Client":
    from keepthinking.client import Client

    headers = options.pop("headers", None)
    profile = options.pop("profile", None)
    key = options.pop("api_key", KEY)
    endpoint = Endpoint(dialect=dialect_id, base_url=base_url, model="m", api_key=key, headers=headers, profile=profile)
    return Client(endpoint, **options)


def good(way: Way, dialect_id: str = CHAT) -> Reply:
    return Reply(streamed(dialect_id), headers=SSE) if way in STREAMED else Reply([whole(dialect_id)], headers=JSON)


def refusal(status: int, body: bytes = b'{"error":{"message":"not today"}}', **headers: str) -> Reply:
    return Reply([body], status=status, headers={**JSON, **{k.replace("_", "-"): v for k, v in headers.items()}})


# -- tries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect_id", DIALECTS)
@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_a_call_that_was_refused_for_now_is_tried_again(server: Server, dialect_id: str, way: Way, status: int) -> None:
    server.play(refusal(status, retry_after_ms="1"), refusal(status, retry_after="0.001"), good(way, dialect_id))

    got = way(connect(server.base(dialect_id), dialect_id), asked())

    assert got.response.outcome == "complete"
    assert [seen.body for seen in server.seen] == [server.seen[0].body] * 3


@pytest.mark.parametrize("way", WAYS)
def test_the_wait_is_the_one_that_was_asked_for(server: Server, way: Way) -> None:
    server.play(refusal(429, retry_after="0.3"), good(way))
    client = connect(server.base(CHAT))
    began = time.monotonic()

    way(client, asked())

    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("way", WAYS)
def test_a_date_is_a_wait_too(server: Server, way: Way) -> None:
    server.play(refusal(503, retry_after=email.utils.formatdate(time.time() + 1, usegmt=True)), good(way))

    assert way(connect(server.base(CHAT)), asked()).response.outcome == "complete"
    assert len(server.seen) == 2


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_stays_broken_ends_in_an_error(server: Server, way: Way) -> None:
    server.play(refusal(500, retry_after_ms="1"))

    with pytest.raises(ProviderError, match=r"answers 500: not today \(after 3 attempts\)") as caught:
        way(connect(server.base(CHAT)), asked())

    assert caught.value.status == 500
    assert len(server.seen) == 3


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_call_that_is_wrong_is_not_tried_again(server: Server, way: Way, status: int) -> None:
    server.play(refusal(status))

    with pytest.raises(ProviderError, match=f"answers {status}: not today"):
        way(connect(server.base(CHAT)), asked())

    assert len(server.seen) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_wait_of_many_minutes_is_told_and_not_waited_for(server: Server, way: Way) -> None:
    server.play(refusal(429, retry_after="3600"))

    with pytest.raises(ProviderError) as caught:
        way(connect(server.base(CHAT)), asked())

    assert caught.value.retry_after == 3600
    assert len(server.seen) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("said", "status", "calls"), [("false", 503, 1), ("true", 400, 2)])
def test_a_server_may_say_whether_to_try_again(server: Server, way: Way, said: str, status: int, calls: int) -> None:
    server.play(refusal(status, x_should_retry=said, retry_after_ms="1"))

    with pytest.raises(ProviderError):
        way(connect(server.base(CHAT), max_retries=1), asked())

    assert len(server.seen) == calls


@pytest.mark.parametrize("way", STREAMED)
@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_a_stream_that_began_is_never_asked_for_again(server: Server, dialect_id: str, way: Way) -> None:
    server.play(Reply(streamed(dialect_id)[:3], headers=SSE, cut=True))

    with pytest.raises(TransportError, match="ended early"):
        way(connect(server.base(dialect_id), dialect_id), asked())

    assert len(server.seen) == 1


@pytest.mark.parametrize("way", PLAIN)
def test_a_whole_answer_that_was_cut_is_asked_for_again(server: Server, way: Way) -> None:
    server.play(Reply([whole(CHAT)[:30]], headers=JSON, cut=True), good(way))

    assert way(connect(server.base(CHAT)), asked()).response.outcome == "complete"
    assert len(server.seen) == 2


# -- no answer ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_no_server_is_no_connection(way: Way) -> None:
    with pytest.raises(TransportError, match=r"no connection to http://127\.0\.0\.1") as caught:
        way(connect(f"http://127.0.0.1:{closed_port()}/v1", max_retries=0), asked())

    assert "base_url" in caught.value.hint
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("begun", [True, False], ids=["in the middle", "before the first byte"])
def test_a_server_that_hangs_is_given_up(server: Server, way: Way, *, begun: bool) -> None:
    free = threading.Event()
    parts = good(way).parts
    early = Reply([parts[0][:9]], headers=SSE if way in STREAMED else JSON, hold=free)
    server.play(early if begun else Reply(parts, gate=free))

    try:
        with pytest.raises(TransportError, match=r"within 0\.2 seconds"):
            way(connect(server.base(CHAT), max_retries=0, timeout=0.2), asked())
    finally:
        free.set()


@pytest.mark.parametrize(
    "base_url", ["", "api.example.com", "ftp://h/v1", "http://", "http://[", "https:///v1", "http://h:99999/v1"]
)
def test_what_is_no_url_is_told_at_once(base_url: str) -> None:
    with pytest.raises(EncodeError, match="no URL"):
        connect(base_url)


@pytest.mark.parametrize("way", WAYS)
def test_a_url_that_http_cannot_use_is_the_callers_fault(way: Way) -> None:
    with pytest.raises(TransportError) as caught:
        way(connect("http://127.0.0.1/\x01/v1"), asked())

    assert caught.value.culprit == "caller"


# -- what an error says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":{"message":"bad model"}}', "bad model"),
        (b'{"type":"error","error":{"type":"x","message":"bad model"}}', "bad model"),
        (b'[{"error":{"message":"bad model"}}]', "bad model"),
        (b'{"object":"error","message":"bad model"}', "bad model"),
        (b'{"detail":"bad model"}', "bad model"),
        (b'{"detail":[{"msg":"bad model","input":"PRIVATE"}]}', "bad model"),
        (b'{"message":{"detail":[{"msg":"bad model","input":"PRIVATE"}]}}', "bad model"),
        (b'{"error":"bad model"}', "bad model"),
        (b"bad model", "bad model"),
        (b"<html><h1>PRIVATE</h1></html>", "an HTML page"),
        (b"", "no words"),
        (b'{"else":"PRIVATE"}', "no words"),
        (b'{"input":"PRIVATE', "broken JSON"),
        (b"\xff\xfe", "��"),
    ],
)
def test_an_error_tells_the_providers_words(server: Server, way: Way, body: bytes, said: str) -> None:
    server.play(refusal(400, body))

    with pytest.raises(ProviderError) as caught:
        way(connect(server.base(CHAT)), asked())

    assert caught.value.what == f"{server.root}/v1/chat/completions (openai-chat) answers 400: {said}"
    assert caught.value.body == body
    assert caught.value.culprit == "provider"


def test_long_words_are_cut(server: Server) -> None:
    server.play(refusal(400, b'{"error":{"message":"%b"}}' % (b"x" * 10_000)))
    client = connect(server.base(CHAT))

    with pytest.raises(ProviderError) as caught:
        client.send(asked())

    client.close()
    assert caught.value.what == f"{server.root}/v1/chat/completions (openai-chat) answers 400: {'x' * 300}…"
    assert len(caught.value.body) == 2000


@pytest.mark.parametrize(
    ("status", "hint"),
    [(404, "base_url"), (429, "max_retries"), (413, "too large"), (402, "credit"), (503, "try again later")],
)
def test_a_status_has_a_hint(server: Server, status: int, hint: str) -> None:
    server.play(refusal(status))
    client = connect(server.base(CHAT), max_retries=0)

    with pytest.raises(ProviderError) as caught:
        client.send(asked())

    client.close()
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("profile", "key", "hint"),
    [
        ("deepseek", KEY, "the key is not accepted; its variable is DEEPSEEK_API_KEY"),
        ("deepseek", None, "it wants a key: pass api_key; its variable is DEEPSEEK_API_KEY"),
        (None, None, "it wants a key: pass api_key"),
    ],
)
def test_a_key_that_is_not_accepted_has_a_variable(
    server: Server, profile: str | None, key: str | None, hint: str
) -> None:
    server.play(refusal(401))
    client = connect(server.base(CHAT), profile=profile, api_key=key)

    with pytest.raises(ProviderError) as caught:
        client.send(asked())

    client.close()
    assert caught.value.hint == hint


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(server: Server, way: Way, status: int) -> None:
    place = f"http://user:pw@127.0.0.1:{closed_port()}/there?token={KEY}"
    server.play(refusal(status, location=place))

    with pytest.raises(ProviderError, match="redirects to") as caught:
        way(connect(server.base(CHAT)), asked())

    assert "set base_url" in caught.value.hint
    assert KEY not in str(caught.value)
    assert "pw" not in str(caught.value)
    assert len(server.seen) == 1


def test_a_dialect_that_is_not_spoken_here_is_unknown() -> None:
    with pytest.raises(UnknownNameError, match="client speaks"):
        connect("https://example.com", "cohere")


# -- the key -----------------------------------------------------------------------------------------------------


_KEYS = {
    CHAT: {"authorization": f"Bearer {KEY}"},
    RESPONSES: {"authorization": f"Bearer {KEY}"},
    ANTHROPIC: {"x-api-key": KEY},
    GEMINI: {"x-goog-api-key": KEY},
    OLLAMA: {"authorization": f"Bearer {KEY}"},
}


@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_the_key_and_the_version_are_sent(server: Server, dialect_id: str) -> None:
    from keepthinking import __version__

    server.play(good(PLAIN[0], dialect_id))
    client = connect(server.base(dialect_id), dialect_id)
    client.send(asked())
    client.close()

    sent = server.seen[0].headers
    assert sent["user-agent"] == f"keepthinking/{__version__}"
    assert sent["content-type"] == "application/json"
    held = {name: sent[name] for name in ("authorization", "x-api-key", "x-goog-api-key") if name in sent}
    assert held == _KEYS[dialect_id]
    assert sent.get("anthropic-version") == ("2023-06-01" if dialect_id == ANTHROPIC else None)


@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_without_a_key_none_is_sent(server: Server, dialect_id: str) -> None:
    server.play(good(PLAIN[0], dialect_id))
    client = connect(server.base(dialect_id), dialect_id, api_key=None)
    client.send(asked())
    client.close()

    assert not {"authorization", "x-api-key", "x-goog-api-key"} & set(server.seen[0].headers)


def test_headers_of_the_endpoint_win_however_they_are_written(server: Server) -> None:
    headers = {"X-API-Key": "other", "Anthropic-Version": "2099-01-01", "USER-AGENT": "mine", "X-More": "1"}
    server.play(good(PLAIN[0], ANTHROPIC))
    client = connect(server.base(ANTHROPIC), ANTHROPIC, headers=headers)
    client.send(asked())
    client.close()

    sent = server.seen[0].headers
    assert {name: sent[name.lower()] for name in headers} == headers


@pytest.mark.parametrize("bad", [f"{KEY}\n", f" {KEY}", f"{KEY}\r\nx: y", "sk-schlüssel-0123456789", "sk\x00-zero"])
def test_a_key_that_http_cannot_carry_is_told_at_once_and_not_shown(bad: str) -> None:
    with pytest.raises(EncodeError, match="header `authorization`") as caught:
        connect("https://example.com/v1", api_key=bad)

    assert "sk-" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "said",
    [
        Reply([b'{"error":{"message":"wrong key %b"}}' % KEY.encode()], status=401, headers=JSON),
        Reply([b"wrong key %b and other-secret-value" % KEY.encode()], status=403),
        Reply([b'{"error":{"message":"wrong key %b"}}' % KEY.encode()], headers=JSON),
        Reply([b'data: {"error":{"message":"wrong key %b"}}\n\n' % KEY.encode()], headers=SSE),
    ],
    ids=["401", "403", "whole", "stream"],
)
def test_a_key_that_the_provider_repeats_is_hidden(
    server: Server, way: Way, said: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    server.play(said)
    client = connect(server.base(CHAT), headers={"X-Token": "Basic other-secret-value"})

    with caplog.at_level(logging.DEBUG), pytest.raises(ProviderError, match="wrong key <hidden>") as caught:
        way(client, asked())

    error = caught.value
    held = f"{error!r}{error}{error.__dict__}{pickle.dumps(error)!r}{client!r}{vars(client)!r}"
    told = "".join(traceback.format_exception(error))
    for secret in (KEY, "other-secret-value"):
        assert secret not in held.replace(repr(client._headers), "")
        assert secret not in told
        assert secret not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("keepthinking"))


def test_a_client_is_neither_pickled_nor_copied() -> None:
    import copy

    client = connect("https://example.com/v1")

    with pytest.raises(TypeError, match="credential"):
        pickle.dumps(client)
    assert copy.deepcopy(client) is client
    assert copy.copy(client) is client
    assert KEY not in repr(client)
