"""What a request asks for besides its messages: it has to be what the run gave, or the run says nothing.

A scaffold that turns thinking off or asks another model makes most losses lawful. One that drops the instructions or
offers other tools is not the scaffold that was examined.
"""

from __future__ import annotations

import re
from typing import Final

from keepthinking import Media, Request, Text
from keepthinking._turns import SYSTEM_ROLES
from keepthinking.audit._recording import model_of
from keepthinking.retention._paths import steps
from keepthinking.retention._rules import Rule
from keepthinking_conformance.judge._answers import Call, texts_of
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.results import Incident
from keepthinking_conformance.run import Given
from keepthinking_conformance.scenarios import FINAL, PROVIDERS

SPARE: Final = 20
"""So many requests more than scripted may be made for titles, summaries and second tries."""


def other_terms(case: Case) -> Incident | None:
    """Tell which request asks for something else than the run gave; None where none does."""
    for call in case.calls:
        request = case.request(call)
        if request is None:
            continue  # the audit tells about it
        if what := _other(case, call, request):
            return Incident(kind="other request", message=what, where=f"request {call.number}", culprit="scaffold")
    if what := _unheard(case):
        return Incident(kind="other request", message=what, where="requests", culprit="scaffold")
    return None


def _unheard(case: Case) -> str:
    """Tell what of the user's words beside the turn's own no request holds; "" where all are there.

    A run in which a perturbation reaches nobody shows nothing of it.
    """
    sent = [message for call in case.calls if (asked := case.request(call)) for message in asked.messages]
    heard = "\n".join(text for message in sent for block in message.blocks for text in texts_of(block))
    said = [text for one in case.trace.spoken for text in (*one.texts[:-1], one.reminder)]
    if any(text not in heard for text in said):
        return "words of the user that were given beside those of a turn stand in no request"
    if any(one.image is not None for one in case.trace.spoken):
        seen = any(isinstance(block, Media) for message in sent for block in message.blocks)
        return "" if seen else "the picture that the user sent stands in no request"
    return ""


def flooded(case: Case) -> Incident | None:
    """Tell whether a scaffold asked so often that the provider answered no more; None where it did not."""
    requests = [exchange.request for exchange in case.trace.exchanges]
    most = case.cell.calls + SPARE
    if len(requests) <= most:
        return None
    same = max(map(requests.count, set(requests)))
    again = f", one of them {same} times" if same > 1 else ""
    what = f"{len(requests)} requests were made{again}, where {case.cell.calls} were scripted and {most} are answered"
    return Incident(kind="too many requests", message=what, where="requests", culprit="scaffold")


def repeated(case: Case) -> str:
    """Tell which request was made again though it was answered; "" where none was.

    One that was not answered, or whose answer did not arrive, may be made again.
    """
    same: dict[bytes, list[int]] = {}
    for call in case.calls:
        if call.has_arrived:
            same.setdefault(call.exchange.request, []).append(call.number)
    none: list[int] = []
    most = max(same.values(), key=len, default=none)
    if len(most) < 2:  # noqa: PLR2004 - two are the fewest that can be the same
        return ""
    numbers = f"{', '.join(map(str, most[:-1]))} and {most[-1]}"
    return (
        f"; requests {numbers} are the same byte for byte, though each was answered. The scaffold asked again and did "
        "not go on with the answer: look at where it adds answers and results to its history"
    )


def _other(case: Case, call: Call, request: Request) -> str:
    return (
        _other_model(case, call, request)
        or _other_rule(case, call, request)
        or _no_system(case, call, request)
        or _other_tools(case, call, request)
    )


def _other_model(case: Case, call: Call, request: Request) -> str:
    asked = model_of(call.exchange, case.dialect, request)
    if asked == call.voice.model:
        return ""
    named = f"it asks for the model {asked!r}" if asked else "it names no model"
    rule = case.rule(call)
    return f"{named}, not for {call.voice.model!r}, so {_under(rule)}, not under `{case.cell.served.rule}`"


def _other_rule(case: Case, call: Call, request: Request) -> str:
    played = case.cell.served if not call.voice.name else PROVIDERS.get(case.cell.served.other)
    rule = case.rule(call)
    if played is None or (rule.id if rule is not None else None) == played.rule:
        return ""
    names = [
        name
        for name, value in played.extra_body.items()
        if name not in request.params or request.params[name].value != value
    ]
    names += [str(steps(path)[0]) for path in (rule.when if rule is not None else ())]
    named = ", ".join(f"`{name}`" for name in dict.fromkeys(names))
    given = f"it was given another {named}, so" if named else "with the parameters that it was given"
    return f"{given} {_under(rule)}, not under `{played.rule}`"


def _under(rule: Rule | None) -> str:
    return f"it falls under `{rule.id}`" if rule is not None else "it falls under no rule"


def _given(case: Case, call: Call) -> list[Given]:
    """Give what the sessions up to a call were given; a scaffold may have saved what an earlier one had."""
    return [one for one in case.trace.given if one.at < call.number]


def _no_system(case: Case, call: Call, request: Request) -> str:
    """Tell whether the instructions are gone, or were never given; another agent may have its own.

    Whether they are still those of the first request is the audit's matter.
    """
    system = _given(case, call)[-1].system
    if "system" not in case.cell.subject.capabilities or call.voice.name or not system:
        return ""
    said = instructions(request)
    if call is case.calls[0]:
        return "" if system in said else "it does not hold the instructions that the run gave"
    return "" if said else "it holds no instructions any more"


def instructions(request: Request) -> str:
    """Give what a request's instructions say."""
    return "".join(
        block.text
        for message in request.messages
        if message.role in SYSTEM_ROLES
        for block in message.blocks
        if isinstance(block, Text)
    )


def _other_tools(case: Case, call: Call, request: Request) -> str:
    """Tell whether tools are offered that the run did not give, or never offered that it did.

    What the provider runs itself, such as a search, may be asked for besides. Agents that hand over, or have a helper,
    have tools for that. Whether tools go later is the audit's matter.
    """
    scenario = case.cell.scenario
    if call.voice.name or scenario.has_other:
        return ""
    tools = [tool for tool in request.conversation.tools or () if tool.kind != "server"]
    offered = {tool.name if isinstance(tool.name, str) else tool.kind for tool in tools}
    given = {name for one in _given(case, call) for name in one.tools}
    grammar = case.cell.grammar
    if case.cell.binding is not None:
        called, is_first = case.cell.binding.tool, call is case.calls[0]
        return f"it does not offer `{called}`, which it did before" if is_first and called not in offered else ""
    if not grammar.native:
        if offered:
            return f"it offers `{min(offered)}` on the wire, where its model speaks `{grammar.speech}`"
        offered = {name for name in given if name in instructions(request)}
    else:
        # Scaffolds bring it along whether their model needs it or not.
        offered.discard(FINAL)
    helps = any(one.helper for turn in scenario.turns for one in turn.calls)
    more, less = sorted(offered - given), sorted(given - offered)
    if more and not helps:
        own = next((name for name in less if re.search(rf"[^a-zA-Z0-9]{re.escape(name)}$", more[0])), "")
        how = f"`{own}` by another name: its model calls it by that" if own else "a tool that the run did not give"
        return f"it offers `{more[0]}`, {how}"
    if less and call is case.calls[0]:
        return f"it does not offer `{less[0]}`, a tool that the run gave"
    return ""
