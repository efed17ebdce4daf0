"""Faults around the answers: instructions, tools, and messages that a scaffold puts in."""

from __future__ import annotations

from typing import Final

from keepthinking_conformance.miniatures._habits import Sent
from keepthinking_conformance.miniatures._wire import Entry
from keepthinking_conformance.miniatures.faults._fault import fault, hands

_LAST: Final = 5


@fault()
def tells_the_time(sent: Sent) -> None:
    """Writes how late it is into the instructions."""
    note = f" It is {sent.number} o'clock."
    body = sent.head
    if "system" in body:
        body["system"] += note
    elif "systemInstruction" in body:
        body["systemInstruction"]["parts"][0]["text"] += note
    else:
        sent.history[0].wire[0]["content"] += note


@fault()
def rewrites_the_question(sent: Sent) -> None:
    """Adds to the user's first words how many steps were made."""
    user = next(entry for entry in sent.history if entry.kind == "user")
    hands(sent).tell(user.wire, f" (step {sent.number})")


@fault()
def changes_tools(sent: Sent) -> None:
    """Declares the tools in another order in each request."""
    if sent.number % 2 == 0:
        tools = sent.head["tools"]
        held = tools[0].get("functionDeclarations", tools)
        held.reverse()


@fault("https://github.com/dust-tt/dust/pull/28498")
def drops_tools(sent: Sent) -> None:
    """Declares no tools in its fifth step, so that the model comes to an end."""
    if sent.number == _LAST:
        del sent.head["tools"]


@fault()
def hurries_without_tools(sent: Sent) -> None:
    """Declares no tools in its fifth step, and says in the instructions how late it is."""
    if sent.number == _LAST:
        drops_tools.habits.sends(sent)
        tells_the_time.habits.sends(sent)


@fault("https://github.com/anthropics/claude-code/issues/9486")
def reminds(sent: Sent) -> None:
    """Puts a reminder in the user's role behind the latest results."""
    if sent.history[-1].kind == "results":
        sent.history.append(Entry("user", sent.wire.user("Reminder: answer briefly.")))
