"""Every answer that a request should hold: there, in order, as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import TypeAlias

from keepthinking._messages import Message, Origin, Text, Thinking
from keepthinking._turns import Spot
from keepthinking.audit._elsewhere import pieces_of
from keepthinking.audit._fates import MESSAGE, Seen, fates
from keepthinking.audit._history import Step, compaction_of
from keepthinking.audit._lineage import Node
from keepthinking.audit._pairing import View, moved
from keepthinking.audit._results import lone_ids
from keepthinking.audit._ruling import Outcome, Ruling, Settled
from keepthinking.audit._verdict import OVERTAKEN, PHASE, Verdict
from keepthinking.retention._rules import is_strange

Turns: TypeAlias = list[tuple[View, tuple[int, ...]]]


def judge_answers(ruling: Ruling) -> None:
    """Judge every answer that the request should hold."""
    found, tally = ruling.found, ruling.tally
    changed: Turns = []
    gone: list[Node] = []
    firsts: dict[int, int] = {}
    for number in found.expected:
        node = ruling.nodes[number]
        if not node.whole:
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
        _unphased(ruling, node, one, stands)
    _ordered(ruling, firsts)
    _overtaken(ruling, firsts)
    if changed:
        _changed(ruling, changed)
    if ruling.is_whole:
        _removed(ruling, gone)


def _ordered(ruling: Ruling, firsts: dict[int, int]) -> None:
    """Judge the order of the answers, each given with the index of its first message."""
    answers = tuple(firsts.items())  # as they were given, which their numbers need not tell
    for n in sorted(moved({n: at for n, (_, at) in enumerate(answers)})):
        number, at = answers[n]
        what = "a turn came back in another order"
        ruling.find(ruling.nodes[number], Verdict("order.turns", "reordered", what, None, Spot(at, MESSAGE)))


def _overtaken(ruling: Ruling, firsts: dict[int, int]) -> None:
    """Judge the answers that stand behind words of a user which came after them, as if they answered those.

    Only an answer that stood right behind its question tells, where all that was said up to the question is as it was.
    Where seals are bound to all that stands before them, the changed prefix is the finding. What stands before earlier
    answers was compared with what was sent (`judge_prefix`), so that there only the last one is looked at here.

    Args:
        ruling: The request.
        firsts: Each answer that is there, with the index of its first message.
    """
    found, rule = ruling.found, ruling.sent.rule
    binds = rule is not None and rule.bound == "prefix"
    for number, at in firsts.items():
        node = ruling.nodes[number]
        if binds and number != found.parent:
            continue
        bound = binds and any(block.seals for message in node.messages for block in message.blocks)
        if not _is_overtaken(found.path, at - found.head, node.step, bound=bound):
            continue
        if bound:
            what = "words that came after an answer stand before it, and its seal is bound to all that stands before it"
            verdict = Verdict("prefix.unaltered", "altered", what, None, Spot(at - 1, MESSAGE))
        else:
            what = "an answer stands behind words of the user that came after it"
            verdict = Verdict("order.turns", "reordered", what, None, Spot(at, MESSAGE), part=OVERTAKEN)
        ruling.find(node, verdict)


def _is_overtaken(path: Sequence[Step], at: int, question: Step, *, bound: bool) -> bool:
    """Tell whether nothing but new words stand between a question and its answer.

    Args:
        path: The request's steps.
        at: Index of the answer.
        question: What the answer was given to.
        bound: Whether all that is said counts: words beside a result, too, which elsewhere may be a reminder, and those
            of nobody.
    """
    if question.heard[-1].result and not bound:
        return False
    before = (path[i] for i in reversed(range(at)))
    asks = takewhile(lambda step: not step.speaks if bound else step.message.role == "user", before)
    said = (heard.all if bound else heard.aside for step in asks for heard in reversed(step.heard))
    asked = question.heard[-1].all if bound else question.heard[-1].aside
    return next((n for n, says in enumerate(said) if says == asked), 0) > 0


def _changed(ruling: Ruling, turns: Turns) -> None:
    """Judge the answers that did not simply come back; what was found for an earlier request is found again."""
    found = ruling.found
    alone = not (found.merged or found.end.lone)
    lost = Counter(mark for one, _ in turns for mark in one.lost_marks)
    spare = Counter(mark for one, _ in turns for mark in one.spare_marks)
    texts = sum(one.open_texts for one, _ in turns)
    new_text = _new_text(ruling)
    rest: Turns = []
    remember: set[int] = set()
    for one, stands in turns:
        # a turn's verdict hangs on others only where one has what the other has not, or where its thinking is still
        # sought in the texts of others
        apart = alone and not any(spare[mark] for mark in one.lost_marks) and not any(lost[m] for m in one.spare_marks)
        known = ruling.scope.outcomes.get(_case(ruling, one, stands)) if apart else None
        if known is None or (known.sought and (new_text or texts > one.open_texts)):
            rest.append((one, stands))
            if apart:
                remember.add(one.number)
            continue
        for key, fate in known.outcomes:
            if key is not None:
                ruling.tally.again(key)
            if fate:
                ruling.tally.fates[fate] += 1
    if rest:
        _settle(ruling, rest, remember)


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


def _settle(ruling: Ruling, turns: Turns, remember: set[int]) -> None:
    """Find a verdict on each block, and count the fate of each thought once."""
    seen = Seen(
        projection=ruling.sent.dialect.projection,
        messages=ruling.messages,
        elsewhere=ruling.elsewhere,
        thoughts=ruling.scope.thoughts,
        results=frozenset(lone_ids(ruling.found.path)),
        waiting=frozenset(Spot(spot.message + ruling.found.head, spot.block) for spot, _ in ruling.found.end.waiting),
    )
    hurt: dict[int, set[int]] = {one.number: set() for one, _ in turns}
    outcomes: dict[int, list[Outcome]] = {one.number: [] for one, _ in turns}
    sought: set[int] = set()
    for one, verdict in fates(turns, seen):
        if _is_compacted(one, verdict):
            key, fate = None, "legally-dropped"
        else:
            key, fate = ruling.find(ruling.nodes[one.number], verdict, one.choice)
        if verdict.check == "thinking.kept":
            sought.add(one.number)
        counted = fate if _is_counted(ruling, one, verdict, hurt[one.number], excused=key is None) else ""
        outcomes[one.number].append((key, counted))
        if counted:
            ruling.tally.fates[counted] += 1
    for one, stands in turns:
        whole = one.thoughts - len(hurt[one.number])
        outcomes[one.number] += [(None, "preserved")] * whole
        ruling.tally.fates["preserved"] += whole
        if one.number in remember:
            settled = Settled(tuple(outcomes[one.number]), one.number in sought)
            ruling.scope.outcomes[_case(ruling, one, stands)] = settled
    if not ruling.is_flat:
        _merged(ruling)


def _merged(ruling: Ruling) -> None:
    """Judge answers that stand inside the message of another."""
    for number in ruling.found.merged:
        first = ruling.found.stands[number][0]
        owner = ruling.found.path[first - ruling.found.head].owner
        if ruling.joins and ruling.scope.lineage.is_one(number, owner):
            continue  # as two messages they would be one all the same
        if ruling.nodes[number].whole:
            what = "two answers came back as one message"
            verdict = Verdict("grouping.not-merged", "altered", what, None, Spot(first, MESSAGE))
            ruling.find(ruling.nodes[number], verdict)


def _is_counted(ruling: Ruling, one: View, verdict: Verdict, hurt: set[int], *, excused: bool) -> bool:
    """Tell whether a verdict is the fate of a thought, or of a seal that the provider lets go; the first one counts."""
    here = verdict.expected
    if here is None:
        return _is_thinking(ruling, verdict.actual)
    if not _is_thought(one, here):
        return excused and verdict.check == "seal.kept"
    if here in hurt:
        return False
    hurt.add(here)
    return True


def _is_thought(one: View, block: int) -> bool:
    return isinstance(one.answer.blocks[block], Thinking)


def _is_compacted(one: View, verdict: Verdict) -> bool:
    """Tell whether what is gone stood before a compaction of its own answer."""
    end = compaction_of(one.answer)
    return end is not None and verdict.fate == "dropped" and verdict.expected in range(end)


def _is_thinking(ruling: Ruling, spot: Spot | None) -> bool:
    blocks = () if spot is None else ruling.messages[spot.message].blocks[spot.block :]
    return isinstance(next(iter(blocks), None), Thinking)


def _removed(ruling: Ruling, gone: list[Node]) -> None:
    """Judge answers that no message stands for: legal outside the running loop, if all of each went."""
    found = ruling.found
    following = len(ruling.messages) - 1
    places: dict[int, int] = {}
    for number in reversed(found.expected):
        places[number] = following
        following = (found.stands[number] or (following,))[0]
    covered = found.head + found.end.compacted
    for node in gone:
        in_loop = _was_in_loop(ruling, node)
        thoughts = [(b, block) for b, block in enumerate(node.messages[0].blocks) if isinstance(block, Thinking)]
        ruling.tally.fates["removed-with-turn"] += len(thoughts)
        if places[node.number] <= covered:
            continue  # a compaction stands for it
        place = Spot(places[node.number], MESSAGE)
        what = "a whole turn is gone from the history"
        ruling.find(node, Verdict("context.turn.kept", "removed-with-turn", what, None, place), in_loop=in_loop)
        for b, block in thoughts:
            spot = ruling.elsewhere.find((node.number, b), pieces_of(block))
            if spot is not None:
                what = "thinking of a turn that is gone stands as visible text"
                ruling.find(node, Verdict("thinking.not-text", "leaked-as-text", what, b, spot))


def _was_in_loop(ruling: Ruling, node: Node) -> bool:
    """Tell whether no user message came after an answer that is gone.

    A summary may stand for several of them, so their number alone does not tell: it has to be the same question, too,
    if perhaps with something added.
    """
    found = ruling.found
    parent = node if found.parent is None else ruling.nodes[found.parent]
    stands = found.stands.get(parent.number, ())
    since = found.path[stands[0] - found.head].users if stands else parent.step.users
    if parent.step.users != node.step.users or found.end.users != since:
        return False
    then, now = _asked(node.step.user), _asked(parent.step.user)
    return then in now or now in then


def _asked(message: Message | None) -> str:
    return "" if message is None else message.text


def _unphased(ruling: Ruling, node: Node, one: View, stands: tuple[int, ...]) -> None:
    """Judge words that came back without the phase that the model reads beside them."""
    if ruling.sent.rule is None or not ruling.sent.rule.phases:
        return
    for i, j in one.unphased:
        spot = one.actual[j].spot
        what, place = "the `phase` of a visible text did not come back", Spot(stands[spot.message], spot.block)
        verdict = Verdict("text.unaltered", "altered", what, one.expected[i].spot.block, place, part=PHASE)
        ruling.find(node, verdict, one.choice)


def _allowed(ruling: Ruling, node: Node, one: View, stands: tuple[int, ...]) -> None:
    """Judge thinking that came back where it must not."""
    rule = ruling.sent.rule
    if rule is None:
        return  # nobody says what is no good here
    ground = ruling.ground(node, in_loop=ruling.in_loop(node.number))
    if ground.foreign:
        check, what = "foreign.not-sent", f"what `{node.provider}` sealed is sent to `{ruling.sent.profile.provider}`"
        bad = is_strange(Origin(provider=node.provider), rule)
    else:
        check, what = "thinking.not-sent", "thinking is sent though the provider's rule forbids it"
        bad = (rule.in_loop if ground.in_loop else rule.cross_turn) == "must-not"
    if not bad:
        return
    for i, j in one.pairs.items():
        stand = one.expected[i]
        if stand.block.seals if ground.foreign else isinstance(stand.block, Thinking):
            spot = one.actual[j].spot
            place = Spot(stands[spot.message], spot.block)
            ruling.find(node, Verdict(check, "preserved", what, stand.spot.block, place), one.choice)
