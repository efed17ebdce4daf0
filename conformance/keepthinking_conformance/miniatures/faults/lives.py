"""Faults of what happens to a conversation: streams, saving, interruptions, failures, other models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepthinking_conformance.miniatures._habits import Sent
from keepthinking_conformance.miniatures._values import load
from keepthinking_conformance.miniatures._wire import Entry, dropped
from keepthinking_conformance.miniatures.faults._fault import fault, hands, hands_of

if TYPE_CHECKING:
    from keepthinking_conformance.miniatures._talk import Talk

# -- streams -----------------------------------------------------------------------------------------------------------


@fault("https://github.com/langchain-ai/langchain/pull/37434", at="takes")
def forgets_streamed_thinking(answer: Entry, talk: Talk) -> None:
    """Gathers no thinking from a stream."""
    if talk.run.stream:
        talk.wire.unthink(answer.wire)


@fault("https://github.com/earendil-works/pi/issues/9534", at="takes")
def forgets_streamed_seals(answer: Entry, talk: Talk) -> None:
    """Gathers no seals from a stream."""
    if talk.run.stream:
        dropped(talk.wire.seals(answer.wire))


@fault("https://github.com/langchain-ai/langchainjs/issues/10691", at="takes")
def forgets_streamed_texts(answer: Entry, talk: Talk) -> None:
    """Gathers no words from a stream in which the model thinks."""
    if talk.run.stream and talk.wire.thoughts(answer.wire):
        hands_of(talk).hush(answer.wire)


@fault("https://github.com/langchain-ai/langchainjs/issues/10684", at="takes")
def keeps_the_pieces(answer: Entry, talk: Talk) -> None:
    """Keeps each piece of a streamed thought as a thought of its own."""
    if talk.run.stream:
        hands_of(talk).halve(answer.wire)


@fault("https://github.com/vercel/ai/issues/7644", at="takes")
def gathers_thoughts_twice(answer: Entry, talk: Talk) -> None:
    """Adds up a streamed thought from two members that say the same."""
    if talk.run.stream:
        for place in hands_of(talk).all_words(answer.wire):
            place.put(place.value * 2)


# -- saving and loading ------------------------------------------------------------------------------------------------


@fault("https://github.com/NousResearch/hermes-agent/issues/17825", at="saves")
def saves_no_thinking(history: list[Entry], talk: Talk) -> None:
    """Saves no thinking."""
    for entry in history:
        if entry.kind == "answer":
            talk.wire.unthink(entry.wire)


@fault("https://github.com/everruns/everruns/pull/1985", at="saves")
def saves_no_seals(history: list[Entry], talk: Talk) -> None:
    """Saves no seals."""
    for entry in history:
        if entry.kind == "answer":
            dropped(talk.wire.seals(entry.wire))


@fault(at="saves")
def saves_nothing(history: list[Entry], talk: Talk) -> None:
    """Saves nothing of what was said."""
    del talk
    history.clear()


@fault(at="loads")
def names_loaded_calls_anew(history: list[Entry], talk: Talk) -> None:
    """Gives calls that wait ids of its own when they are loaded."""
    if history and history[-1].kind == "answer":
        for n, place in enumerate(talk.wire.called(history[-1].wire)):
            hands_of(talk).id(place.value).put(f"call_loaded_{n}")


@fault("https://github.com/anthropics/claude-code/issues/63943", at="stops")
def keeps_what_was_cut_off(talk: Talk) -> None:
    """Keeps an interrupted thought as if it were whole."""
    answer = hands_of(talk).begun(talk.line.heard)
    talk.history.append(Entry("answer", answer, talk.origin))


@fault("https://github.com/langchain-ai/langchain-aws/issues/837", at="loads")
def repairs_open_calls(history: list[Entry], talk: Talk) -> None:
    """Takes a call that waits for what was broken off, and drops it."""
    if history and history[-1].kind == "answer" and talk.wire.calls(history[-1].wire):
        history.pop()


# -- failures ----------------------------------------------------------------------------------------------------------


@fault("https://github.com/anomalyco/opencode/pull/40157")
def forgets_failed_steps(sent: Sent) -> None:
    """Sends the steps whose tool failed without their thinking."""
    for entry, following in zip(sent.history, sent.history[1:], strict=False):
        if entry.kind == "answer" and following.failed:
            sent.wire.unthink(entry.wire)


@fault("https://github.com/cline/cline/pull/13165", at="takes")
def takes_thinking_for_nothing(answer: Entry, talk: Talk) -> None:
    """Gives up where an answer is thinking and nothing else."""
    if not talk.wire.calls(answer.wire) and not talk.wire.shown(answer.wire):
        raise ValueError("the model said nothing")


@fault("https://github.com/NousResearch/hermes-agent/issues/24401")
def asks_otherwise_again(sent: Sent) -> None:
    """Shortens the latest results when a request is sent again."""
    if sent.again:
        for results in sent.results[-1:]:
            for place in hands(sent).told(results):
                said = hands(sent).said(place.value)
                said.put(said.value[:20])


@fault()
def thinks_no_more_again(sent: Sent) -> None:
    """Leaves all thinking out when a request is sent again."""
    if sent.again:
        for answer in sent.answers:
            sent.wire.unthink(answer)


@fault()
def asks_for_less_again(sent: Sent) -> None:
    """Leaves the latest results out when a request is sent again."""
    if sent.again:
        sent.history.pop()


@fault("https://github.com/langchain-ai/langgraph/issues/6574", at="takes")
def drops_malformed_calls(answer: Entry, talk: Talk) -> None:
    """Drops calls whose arguments are no JSON, as if they had not been made."""
    calls = zip(talk.wire.called(answer.wire), talk.wire.calls(answer.wire), strict=True)
    dropped(place for place, call in calls if not _is_json(call.arguments))


def _is_json(text: str) -> bool:
    try:
        load(text)
    except ValueError:
        return False
    return True


# -- other models ------------------------------------------------------------------------------------------------------


@fault("https://github.com/can1357/oh-my-pi/issues/6379", at="lends")
def sends_foreign_thinking(answer: Entry, talk: Talk) -> None:
    """Sends what another provider thought and sealed as if this one had."""
    del answer, talk


@fault("https://github.com/microsoft/agent-framework/issues/7384")
def comes_back_without_thinking(sent: Sent) -> None:
    """Sends no thinking of before another model spoke."""
    others = [n for n, entry in enumerate(sent.history) if entry.kind == "answer" and entry.by != sent.talk.origin]
    for entry in sent.history[: others[-1]] if others else ():
        if entry.kind == "answer":
            sent.wire.unthink(entry.wire)


@fault("https://github.com/run-llama/llama_index/issues/21124")
def goes_by_the_name(sent: Sent) -> None:
    """Sends thinking to models of known names alone."""
    if not any(
        name in sent.talk.endpoint.model.lower() for name in ("deepseek", "minimax", "claude", "gemini-3", "gpt")
    ):
        for answer in sent.answers:
            sent.wire.unthink(answer)


@fault("https://github.com/anthropics/claude-code/issues/9486")
def stops_thinking(sent: Sent) -> None:
    """Turns thinking off for its third request, and sends what was thought."""
    if sent.number == _THIRD:
        sent.head["thinking"] = {"type": "disabled"}


_THIRD: Final = 3
