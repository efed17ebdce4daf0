"""The judge: for every answer that was delivered, whether its memory is in every later request of its lineage.

Rule 1: a finding cites the rule that sets its level. Where no dated rule of the provider is known, nothing is a MUST
that only a provider could demand.
Rule 2: what a provider's rule lets go is counted, not accused.
Rule 3: one loss is one finding, however many later requests show it.
Rule 4: no finding holds thinking.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._boundary import boundary, is_user_input
from keepthinking._errors import KeepthinkingError
from keepthinking._exchange import Exchange, Request, Response
from keepthinking._messages import Block, Conversation, Field, Message, Text, Thinking, ToolCall, Value
from keepthinking._profiles import Profile, profile, profile_for
from keepthinking._reports import Finding, Level, Status
from keepthinking._rules import Rule, rule_for
from keepthinking._turns import Spot, Turn, pair, turns
from keepthinking.audit._judge import Verdict, judge, stood
from keepthinking.audit._lineage import Attribution, Lineage, Node, digest
from keepthinking.audit._recording import dialect_of, is_stream
from keepthinking.checks import CHECKS
from keepthinking.dialects._base import Dialect
from keepthinking.plugins import dialect as dialect_named

_SEALED = {"seal.kept", "seal.unaltered", "seal.on-its-block", "redacted.kept"}
_GONE = frozenset({"thinking.kept", "redacted.kept", "thinking.empty.kept", "seal.kept"})
"""Checks that a rule may excuse: the provider itself lets go of what is missing."""


class Problem(Value, frozen=True, kw_only=True):
    """An exchange that could not be judged.

    Attributes:
        exchange: Its number, from 1.
        what: Why.
        source: Where it was recorded.
    """

    exchange: int
    what: str
    source: str = ""


class Report(Value, frozen=True, kw_only=True):
    """What an audit found.

    Attributes:
        findings: The findings, in the order of the recording.
        problems: Exchanges that could not be judged.
        exchanges: How many exchanges were read.
        expected: How many answers were expected in later requests, each counted once a request.
        fates: How many thinking blocks had which fate, each counted once a request.
        model_messages: How many model messages stood in the requests.
        unattributed: How many of these no recorded answer explains.
    """

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    exchanges: int = 0
    expected: int = 0
    fates: dict[str, int] = {}
    model_messages: int = 0
    unattributed: int = 0


class _Sent(NamedTuple):
    """A request, with what its judgement needs again and again."""

    number: int
    scope: str
    dialect: Dialect
    profile: Profile
    rule: Rule | None
    request: Request
    turns: tuple[Turn, ...]


class _Result(NamedTuple):
    request: int
    says: int


class Auditor:
    """Judges exchanges one after the other, as they were recorded.

    Args:
        dialect: The dialect of exchanges that do not tell.
        profile: The profile of all exchanges; by default host and model decide.
        notice: Called with each new finding.
    """

    def __init__(self, *, dialect: str | None = None, profile: Profile | str | None = None, notice: Callable[[Finding], None] | None = None) -> None:
        self._dialect = dialect
        self._profile = profile
        self._notice = notice
        self._count = 0
        self._lineages: defaultdict[str, Lineage] = defaultdict(Lineage)
        self._thoughts: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._results: dict[tuple[str, int, int], _Result] = {}
        self._systems: dict[int, tuple[int, int]] = {}
        self._findings: dict[tuple[object, ...], Finding] = {}
        self._problems: list[Problem] = []
        self._fates: Counter[str] = Counter()
        self._expected = 0
        self._model_messages = 0
        self._unattributed = 0

    def add(self, exchange: Exchange) -> None:
        """Judge the next exchange; one that cannot be read is a problem of the report, not an error."""
        self._count += 1
        number = self._count
        try:
            self._add(exchange, number)
        except KeepthinkingError as error:
            self._problems.append(Problem(exchange=number, what=str(error), source=exchange.source))

    def report(self) -> Report:
        """Give what was found so far."""
        return Report(
            findings=tuple(self._findings.values()),
            problems=tuple(self._problems),
            exchanges=self._count,
            expected=self._expected,
            fates=dict(self._fates),
            model_messages=self._model_messages,
            unattributed=self._unattributed,
        )

    # -- one exchange --------------------------------------------------------------------------------------------

    def _add(self, exchange: Exchange, number: int) -> None:
        name = dialect_of(exchange) or self._dialect
        if name is None:
            self._problems.append(Problem(exchange=number, what="neither `dialect` nor the path tells the dialect", source=exchange.source))
            return
        dialect = dialect_named(name)
        request, spoken = self._read_request(dialect, exchange)
        rule = rule_for(spoken, model=request.model if isinstance(request.model, str) else None, request_params=request.params)
        sent = _Sent(number, exchange.scope, dialect, spoken, rule, request, turns(request.conversation))
        lineage = self._lineages[exchange.scope]
        found = lineage.attribute(sent.turns)
        self._model_messages += sum(len(turn.messages) for turn in sent.turns if turn.kind == "response")
        self._unattributed += len(found.unattributed)
        self._judge(sent, lineage, found)
        response = self._read_response(dialect, exchange, spoken)
        messages = response.messages if response is not None and response.outcome == "complete" and exchange.delivered else ()
        lineage.add(Node(number, found.inputs, found.expected, messages))
        for message in messages:
            for block in message.blocks:
                if isinstance(block, Thinking) and block.text:
                    self._thoughts[exchange.scope].setdefault(block.text, number)
        self._systems[number] = _heads(request, sent.turns)

    def _read_request(self, dialect: Dialect, exchange: Exchange) -> tuple[Request, Profile]:
        if self._profile is not None:
            spoken = profile(self._profile, dialect.id)
            return dialect.decode_request(exchange.request, spoken), spoken
        request = dialect.decode_request(exchange.request)
        model = request.model if isinstance(request.model, str) else None
        url = f"{exchange.host}{exchange.path}" if exchange.host else None
        spoken = profile_for(dialect.id, host=url, model=model, request_params=request.params)
        if spoken.tags is not None:
            request = dialect.decode_request(exchange.request, spoken)
        return request, spoken

    def _read_response(self, dialect: Dialect, exchange: Exchange, spoken: Profile) -> Response | None:
        if isinstance(exchange.response, UnsetType):
            return None
        if is_stream(exchange.response):
            decoder = dialect.stream_decoder(spoken)
            decoder.feed(exchange.response)
            return decoder.finish()
        return dialect.decode_response(exchange.response, spoken, status=exchange.status)

    # -- one request against its lineage -------------------------------------------------------------------------

    def _judge(self, sent: _Sent, lineage: Lineage, found: Attribution) -> None:
        messages = sent.request.messages
        renamed = _renamed(found, lineage, messages)
        begins = boundary(messages, sent.rule.boundary if sent.rule is not None else "user-message")
        attributed = {i for stands in found.stands.values() for i in stands}
        last = -1
        for number in found.expected:
            node = lineage.nodes[number]
            if not node.messages:
                continue
            self._expected += 1
            stands = found.stands.get(number, ())
            if not stands:
                self._removed(sent, node)
                continue
            if stands[0] < last:
                self._find(sent, node, Verdict("order.turns", "reordered", "a turn came back in another order", None, Spot(stands[0], 0)), in_loop=True)
            last = max(last, stands[-1])
            self._turn(sent, node, stands, begins, renamed, attributed)
        self._pairs(sent, lineage, found)
        self._prefix(sent, lineage, found)

    def _turn(self, sent: _Sent, node: Node, stands: Sequence[int], begins: int, renamed: dict[str, str], attributed: set[int]) -> None:
        messages = sent.request.messages
        expected = stood([(0, node.messages[0])])
        actual = stood([(i, messages[i]) for i in stands])
        in_loop = stands[-1] > begins
        thoughts = self._thoughts[sent.scope]
        foreign = {text: number for text, number in thoughts.items() if number != node.number}
        elsewhere = _texts(messages, attributed) if _has_thinking(node.messages[0].blocks) else {}
        hurt: set[Spot] = set()
        for verdict in judge(expected, actual, elsewhere, foreign, sent.dialect.projection, renamed):
            if verdict.check == "thinking.place" and _is_read(sent, verdict.actual):
                continue
            if verdict.expected is not None and verdict.fate != "normalised":
                hurt.add(verdict.expected)
            self._find(sent, node, verdict, in_loop=in_loop)
        self._fates["preserved"] += sum(isinstance(stand.block, Thinking) and stand.spot not in hurt for stand in expected)
        spans = [turn for turn in sent.turns if turn.kind == "response" and any(turn.first <= i < turn.first + len(turn.messages) for i in stands)]
        if len(spans) > 1:
            verdict = Verdict("parallel.together", "altered", "parts of one answer came back in several turns", None, Spot(stands[-1], 0))
            self._find(sent, node, verdict, in_loop=in_loop)

    def _removed(self, sent: _Sent, node: Node) -> None:
        """An answer that no message stands for: legal outside the running loop, if all of it went."""
        after = [m for turn in sent.turns if turn.kind == "input" for m in turn.messages][len(node.inputs) :]
        in_loop = not any(map(is_user_input, after))
        self._fates["removed-with-turn"] += sum(isinstance(block, Thinking) for block in node.messages[0].blocks)
        check = "context.turn.kept" if in_loop else "context.turn.trimmed"
        self._find(sent, node, Verdict(check, "removed-with-turn", "a whole turn is gone from the history"), in_loop=in_loop)

    def _pairs(self, sent: _Sent, lineage: Lineage, found: Attribution) -> None:
        messages = sent.request.messages
        owner = {i: number for number, stands in found.stands.items() for i in stands}
        calls: Counter[int] = Counter()
        for one in pair(messages, server_held=sent.request.state is not UNSET):
            if one.state == "orphan" and not isinstance(one.result, UnsetType):
                what = "a result stands in the history without its call"
                self._find(sent, None, Verdict("context.pairs.kept", "dropped", what, None, one.result), in_loop=True)
            if isinstance(one.call, UnsetType):
                continue
            number = owner.get(one.call.message)
            if number is None:
                continue
            calls[number] += 1
            if isinstance(one.result, UnsetType):
                continue
            result = messages[one.result.message].blocks[one.result.block]
            says = digest(Message(role="tool", blocks=(result,)))
            key = (sent.scope, number, calls[number])
            before = self._results.setdefault(key, _Result(sent.number, says))
            if before.says != says:
                what = f"a tool's result is not what request {before.request} said it was"
                self._find(sent, lineage.nodes[number], Verdict("result.unaltered", "altered", what, None, one.result), in_loop=True)

    def _prefix(self, sent: _Sent, lineage: Lineage, found: Attribution) -> None:
        if not found.expected:
            return
        parent = lineage.nodes[found.expected[-1]]
        inputs = [Spot(i, 0) for turn in sent.turns if turn.kind == "input" for i in range(turn.first, turn.first + len(turn.messages))]
        changed = next((n for n, says in enumerate(parent.inputs) if n >= len(found.inputs) or found.inputs[n] != says), None)
        if changed is not None:
            where = inputs[changed] if changed < len(inputs) else None
            what = f"an input that request {parent.number} sent is changed or gone"
            self._find(sent, parent, Verdict("prefix.unaltered", "altered", what, None, where), in_loop=True)
        system, tools = _heads(sent.request, sent.turns)
        before = self._systems[parent.number]
        for now, then, name in ((system, before[0], "instructions"), (tools, before[1], "tools")):
            if now != then:
                what = f"the {name} are not those of request {parent.number}"
                self._find(sent, parent, Verdict("prefix.unaltered", "altered", what), in_loop=True, part=name)

    # -- findings ------------------------------------------------------------------------------------------------

    def _find(self, sent: _Sent, node: Node | None, verdict: Verdict, *, in_loop: bool, part: str = "") -> None:
        rule = sent.rule if _is_about_thinking(verdict.check) else None
        excused = rule is not None and verdict.check in _GONE and (rule.in_loop if in_loop else rule.cross_turn) in {"may", "must-not"}
        thinks = verdict.expected is not None and node is not None and _thinks(node, verdict.expected)
        if thinks and verdict.fate != "normalised":
            self._fates["legally-dropped" if excused and verdict.fate == "dropped" else verdict.fate] += 1
        if excused and verdict.fate == "dropped":
            return
        check = f"thinking.kept.{'in-loop' if in_loop else 'cross-turn'}" if verdict.check == "thinking.kept" else verdict.check
        number = UNSET if node is None else node.number
        key = (sent.scope, number, verdict.expected, check, verdict.fate, part, None if verdict.expected else verdict.actual)
        if (known := self._findings.get(key)) is not None:
            self._findings[key] = replace(known, requests=known.requests + 1)
            return
        level = _level(check, rule, in_loop=in_loop)
        status: Status = "fail" if level == "MUST" else "warn"
        conversation = sent.request.conversation
        origin: str | UnsetType = UNSET
        if verdict.expected is not None and node is not None:
            origin = sent.dialect.response_path(node.messages[0], verdict.expected.block)
        finding = Finding(
            check=check,
            status=status,
            level=level,
            fate=verdict.fate,
            what=verdict.what,
            request=sent.number,
            response=number,
            path=_path(sent.dialect, conversation, verdict.actual),
            origin=origin,
            at=verdict.at,
            rule=UNSET if rule is None else rule.id,
            source=UNSET if rule is None else rule.source,
            verified=UNSET if rule is None else rule.verified,
            scope=sent.scope,
        )
        self._findings[key] = finding
        if self._notice is not None:
            self._notice(finding)


def audit(exchanges: Iterable[Exchange], *, dialect: str | None = None, profile: Profile | str | None = None) -> Report:
    """Judge recorded exchanges, oldest first.

    Args:
        exchanges: The recording.
        dialect: The dialect of exchanges that do not tell.
        profile: The profile of all; by default host and model decide.
    """
    auditor = Auditor(dialect=dialect, profile=profile)
    for exchange in exchanges:
        auditor.add(exchange)
    return auditor.report()


def _level(check: str, rule: Rule | None, *, in_loop: bool) -> Level:
    own = CHECKS[check].level
    if not _is_about_thinking(check):
        return own
    if rule is None:
        return "SHOULD" if own == "MUST" else own
    if check == "prefix.unaltered":
        return "MUST" if rule.bound == "prefix" and rule.standing != "unverified" else own
    if check in _SEALED and rule.bound == "nothing":
        return "SHOULD" if rule.level(in_loop=in_loop) == "MUST" else rule.level(in_loop=in_loop)
    return rule.level(in_loop=in_loop)


def _is_about_thinking(check: str) -> bool:
    """Tell whether a check is one that only a provider's rule can make a MUST."""
    return check.startswith(("thinking.", "seal.", "redacted.", "prefix.")) or check == "thinking.kept"


def _heads(request: Request, found: Sequence[Turn]) -> tuple[int, int]:
    system = hash(tuple(digest(message) for turn in found if turn.kind == "system" for message in turn.messages))
    tools = request.conversation.tools
    names = () if not isinstance(tools, tuple) else tuple((tool.kind, tool.name, tool.description, tool.parameters) for tool in tools)
    return system, hash(names)


def _renamed(found: Attribution, lineage: Lineage, messages: Sequence[Message]) -> dict[str, str]:
    """Find call ids that were renamed one to one, consistently between calls and results."""
    there = {block.id for message in messages for block in message.blocks if isinstance(block, ToolCall) and isinstance(block.id, str)}
    renamed: dict[str, str] = {}
    for number, stands in found.stands.items():
        node = lineage.nodes[number]
        if not node.messages:
            continue
        old = _calls([node.messages[0]])
        new = _calls([messages[i] for i in stands])
        if len(old) != len(new) or any(a.name != b.name for a, b in zip(old, new, strict=True)):
            continue
        for a, b in zip(old, new, strict=True):
            if isinstance(a.id, str) and isinstance(b.id, str) and a.id != b.id and renamed.setdefault(a.id, b.id) != b.id:
                return {}
    unique = len(set(renamed.values())) == len(renamed) and not (renamed.keys() & there)
    paired = not any(one.state == "orphan" for one in pair(messages))
    return renamed if unique and paired else {}


def _calls(messages: Sequence[Message]) -> list[ToolCall]:
    return [block for message in messages for block in message.blocks if isinstance(block, ToolCall)]


def _texts(messages: Sequence[Message], attributed: set[int]) -> dict[str, Spot]:
    """List the texts that no recorded answer explains: only there can another's words have leaked."""
    return {
        block.text: Spot(m, b)
        for m, message in enumerate(messages)
        if m not in attributed
        for b, block in enumerate(message.blocks)
        if isinstance(block, Text)
    }


def _has_thinking(blocks: Sequence[Block]) -> bool:
    return any(isinstance(block, Thinking) for block in blocks)


def _is_read(sent: _Sent, spot: Spot | None) -> bool:
    """Tell whether the provider reads thinking where it now stands: some take two names for one field."""
    if spot is None:
        return False
    block = sent.request.messages[spot.message].blocks[spot.block]
    return isinstance(block, Thinking) and any(isinstance(place, Field) and place.name in sent.profile.accepts for place in block.places)


def _thinks(node: Node, spot: Spot) -> bool:
    return isinstance(node.messages[0].blocks[spot.block], Thinking)


def _path(dialect: Dialect, conversation: Conversation, spot: Spot | None) -> str:
    return "$" if spot is None else dialect.request_path(conversation, spot)
