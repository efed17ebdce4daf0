"""What stands around the answers: results, instructions, tools, and messages that a scaffold puts in."""

from __future__ import annotations

from collections.abc import Iterator

from keepthinking._messages import ToolCall, ToolResult
from keepthinking._turns import Spot
from keepthinking.audit._fates import MESSAGE
from keepthinking.audit._history import Step
from keepthinking.audit._lineage import Node
from keepthinking.audit._pairing import REFERENCE
from keepthinking.audit._results import asker, calls_of
from keepthinking.audit._ruling import Ruling
from keepthinking.audit._verdict import Verdict
from keepthinking.retention._boundary import interrupts
from keepthinking.retention._reading import LET_GO


def judge_results(ruling: Ruling) -> None:
    """Judge the results: unchanged, in their place, and each with its call."""
    found, scope = ruling.found, ruling.scope
    path, head = found.path, found.head
    for step in path[len(path) - found.fresh :]:
        verdicts = tuple(_heard(ruling, step))
        if verdicts:
            scope.verdicts[step] = verdicts
    if scope.verdicts:
        for step in path:
            for number, verdict in scope.verdicts.get(step, ()):
                place = None if verdict.actual is None else _behind(verdict.actual, head)
                ruling.find(ruling.nodes[number], verdict._replace(actual=place))
    for spot, call in found.end.waiting:
        owner = asker(path[spot.message], spot.block, ruling.nodes)
        node = None if owner is None else ruling.nodes[owner]
        told = None if node is None else scope.results.gone(ruling.sent.dialect.id, path, (spot, call), node)
        if told is not None:
            what = f"the result that request {told.request} sent is gone, and its call is there"
            verdict = Verdict("context.pairs.kept", "dropped", what, None, _behind(spot, head))
            ruling.find(node, verdict)
    if found.end.lone and ruling.is_whole:
        _lone(ruling)


def judge_prefix(ruling: Ruling) -> None:
    """Judge whether what was sent before is sent again as it was.

    Where another provider spoke last, the last request to this one counts: what stands before its seals is its own
    matter, and another agent has instructions and tools of its own.
    """
    sent, found = ruling.sent, ruling.found
    if found.parent is None:
        return
    parent = ruling.nodes[found.parent]
    own = next((n for n in (parent, *_ancestors(ruling, parent)) if not ruling.is_foreign(n)), None)
    before = parent if own is None else own
    changed = _changed(ruling, before)
    if changed is not None:
        what = f"an input that request {before.number} sent is changed or gone"
        ruling.find(before, Verdict("prefix.unaltered", "altered", what, None, changed, part="input"))
    undeclared = bool(parent.tools) and not sent.tools and parent.dialect == sent.dialect.id and _has_calls(ruling)
    if undeclared:
        what = f"the tools that request {parent.number} declared are gone, and the calls are there"
        ruling.find(parent, Verdict("tools.kept", "dropped", what))
    if own is not None and own.dialect == sent.dialect.id:  # each writes instructions and tools in its own way
        for now, then, name in ((sent.system, own.system, "instructions"), (sent.tools, own.tools, "tools")):
            if now != then and not (undeclared and name == "tools"):
                what = f"the {name} are not those of request {own.number}"
                ruling.find(own, Verdict("prefix.unaltered", "altered", what, part=name))


def judge_injection(ruling: Ruling) -> None:
    """Judge a message that stands among the results of a running loop and ends it for this provider."""
    rule, path, at = ruling.sent.rule, ruling.found.path, ruling.begins - ruling.found.head
    if rule is None or at < 0 or rule.cross_turn not in LET_GO or not ruling.scope.thinks:
        return
    if not interrupts(ruling.messages, ruling.begins, rule.roles):
        return
    blocks = path[at].message.blocks
    block = next((b for b, found in enumerate(blocks) if not isinstance(found, ToolResult)), MESSAGE)
    what = "a message inside the tool loop ends the turn for this provider, and it forgets the thinking before it"
    verdict = Verdict("inject.boundary", "dropped", what, None, Spot(ruling.begins, block))
    ruling.find(None, verdict._replace(part=f"after {path[at].heard[-1].all}"))


# -- results -----------------------------------------------------------------------------------------------------


def _heard(ruling: Ruling, step: Step) -> Iterator[tuple[int, Verdict]]:
    """Compare the results at a new step with what they said before; places count from behind the instructions."""
    path, dialect = ruling.found.path, ruling.sent.dialect.id
    for call, result in step.answers:
        if call is None:
            continue
        owner = asker(path[call.message], call.block, ruling.nodes)
        if owner is None:
            continue
        node = ruling.nodes[owner]
        merged = ruling.is_flat and any(
            ruling.nodes[number].place > node.place
            for number in (step.voice.owner, *step.voice.strays)
            if number is not None
        )
        changed = ruling.scope.results.hear(ruling.sent.number, dialect, path, call, result, node, merged=merged)
        if changed is None:
            continue
        before, now = changed
        if before.says != now.says:
            what = f"a tool's result is not what request {before.request} said it was"
            yield owner, Verdict("result.unaltered", "altered", what, None, result)
        if now.late and not before.late:
            what = "a result came back behind a later answer than the one that asked for it"
            yield owner, Verdict("order.results", "reordered", what, None, result)


def _lone(ruling: Ruling) -> None:
    """Judge the results whose call is not before them."""
    found = ruling.found
    there = calls_of(ruling.messages)
    asked: dict[object, int] = {
        block.id: number
        for number in found.expected
        for answer in ruling.nodes[number].messages
        for block in answer.blocks
        if isinstance(block, ToolCall) and isinstance(block.id, str)
    }
    for spot in found.end.lone:
        place = _behind(spot, found.head)
        block = found.path[spot.message].message.blocks[spot.block]
        id_ = block.call_id if isinstance(block, ToolResult) else None
        number = asked.get(id_)
        if id_ in calls_of(ruling.messages[: place.message]):
            verdict = Verdict("block.once", "duplicated", "a result came back twice", None, place)
        elif id_ in there:
            verdict = Verdict("order.results", "reordered", "a result came back before its call", None, place)
        elif number is not None and _is_there(ruling, number, id_):
            continue
        elif number is None and _refers(ruling, place.message):
            continue  # the server may put its call there
        elif number is None and _waits(ruling, spot):
            verdict = Verdict("ids.paired", "altered", "a result names another id than its call", None, place)
        else:
            what = "a result stands in the history without its call"
            verdict = Verdict("context.pairs.kept", "dropped", what, None, place)
        ruling.find(None if number is None else ruling.nodes[number], verdict)


def _refers(ruling: Ruling, before: int) -> bool:
    """Tell whether something before a message refers to items that the server holds."""
    return any(item.kind == REFERENCE for message in ruling.messages[:before] for item in message.items)


def _is_there(ruling: Ruling, number: int, id_: object) -> bool:
    """Tell whether a call is there without its id: a reference stands for it, or its own verdict says the rest."""
    one = ruling.view(ruling.nodes[number], ruling.found.stands[number])
    asked = {i: stand.block.id for i, stand in enumerate(one.expected) if isinstance(stand.block, ToolCall)}
    if any(asked.get(i) == id_ for i in one.pairs):
        return True
    calls = sum(isinstance(stand.block, ToolCall) for stand in one.actual)
    return calls == len(asked) and id_ in asked.values()


def _waits(ruling: Ruling, spot: Spot) -> bool:
    """Tell whether a call of the answer in which a result stands, or right behind which, has none."""
    turn = ruling.found.path[spot.message].turn
    return any(turn <= call.message <= spot.message for call, _ in ruling.found.end.waiting)


# -- what was sent before ----------------------------------------------------------------------------------------


def _ancestors(ruling: Ruling, node: Node) -> Iterator[Node]:
    """List the exchanges that one goes on from, the last one first."""
    return (ruling.nodes[number] for number in reversed(node.ancestors))


def _changed(ruling: Ruling, parent: Node) -> Spot | None:
    """Find the first input that is not what it was.

    Results have a check of their own, and inputs that went with their turn are one finding with it; but where seals are
    bound to all that stands before them, all counts.
    """
    found, old = ruling.found, parent.step
    if parent.held or not ruling.is_whole or parent.dialect != ruling.sent.dialect.id or found.end.compacted >= 0:
        return None  # not all that was said has to be there, or it is written another way
    if old in found.path[old.index :]:
        return None
    bound = ruling.sent.rule is not None and ruling.sent.rule.bound == "prefix" and not ruling.is_foreign(parent)
    if not bound and any(not stands for number, stands in found.stands.items() if ruling.nodes[number].whole):
        return None
    here = [
        (Spot(step.index + found.head, heard.block), heard.all if bound else heard.aside)
        for step in found.path
        if not step.speaks
        for heard in step.heard
        if bound or not heard.result
    ]
    for at, says in enumerate(_said(old, bound=bound)):
        if at >= len(here):
            return Spot(len(ruling.messages) - 1, MESSAGE)
        if here[at][1] != says:
            return here[at][0]
    return None


def _said(end: Step, *, bound: bool) -> list[int]:
    """List what was said to the model up to a step, as it adds up."""
    said: list[int] = []
    step = end
    while step.before is not None:
        if not step.speaks:
            said += [h.all if bound else h.aside for h in reversed(step.heard) if bound or not h.result]
        step = step.before
    return said[::-1]


def _has_calls(ruling: Ruling) -> bool:
    return any(isinstance(block, ToolCall) for step in ruling.found.path for block in step.message.blocks)


def _behind(spot: Spot, head: int) -> Spot:
    """Count from the head of the history what was counted from behind the instructions."""
    return Spot(spot.message + head, spot.block)
