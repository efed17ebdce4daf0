"""Nothing is lost in silence: between all dialects, on all recorded traffic."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path

import pytest
from msgspec.structs import replace

from keepthinking import Request, Response, dialect
from keepthinking.convert import Converter, policy
from keepthinking.convert._translate import translate_request, translate_response
from keepthinking.plugins import dialects
from tests.core.convert.facts import Fact, facts, marked, marked_request, members, named, silent
from tests.core.dialects.wire import UNRECORDED, recordings

DIALECTS = tuple(dialects())
RECORDED = tuple(id_ for id_ in DIALECTS if id_ not in UNRECORDED)
EVERYWHERE = pytest.mark.parametrize("to", DIALECTS)
FROM = pytest.mark.parametrize("source", RECORDED)


def requests(captures: Path, source: str) -> Iterator[tuple[str, Request]]:
    for recording in recordings(captures, source):
        yield recording.name, dialect(source).decode_request(json.dumps(recording.request))


def answers(captures: Path, source: str) -> Iterator[tuple[str, Response]]:
    speaks = dialect(source)
    for recording in recordings(captures, source):
        if recording.stream is not None:
            decoder = speaks.stream_decoder()
            decoder.feed(recording.stream)
            yield recording.name, decoder.finish()
        elif recording.response is not None:
            yield recording.name, speaks.decode_response(json.dumps(recording.response), status=recording.status)


@FROM
@EVERYWHERE
@pytest.mark.parametrize("thinking", ["native", "drop", "text"])
def test_a_request_says_it_all_or_a_loss_tells(
    captures: Path, counted: Callable[[str], None], source: str, to: str, thinking: str
) -> None:
    seen: Counter[str] = Counter()
    converter = Converter(policy(to, source=source, thinking=thinking))  # type: ignore[arg-type]  # a literal of each case
    for name, plain in requests(captures, source):
        request = marked_request(plain)
        found = list(facts(request.messages, request.conversation.tools or ()))

        encoded = translate_request(request, converter)

        assert silent(found, encoded.body, encoded.losses) == [], name
        seen += Counter(requests=1, facts=len(found))
    assert seen["facts"]
    if thinking == "native":
        counted(f"{source} to {to}: {seen['facts']} facts of {seen['requests']} requests found or told")


@FROM
@EVERYWHERE
def test_an_answer_says_it_all_or_a_loss_tells(captures: Path, source: str, to: str) -> None:
    seen = 0
    converter = Converter(policy(to, source=source))
    for name, plain in answers(captures, source):
        messages = marked(plain.messages)
        response = replace(plain, messages=messages)
        found = list(facts(response.messages))

        _, encoded = translate_response(response, converter)

        assert silent(found, encoded.body, encoded.losses) == [], name
        seen += len(found)
    assert seen


@pytest.mark.parametrize(("source", "to"), tuple(two for two in permutations(DIALECTS, 2) if two[0] in RECORDED))
def test_every_member_of_a_foreign_wire_is_told(captures: Path, source: str, to: str) -> None:
    converter = Converter(policy(to, source=source))
    for name, request in requests(captures, source):
        losses = translate_request(request, converter).losses
        told = frozenset({"foreign", "spelling", "content", "seal"})
        missing = [path for path in members(request.messages) if not named(Fact(path, None, told), losses)]
        assert missing == [], name
