"""Nothing is remembered: another process gives the same bytes, and so does a server that was started in between."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from msgspec.structs import replace

from keepthinking import Conversation, Message
from keepthinking_conformance.provider import Fault, Provider, Script, Talk
from keepthinking_conformance.provider._reply import answer
from keepthinking_conformance.provider._routes import counted, shortened
from keepthinking_conformance.provider._strict import refused
from keepthinking_conformance.scenarios import BESIDE, PROVIDERS
from tests.conformance.provider_client import ask, histories, opening, post, speaks
from tests.conformance.test_provider_hold import INTERRUPTED, Held
from tests.conformance.test_provider_side import ASIDES
from tests.conformance.test_provider_threads import HELPED, SPOILT, STRINGS
from tests.conformance.test_provider_voices import PAIRS, SWITCH
from tests.conformance.wires import WIRES

pytestmark = pytest.mark.extras

RUN = "pure"
PLAYED = {**PROVIDERS, **BESIDE}


def said() -> list[bytes]:
    """Say everything that a provider says besides the plain scenarios, as bytes."""
    found: list[bytes] = []
    for profile, other in PAIRS:
        script = Script(SWITCH, PLAYED[profile], seed=3, token=RUN, other=PLAYED[other])
        for voice in script.voices:
            wire = speaks(script)
            for _, _, history in histories(script):
                asked = wire.decode_request(
                    wire.encode_request(ask(script, history), voice.profile, on_loss="report").body, voice.profile
                )
                got = answer(asked, script, voice)
                found.append(wire.encode_response(got.response, voice.profile).body)
                found += wire.encode_stream(got.response, voice.profile, cuts=got.cuts)
                found.append(repr(refused(asked, script, voice)).encode())
                found.append(counted(asked, voice.dialect))
    for served in PLAYED.values():
        script = Script(HELPED, served, seed=3, token=RUN)
        for thread in script.threads:
            for words in thread.words:
                got = answer(ask(script, [*opening(script), Message.user(words)]), script)
                found.append(speaks(script).encode_response(got.response, script.profile).body)
        for made in ASIDES.values():
            _, _, history = histories(script)[1]
            got = answer(ask(script, made(script, history)), script)
            found += [got.side.encode(), speaks(script).encode_response(got.response, script.profile).body]
    for profile in STRINGS:
        script = Script(SPOILT, PLAYED[profile], seed=3, token=RUN)
        for _, _, history in histories(script):
            got = answer(ask(script, history), script)
            found.append(speaks(script).encode_response(got.response, script.profile).body)
            found.append(shortened(ask(script, history), script))
    return found


_DIGEST = """
import hashlib
from tests.conformance.test_provider_pure import said

print(hashlib.sha256(b"\\0".join(said())).hexdigest())
"""


def test_another_process_says_the_same_of_all_that_a_provider_says() -> None:
    got = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            capture_output=True,
            check=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(got) == 1
    assert got != {""}


def _posts(talk: Talk) -> list[bytes]:
    """Ask for all kinds of things, in an order of their own."""
    script, wire = talk.script, speaks(talk.script)
    row = WIRES[script.served.dialect]
    requests = [ask(script, history, stream=n % 2 == 1) for n, (_, _, history) in enumerate(histories(script))]
    requests.append(replace(requests[0], conversation=Conversation.of(*requests[0].messages)))
    found = []
    for request in requests:
        for voice in script.voices:
            url = talk.base_url_of(voice.name) + (row.streamed if request.stream else row.path).format(model="m")
            found.append(post(url, wire.encode_request(request, voice.profile, on_loss="report").body)[1])
    return found


@pytest.mark.parametrize("temper", ["lenient", "strict"])
@pytest.mark.parametrize(("profile", "other"), PAIRS, ids=map("-".join, PAIRS))
def test_a_server_that_was_started_between_requests_says_the_same(profile: str, other: str, temper: str) -> None:
    def opened(provider: Provider) -> Talk:
        return provider.open(SWITCH, profile=profile, other=other, seed=3, token=RUN, temper=temper)  # type: ignore[arg-type]  # one of the two

    with Provider() as one:
        whole = _posts(opened(one))
    parts = []
    for number in range(2):
        with Provider() as part:
            parts.append(_posts(opened(part))[number::2])
    assert [raw for pair in zip(*parts, strict=True) for raw in pair] == whole


@pytest.mark.parametrize("profile", ["deepseek", "openai", "anthropic", "google-gemini"])
def test_what_is_held_back_is_the_same_in_every_server(profile: str) -> None:
    read = []
    for _ in range(2):
        with Provider() as provider:
            talk = provider.open(INTERRUPTED, profile=profile, seed=3, token=RUN)
            _, (_, _, history), _ = histories(talk.script)
            held = Held(talk, history)
            held.hang_up()
            read.append(held.read)

    assert read[0] == read[1]


def test_faults_are_counted_by_what_asks_for_an_answer_alone() -> None:
    with Provider() as provider:
        talk = provider.open(SWITCH, profile="anthropic", other="minimax-anthropic", faults=(Fault(kind="rate-limit"),))
        body = speaks(talk.script).encode_request(ask(talk.script, histories(talk.script)[0][2])).body
        statuses = [
            post(f"{talk.base_url}{path}", body)[0]
            for path in ("/v1/messages/count_tokens", "/v1/messages", "/v1/messages/count_tokens", "/v1/messages")
        ]

    assert statuses == [200, 429, 200, 200]
