"""A history is read message by message, each once, whatever the framework."""

from __future__ import annotations

import pytest

from keepthinking import DecodeError, Finding, FormatError, Loss, Message, Text
from keepthinking.carry import Part, Read, Reader, Told


class Note:
    """A framework's message."""

    def __init__(self, words: str, part: Part | None = None) -> None:
        self.words = words
        self.part = part


class Reading:
    def __init__(self) -> None:
        self.times = 0
        self.reader = Reader[Note](self._one, lambda note: note.words.encode())

    def _one(self, note: Note) -> Read | Loss:
        self.times += 1
        if note.words == "command":
            return Loss(kind="content", path="", what="a command", why="it is no message")
        if note.words == "broken":
            raise FormatError("the record is cut off", hint="remove it")
        if note.words == "foreign":
            raise DecodeError("it is no note", where="$", culprit="caller", hint="give notes")
        edited = Finding(check="carry", status="warn", level="MAY", fate="altered", what="edited", path="blocks[0]")
        findings = (edited,) if note.words == "edited" else ()
        return Read(Message.assistant(Text(text=note.words)), findings, note.part)


def test_a_message_is_read_once_and_stays_the_same_object() -> None:
    reading, history = Reading(), [Note("a"), Note("b")]
    first = reading.reader.read(history).value
    again = reading.reader.read([*history, Note("c")]).value

    assert reading.times == 3
    assert all(one is other for one, other in zip(first, again, strict=False))


def test_a_message_that_changed_is_read_anew() -> None:
    reading, note = Reading(), Note("a")
    reading.reader.read([note])
    note.words = "b"

    assert reading.reader.read([note]).value[0].text == "b"


def test_what_is_gone_is_forgotten() -> None:
    reading = Reading()
    reading.reader.read([Note("a", Part("g", 0, 1))])

    assert (len(reading.reader._known), len(reading.reader._joined)) == (0, 0)


def test_what_is_no_message_is_named_by_its_place() -> None:
    with pytest.raises(DecodeError) as caught:
        Reading().reader.read([Note("a"), Note("foreign")])

    error = caught.value
    assert (error.what, error.where) == ("it is no note", "messages[1]")
    assert (error.culprit, error.hint) == ("caller", "give notes")


def test_the_parts_of_a_message_are_one_and_the_same_one_again() -> None:
    reading = Reading()
    history = [Note("a", Part("g", 0, 2)), Note("b", Part("g", 1, 2)), Note("c", Part("h", 0, 1))]
    first, second = reading.reader.read(history).value

    assert [block.text for block in first.blocks if isinstance(block, Text)] == ["a", "b"]
    assert reading.reader.read(history).value[0] is first
    assert second.text == "c"


def test_findings_losses_and_errors_say_where() -> None:
    read = Reading().reader.read([Note("command"), Note("edited")])

    assert [loss.path for loss in read.losses] == ["messages[0]"]
    assert [finding.path for finding in read.findings] == ["messages[1].blocks[0]"]
    with pytest.raises(DecodeError, match="cut off") as caught:
        Reading().reader.read([Note("a"), Note("broken")])
    assert (caught.value.where, caught.value.culprit, caught.value.hint) == ("messages[1]", "framework", "remove it")


def test_a_finding_is_told_once_for_a_message() -> None:
    told = Told()
    finding = Finding(
        check="c", status="warn", level="MAY", fate="altered", what="edited", path="messages[3].blocks[0]"
    )

    assert [told.is_new(finding, whose) for whose in ("a", "a", "b")] == [True, False, True]
