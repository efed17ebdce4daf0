"""Every answer that a request should hold: there, in order, as it was."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

from keepthinking._messages import Origin, Text, Thinking
from keepthinking._rules import seals_travel
from keepthinking._turns import Spot
from keepthinking.audit._fates import MESSAGE, Seen, fates
from keepthinking.audit._lineage import Node
from keepthinking.audit._pairing import View, moved
from keepthinking.audit._results import lone_ids
from keepthinking.audit._ruling import Outcome, Ruling
from keepthinking.audit._verdict import Verdict

Turns: TypeAlias = list[tuple[View, tuple[int, ...]]]


def judge_answers(ruling: Ruling) -> None:
    """Judge every answer that the request should hold."""
    found, tally = ruling.found, ruling.tally
    changed: Turns = []
    gone: list[Node] = []
    firsts: dict[int, int] = {}
    for number in found.expected:
        node = ruling.nodes[number]
        if not node.whole or not node.messages:
            continue
        tally.expected += 1
        stands = found.stands[number]
        if not stands:
            gone.append(node)
            continue
        if number not in found.merged:
            firsts[number] = stands[0]
        one = ruling.view(node, stands)
        if one.clean:
            tally.fates["preserved"] += one.thoughts
        else:
            changed.append((one, stands))
        if one.thoughts or one.sealed:
            _allowed(ruling, node, one, stands)
    _ordered(ruling, firsts)
    if changed:
        _changed(ruling, changed)
    if ruling.is_whole:
        for node in gone:
            _removed(ruling, node)


def _ordered(ruling: Ruling, firsts: dict[int, int]) -> None:
    """Judge the order of the answers, each given with the index of its first message."""
    if all(a <= b for a, b in pairwise(firsts.values())):
        return
    for number in sorted(moved(firsts)):
        what = "a turn came back in another order"
        verdict = Verdict("order.turns", "reordered", what, None, Spot(firsts[number], MESSAGE))
        ruling.find(ruling.nodes[number], verdict)


def _changed(ruling: Ruling, turns: Turns) -> None:
    """Judge the answers that did not simply come back."""
    # Where blocks are missing and none is left over, a turn's verdict does not hang on any other turn, and only a new
    # visible text could still change it: then what was found for an earlier request is found again.
    found = ruling.found
    apart = not (found.merged or found.end.lone or any(one.spare for one, _ in turns))
    settled = apart and not _new_text(ruling)
    rest: Turns = []
    for one, stands in turns:
        known = ruling.scope.outcomes.get(_case(ruling, one, stands)) if settled else None
        if known is None:
            rest.append((one, stands))
            continue
        for key, fate in known:
            if key is not None:
                ruling.tally.again(key)
            if fate:
                ruling.tally.fates[fate] += 1
    if rest:
        _settle(ruling, rest, remember=settled)


def _case(ruling: Ruling, one: View, stands: tuple[int, ...]) -> tuple[object, ...]:
    sent = ruling.sent
    rule = None if sent.rule is None else sent.rule.id
    in_loop = ruling.in_loop(one.number)
    return (id(one), stands, in_loop, rule, bool(sent.tools), sent.system, sent.model, sent.profile.name)


def _new_text(ruling: Ruling) -> bool:
    found = ruling.found
    fresh = found.path[len(found.path) - found.fresh :]
    return any(
        isinstance(block, Text)
        for step in fresh
        if not step.speaks or step.index + found.head in found.strangers
        for block in step.message.blocks
    )


def _settle(ruling: Ruling, turns: Turns, *, remember: bool) -> None:
    """Find a verdict on each block, and count the fate of each thought once."""
    seen = Seen(
        projection=ruling.sent.dialect.projection,
        messages=ruling.messages,
        elsewhere=ruling.elsewhere,
        thoughts=ruling.scope.thoughts,
        results=frozenset(lone_ids(ruling.found.path)),
    )
    hurt: dict[int, set[int]] = {one.number: set() for one, _ in turns}
    outcomes: dict[int, list[Outcome]] = {one.number: [] for one, _ in turns}
    for one, verdict in fates(turns, seen):
        key, fate = ruling.find(ruling.nodes[one.number], verdict, one.choice)
        counted = ""
        if verdict.expected is None:
            counted = fate if _is_thinking(ruling, verdict.actual) else ""
        elif isinstance(one.answer.blocks[verdict.expected], Thinking) and verdict.expected not in hurt[one.number]:
            hurt[one.number].add(verdict.expected)
            counted = fate
        outcomes[one.number].append((key, counted))
        if counted:
            ruling.tally.fates[counted] += 1
    for one, stands in turns:
        whole = one.thoughts - len(hurt[one.number])
        outcomes[one.number] += [(None, "preserved")] * whole
        ruling.tally.fates["preserved"] += whole
        if remember:
            ruling.scope.outcomes[_case(ruling, one, stands)] = tuple(outcomes[one.number])
    for number in ruling.found.merged:
        stands = ruling.found.stands.get(number, ())
        if stands and ruling.nodes[number].whole:
            what = "two answers came back as one message"
            place = Spot(stands[0], MESSAGE)
            verdict = Verdict("grouping.not-merged", "altered", what, None, place, part="merged")
            ruling.find(ruling.nodes[number], verdict)


def _is_thinking(ruling: Ruling, spot: Spot | None) -> bool:
    if spot is None or spot.block == MESSAGE:
        return False
    return isinstance(ruling.messages[spot.message].blocks[spot.block], Thinking)


def _removed(ruling: Ruling, node: Node) -> None:
    """Judge an answer that no message stands for: legal outside the running loop, if all of it went."""
    found = ruling.found
    in_loop = _was_in_loop(ruling, node)
    answer = node.messages[0]
    ruling.tally.fates["removed-with-turn"] += sum(isinstance(block, Thinking) for block in answer.blocks)
    end = len(ruling.messages) - 1
    place = Spot(
        next((stands[0] for number, stands in found.stands.items() if number > node.number and stands), end), MESSAGE
    )
    what = "a whole turn is gone from the history"
    ruling.find(node, Verdict("context.turn.kept", "removed-with-turn", what, None, place), in_loop=in_loop)
    for b, block in enumerate(answer.blocks):
        if not isinstance(block, Thinking):
            continue
        spot = ruling.elsewhere.find((node.number, b), block.text.strip())
        if spot is not None:
            what = "thinking of a turn that is gone stands as visible text"
            ruling.find(node, Verdict("thinking.not-text", "leaked-as-text", what, b, spot), in_loop=in_loop)


def _was_in_loop(ruling: Ruling, node: Node) -> bool:
    """Tell whether no user message came after an answer that is gone."""
    found = ruling.found
    parent = node if found.parent is None else ruling.nodes[found.parent]
    stands = found.stands.get(parent.number, ())
    since = found.path[stands[0] - found.head].users if stands else parent.step.users
    return parent.step.users == node.step.users and found.end.users == since


def _allowed(ruling: Ruling, node: Node, one: View, stands: tuple[int, ...]) -> None:
    """Judge thinking that came back where it must not."""
    rule, here = ruling.sent.rule, ruling.sent.profile.provider
    ground = ruling.ground(node, in_loop=ruling.in_loop(node.number))
    if ground.foreign:
        check, what = "foreign.not-sent", f"what `{node.provider}` sealed is sent to `{here}`"
        bad = seals_travel(Origin(provider=node.provider), Origin(provider=here)) == "different"
    else:
        check, what = "thinking.not-sent", "thinking is sent though the provider's rule forbids it"
        bad = rule is not None and (rule.in_loop if ground.in_loop else rule.cross_turn) == "must-not"
    if not bad:
        return
    for i, j in one.pairs.items():
        stand = one.expected[i]
        if stand.block.seals if ground.foreign else isinstance(stand.block, Thinking):
            spot = one.actual[j].spot
            place = Spot(stands[spot.message], spot.block)
            ruling.find(node, Verdict(check, "preserved", what, stand.spot.block, place), one.choice)
