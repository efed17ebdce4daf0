"""What a strict provider refuses: what its rule predicts, seals that do not verify, items whose neighbours are gone.

A pure function of the request and the script, as the reply is. Of several faults the provider names one: what makes a
body unreadable, else the first flaw of its form, else the first fault of its thinking. DeepSeek's own code does so, and
of the others nobody knows. Where a rule has neither status nor text, nothing is refused: what nobody has seen refused
is not refused here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from msgspec import UNSET

from keepthinking import Dialect, rule_for
from keepthinking._exchange import Request
from keepthinking._messages import Block, Message, Text, Thinking, ToolCall
from keepthinking._turns import MODEL_ROLES, Spot
from keepthinking.plugins import dialect as dialect_of
from keepthinking.retention import Refusal, refusals
from keepthinking.retention._reading import Reading
from keepthinking.retention._rules import Rule
from keepthinking_conformance.provider._errors import BAD_REQUEST
from keepthinking_conformance.provider._neighbours import PARAM, gone, needs
from keepthinking_conformance.provider._projected import Prefix
from keepthinking_conformance.provider._script import Script
from keepthinking_conformance.provider._seals import Seen, covered, is_of
from keepthinking_conformance.provider._texts import spoken
from keepthinking_conformance.provider._voices import Voice


class Refused(NamedTuple):
    """Why a request is answered with an error.

    Attributes:
        rank: Which kind of fault it is: they are looked for one after the other.
        spot: Where it is.
        text: The vendor's text, with its marks filled in.
        status: The HTTP status.
        code: The vendor's own code for it, where it has one besides the type.
        param: The member of the request that the vendor names.
    """

    rank: int
    spot: Spot
    text: str
    status: int = BAD_REQUEST
    code: str | None = None
    param: str | None = None


class _Seals(NamedTuple):
    """What a vendor says of seals besides the text of its rule.

    Attributes:
        earlier: Of one that does not verify outside the latest message of the model, by slot.
        absent: Of a thought without any.
        moved: Of one that stands in an item of another id.
        code: The code of such errors.
    """

    earlier: Mapping[str, str] = {}
    absent: str = ""
    moved: str = ""
    code: str | None = None


_TEXTS: Final[Mapping[str, _Seals]] = {
    # https://github.com/anthropics/claude-code/issues/10627 (a signature), .../56708 (redacted data);
    # https://github.com/justlovemaki/AIClient2API/issues/437 (none); all read 2026-11-28.
    "anthropic": _Seals(
        earlier={
            "signature": "messages.{index}.content.{block}: Invalid `signature` in `thinking` block",
            "data": "messages.{index}.content.{block}: Invalid `data` in `redacted_thinking` block",
        },
        absent="messages.{index}.content.{block}.thinking.signature: Field required",
    ),
    # https://github.com/openai/codex/issues/8145 (the code); https://github.com/maximhq/bifrost/issues/5186 (an item of
    # another id); both read 2026-11-28.
    "openai": _Seals(
        moved="The encrypted content for item {id} could not be verified. Reason: Encrypted content item_id did not "
        "match the target item id.",
        code="invalid_encrypted_content",
    ),
}
"""By the rule's provider."""

_COUNTED_FROM: Final[Mapping[str, int]] = {"gemini": 1}
"""From which number a wire counts its messages in errors, where not from 0: of a question and a call, the call is in
"position 2" (https://github.com/manthanabc/paws/issues/103) or in the "2. content block"
(https://github.com/langgenius/dify/issues/30729; both read 2026-11-28)."""

_SYNTAX, _SHAPE, _FORM, _THINKING = range(4)
"""What is looked for, in this order: whether a body is JSON, whether it has the right members, whether its parts fit,
and whether thinking came back."""


def refused(request: Request, script: Script, voice: Voice) -> Refused | None:
    """Tell what a provider refuses of a request first; None where it takes it.

    Args:
        request: The request, as its dialect reads it.
        script: Everything that is said in the run.
        voice: Who is asked.
    """
    rule = rule_in(request, voice)
    if rule is None:
        return None
    speaks = dialect_of(voice.dialect)
    found = [
        _predicted(request, one, voice)
        for one in refusals(request, rule, profile=voice.profile)
        if one.clause != "missing" or not _was_thoughtless(request.messages[one.spot.message], script)
    ]
    if _is_told(rule):
        found += _seals(_Checked(request, script, voice, rule, speaks))
    if rule.missing.asks == "nothing" and rule.missing.status is not UNSET:
        found += [
            Refused(_THINKING, spot, text, param=PARAM) for spot, text in gone(request, script.kept(needs, voice))
        ]
    return min(found, key=lambda one: (one.rank, one.spot), default=None)


def rule_in(request: Request, voice: Voice) -> Rule | None:
    """Give the rule under which a request falls, on the day on which the played rule was verified.

    The name under which the run asks for the model stands for the model that is played.
    """
    asked = request.model if isinstance(request.model, str) else voice.model
    model = voice.served.model if asked == voice.model else asked
    return rule_for(voice.profile, model=model, request_params=request.params, on=voice.rule.verified)


def _is_told(rule: Rule) -> bool:
    """Tell whether somebody has seen what the provider says to a seal that does not verify."""
    return rule.bound != "nothing" and not (rule.refused.status is UNSET and rule.refused.text is UNSET)


def _was_thoughtless(message: Message, script: Script) -> bool:
    """Tell whether a message is an answer that the script gives without a thought, which cannot be missing."""
    held = list(spoken(message))
    return any(word in text for word in script.thoughtless for text in held)


def _predicted(request: Request, refusal: Refusal, voice: Voice) -> Refused:
    text = refusal.text if isinstance(refusal.text, str) else ""
    if not isinstance(refusal.status, int):
        return Refused(_SYNTAX if refusal.clause == "flaws" else _SHAPE, refusal.spot, text)
    rank = _FORM if refusal.clause == "flaws" else _THINKING
    # OpenAI names the member in which a result is missing: https://github.com/symgraph/GhidrAssist/issues/78.
    param = PARAM if refusal.clause == "flaws" and voice.profile.provider == "openai" else None
    return Refused(rank, refusal.spot, filled(text, request, refusal.spot, voice), refusal.status, param=param)


class _Checked(NamedTuple):
    """A request whose seals are checked."""

    request: Request
    script: Script
    voice: Voice
    rule: Rule
    speaks: Dialect


def _seals(checked: _Checked) -> Iterator[Refused]:
    """Give the seals that do not verify, where the provider looks."""
    request, rule = checked.request, checked.rule
    reading = Reading(request, rule, checked.voice.profile)
    latest = max((m for m, message in enumerate(request.messages) if message.role in MODEL_ROLES), default=-1)
    before = Prefix(checked.speaks)
    before.head(request)
    for m, message in enumerate(request.messages):
        is_said = message.role in MODEL_ROLES
        for b, block in enumerate(message.blocks):
            asked = isinstance(block, ToolCall) and reading.in_loop(m) and bool(block.seals)
            looks = asked if rule.carrier == "call" else isinstance(block, Thinking)
            if is_said and looks and (found := _wrong(checked, message, block, before)) is not None:
                yield _said(checked, Spot(m, b), found, is_latest=m == latest)
            before.add(message, block)


def _wrong(checked: _Checked, message: Message, block: Block, before: Prefix) -> Seen | None:
    """Tell what is wrong with the seals of a block; None where nothing is."""
    voice = checked.voice
    if not block.seals:
        return (
            "absent" if checked.rule.carrier != "call" and _TEXTS.get(checked.rule.provider, _Seals()).absent else None
        )
    item = message.items[block.item] if isinstance(block.item, int) and block.item < len(message.items) else None
    for seal in block.seals:
        cover = covered(voice.dialect, block)
        seen = voice.mint.look(seal, cover, before.digest())
        if seen == "good":
            seen = "good" if is_of(item, voice.mint, seal) else "moved"
        elif checked.rule.foreign in {"read", "dropped"} and any(
            other.mint.look(seal, covered(other.dialect, block), before.digest()) != "forged"
            for other in checked.script.voices
        ):
            seen = "good"  # of another provider, which this one knows to let be
        if seen != "good":
            return seen
    return None


def _said(checked: _Checked, spot: Spot, wrong: Seen, *, is_latest: bool) -> Refused:
    """Say it in the vendor's words."""
    rule, request = checked.rule, checked.request
    own = _TEXTS.get(rule.provider, _Seals())
    slot = next((seal.slot for seal in request.messages[spot.message].blocks[spot.block].seals), "")
    text = rule.refused.text if isinstance(rule.refused.text, str) else ""
    if wrong == "absent":
        text = own.absent
    elif wrong == "moved" and own.moved:
        text = own.moved
    elif slot in own.earlier and (wrong != "elsewhere" if rule.bound == "prefix" else not is_latest):
        text = own.earlier[slot]
    status = rule.refused.status if isinstance(rule.refused.status, int) else BAD_REQUEST
    return Refused(_THINKING, spot, filled(text, request, spot, checked.voice), status, own.code)


def filled(text: str, request: Request, spot: Spot, voice: Voice) -> str:
    """Fill in the marks of an error text (`Missing.text`)."""
    if spot.message < 0:
        return text
    message = request.messages[spot.message]
    block = message.blocks[spot.block] if 0 <= spot.block < len(message.blocks) else None
    seal = next((seal.wire for seal in block.seals), "") if block is not None else ""
    item = message.items[block.item] if block is not None and isinstance(block.item, int) else None
    known = {
        "{index}": str(_number(request, spot.message, voice)),
        "{block}": str(max(spot.block, 0)),
        "{name}": block.name if isinstance(block, ToolCall) else "",
        "{found}": _FOUND.get(type(block), ""),
        "{seal}": f"{seal[:4]}...{seal[-4:]}",
        "{id}": str(item.id) if item is not None else "",
    }
    return re.sub(r"\{(?:index|block|name|found|seal|id)\}", lambda mark: known[mark[0]], text)


def _number(request: Request, index: int, voice: Voice) -> int:
    """Count a message as the one counts who names it: a gateway quotes a vendor that has other messages."""
    before = request.messages[:index]
    if voice.profile.provider in _QUOTING:
        speakers = [
            message.role in MODEL_ROLES for message in (*before, request.messages[index]) if message.role != "system"
        ]
        return sum(a != b for a, b in pairwise(speakers))
    carrier = request.messages[index].carrier
    return sum(message.carrier == carrier for message in before) + _COUNTED_FROM.get(voice.dialect, 0)


_QUOTING: Final = frozenset({"openrouter"})
"""Gateways whose errors are those of Anthropic, which counts no system messages, and results as one of the user's."""

_FOUND: Final[Mapping[type, str]] = {ToolCall: "tool_use", Text: "text"}
"""The wire's word for what stands where a thought should."""
