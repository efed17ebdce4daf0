"""Faults of thinking: lost, changed, moved, doubled, made up, said aloud."""

from __future__ import annotations

import copy
from typing import Final

from keepthinking_conformance.miniatures._habits import Sent
from keepthinking_conformance.miniatures._wire import Json, Place, dropped
from keepthinking_conformance.miniatures.faults._fault import fault, hands

PLACEHOLDER: Final = "(reasoning omitted)"


def _said(words: list[str]) -> str:
    """Join thoughts, each once: a member may repeat what entries say."""
    return "\n\n".join(dict.fromkeys(words))


def _all_words(sent: Sent) -> list[Place]:
    return [place for answer in sent.answers for place in hands(sent).all_words(answer)]


@fault("https://github.com/langchain-ai/langchain/issues/35059")
def drops_thinking(sent: Sent) -> None:
    """Sends no thinking back, and keeps the seals of all else."""
    for answer in sent.answers:
        sent.wire.unthink(answer)


@fault("https://github.com/NousResearch/hermes-agent/issues/17825")
def drops_earlier_thinking(sent: Sent) -> None:
    """Sends the thinking of the running turn alone."""
    last = max(i for i, entry in enumerate(sent.history) if entry.kind == "user")
    for entry in sent.history[:last]:
        if entry.kind == "answer":
            sent.wire.unthink(entry.wire)


@fault("https://github.com/HKUDS/nanobot/pull/4227")
def empties_thinking(sent: Sent) -> None:
    """Sends thinking without its words."""
    for place in _all_words(sent):
        place.put("")


@fault("https://github.com/dcdpr/jp/issues/829")
def strips_thinking(sent: Sent) -> None:
    """Strips the white space around thinking."""
    for place in _all_words(sent):
        place.put(place.value.strip())


@fault("https://github.com/earendil-works/pi/issues/7140")
def strips_content(sent: Sent) -> None:
    """Strips the text of an answer, and with it what stands between tags."""
    for answer in sent.answers:
        for place in sent.wire.texts(answer):
            place.put(place.value.strip())


@fault("https://github.com/earendil-works/pi/issues/7874")
def cuts_thinking(sent: Sent) -> None:
    """Cuts thinking after some characters."""
    for place in _all_words(sent):
        place.put(place.value[:60])


@fault("https://github.com/ENTERPILOT/GoModel/pull/751")
def renames_thinking(sent: Sent) -> None:
    """Sends thinking in a member of another name."""
    for answer in sent.answers:
        for place in sent.wire.thoughts(answer):
            name = "reasoning" if place.key == "reasoning_content" else "reasoning_content"
            place.holder[name] = place.drop()


@fault("https://github.com/pydantic/pydantic-ai/issues/5869")
def says_thinking(sent: Sent) -> None:
    """Writes thinking between tags in front of the visible text."""
    for answer in sent.answers:
        words = [place.value for place in hands(sent).all_words(answer)]
        sent.wire.unthink(answer)
        if words:
            hands(sent).say(answer, f"<think>{_said(words)}</think>\n")


@fault("https://github.com/google/adk-python/issues/3948")
def tells_thinking(sent: Sent) -> None:
    """Tells the model in the user's words what it thought first."""
    for answer in sent.answers[:1]:
        words = [place.value for place in hands(sent).all_words(answer)]
        sent.wire.unthink(answer)
        user = next(entry for entry in sent.history if entry.kind == "user")
        hands(sent).tell(user.wire, f" So far you thought: {_said(words)}")


@fault("https://github.com/Lingtai-AI/lingtai-kernel/issues/9")
def puts_a_placeholder(sent: Sent) -> None:
    """Puts the same few words in the place of all thinking."""
    for place in _all_words(sent):
        place.put(PLACEHOLDER)


@fault("https://github.com/diegosouzapw/OmniRoute/issues/1682")
def thinks_for_the_model(sent: Sent) -> None:
    """Writes a thought down where the model had none."""
    for answer in sent.answers:
        if not sent.wire.thoughts(answer):
            hands(sent).think(answer, PLACEHOLDER)


@fault("https://github.com/NousResearch/hermes-agent/pull/17341")
def adds_empty_thinking(sent: Sent) -> None:
    """Writes thinking without words down where the model had none."""
    for answer in sent.answers:
        if not sent.wire.thoughts(answer):
            hands(sent).think(answer, "")


@fault("https://github.com/ranxianglei/acp-kernel/issues/289")
def drops_empty_thinking(sent: Sent) -> None:
    """Takes thinking without words for none."""
    for answer in sent.answers:
        for place in reversed(sent.wire.thoughts(answer)):
            words = [place.value] if isinstance(place.value, str) else [w.value for w in hands(sent).words(place.value)]
            if words == [""]:
                place.drop()


@fault("https://github.com/mnfst/llm-gateway/pull/2339")
def mixes_thoughts_up(sent: Sent) -> None:
    """Gives each answer the thought that it remembers under the tool's name: that of the latest call."""
    known: dict[str, Json] = {}
    for answer in sent.answers:
        for call in sent.wire.calls(answer)[:1]:
            for place in sent.wire.thoughts(answer)[:1]:
                known[call.name] = copy.deepcopy(place.value)
    for answer in sent.answers:
        for call in sent.wire.calls(answer)[:1]:
            for place in sent.wire.thoughts(answer)[:1]:
                place.put(copy.deepcopy(known[call.name]))


@fault("https://github.com/camel-ai/camel/issues/4283")
def repeats_the_first_thought(sent: Sent) -> None:
    """Puts the first thought in front of all others, too."""
    first: Json = None
    for answer in sent.answers:
        for place in sent.wire.thoughts(answer)[:1]:
            if first is None:
                first = copy.deepcopy(place.value)
            else:
                place.holder.insert(place.key, copy.deepcopy(first))


@fault("https://github.com/vercel/ai/issues/7644")
def doubles_thinking(sent: Sent) -> None:
    """Sends each thought twice."""
    for answer in sent.answers:
        for place in reversed(sent.wire.thoughts(answer)):
            place.holder.insert(place.key, copy.deepcopy(place.value))


@fault("https://github.com/openai/openai-agents-python/pull/4175")
def joins_thoughts(sent: Sent) -> None:
    """Makes one block of the thoughts of an answer, with the last one's seal."""
    for answer in sent.answers:
        thoughts = sent.wire.thoughts(answer)
        words = [words for place in thoughts for words in hands(sent).words(place.value)]
        if len(words) > 1:
            words[-1].put("".join(place.value for place in words))
            dropped(thoughts[:-1])


@fault("https://github.com/langchain-ai/langchainjs/issues/10684")
def halves_thoughts(sent: Sent) -> None:
    """Makes two blocks of one thought."""
    for answer in sent.answers:
        hands(sent).halve(answer)


@fault("https://github.com/langchain-ai/langchainjs/issues/10691")
def joins_paragraphs(sent: Sent) -> None:
    """Makes one part of the parts of a thought."""
    for answer in sent.answers:
        for place in sent.wire.thoughts(answer):
            parts = place.value["summary"]
            parts[:] = [{**parts[0], "text": "".join(part["text"] for part in parts)}]


@fault("https://github.com/continuedev/continue/issues/11994")
def thinks_afterwards(sent: Sent) -> None:
    """Puts the first thought of an answer behind all else."""
    for answer in sent.answers:
        for place in sent.wire.thoughts(answer)[:1]:
            place.holder.append(place.drop())
