"""The judge: for every answer that was delivered, whether its memory is in every later request of its lineage.

Rule 1: exchanges are judged one after the other, as they were recorded; what comes later excuses nothing.
Rule 2: an exchange that cannot be read is a problem of the report, not an error.
Rule 3: no finding holds thinking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, cast

from msgspec import UnsetType
from msgspec.structs import replace

from keepthinking._errors import DecodeError, KeepthinkingError
from keepthinking._exchange import Exchange, Request, Response
from keepthinking._messages import Thinking
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_named
from keepthinking._reports import Finding
from keepthinking._turns import Spot
from keepthinking.audit._anchors import message_says
from keepthinking.audit._answers import judge_answers
from keepthinking.audit._around import judge_injection, judge_prefix, judge_results
from keepthinking.audit._fates import MESSAGE
from keepthinking.audit._held import is_held
from keepthinking.audit._history import Step, head_of
from keepthinking.audit._lineage import Attribution, Node
from keepthinking.audit._order import Order, by_answers, by_time, in_order
from keepthinking.audit._recording import (
    day_of,
    dialect_of,
    events_of,
    is_aside,
    is_counting,
    is_stream,
    model_of,
    profile_of,
)
from keepthinking.audit._report import Problem, Report, Stranger, Tally
from keepthinking.audit._ruling import Ruling, Scope, Sent
from keepthinking.dialects._base import Dialect, JsonDialect, Memo
from keepthinking.plugins import dialect as dialect_named
from keepthinking.plugins import dialects
from keepthinking.retention._rules import rule_for

_ERROR: Final = 400


class Auditor:
    """Judges exchanges one after the other, as they were recorded.

    Args:
        dialect: The dialect of exchanges that do not tell.
        profile: The profile of all exchanges; by default host and model decide.
        notice: Called with each new finding.
    """

    def __init__(
        self,
        *,
        dialect: str | None = None,
        profile: Profile | str | None = None,
        notice: Callable[[Finding], None] | None = None,
    ) -> None:
        self._dialect = dialect
        self._profile = profile
        self._tally = Tally(notice)
        self._everywhere: dict[str, int] = {}
        self._scopes: dict[str, Scope] = {}
        self._memos: dict[tuple[str, Profile | None], Memo] = {}
        self._times: dict[int, float | UnsetType] = {}
        self._ends: dict[int, Step] = {}

    def add(
        self,
        exchange: Exchange,
        *,
        profile: Profile | str | None = None,
        model: str | None = None,
        number: int | None = None,
    ) -> None:
        """Judge the next exchange; one that cannot be read is a problem of the report, not an error.

        Args:
            exchange: The exchange.
            profile: Who serves it, and so under which rule it falls; by default that of all exchanges. A conversation
                may go from one provider to another, and each is judged by its own.
            model: The model that serves it, where the request calls it by a name that no rule knows; by default the
                name in the request.
            number: Its number in the recording, where that is in another order; by default the next one.
        """
        self._tally.exchanges += 1
        number = self._tally.exchanges if number is None else number
        self._times[number] = exchange.at
        try:
            self._add(exchange, number, self._profile if profile is None else profile, model)
        except KeepthinkingError as error:
            self._tally.problems.append(Problem(exchange=number, what=str(error), source=exchange.source))

    def skip(self, what: str, source: str = "") -> None:
        """Note something in the recording that is no exchange.

        Args:
            what: Why it is none.
            source: Where it was recorded.
        """
        self._tally.problems.append(Problem(exchange=0, what=what, source=source))

    def report(self) -> Report:
        """Give what was found so far."""
        return self._tally.report()

    def order(self) -> Order | None:
        """Give the order in which these exchanges should have been judged, where it is another one."""
        later = {step: answer for scope in self._scopes.values() for step, answer in scope.waiting.answers.items()}
        return by_time(self._times) or by_answers({number: self._ends.get(number) for number in self._times}, later)

    # -- one exchange --------------------------------------------------------------------------------------------

    def _add(self, exchange: Exchange, number: int, profile: Profile | str | None, named: str | None) -> None:
        if is_counting(exchange):
            return
        name = dialect_of(exchange, dialects()) or self._dialect
        if name is None:
            what = "neither `dialect` nor the path tells the dialect"
            self._tally.problems.append(Problem(exchange=number, what=what, source=exchange.source))
            return
        dialect = dialect_named(name)
        request, spoken = self._read_request(dialect, exchange, profile)
        model = model_of(exchange, dialect, request) if named is None else named
        rule = rule_for(spoken, model=model or None, request_params=request.params, on=day_of(exchange))
        scope = self._scopes.get(exchange.scope)
        if scope is None:
            scope = self._scopes[exchange.scope] = Scope(exchange.scope, self._everywhere)
        head = head_of(request.messages)
        tools = request.conversation.tools
        sent = Sent(
            number=number,
            dialect=dialect,
            profile=spoken,
            rule=rule,
            request=request,
            model=model,
            system=message_says(request.messages[:head]),
            tools=hash(tuple((t.kind, t.name, t.description, t.parameters) for t in tools)) if tools else 0,
        )
        whole, behind = not is_held(request), scope.state.before(request)
        found = scope.lineage.attribute(request.messages, head, whole=whole, behind=behind)
        self._ends[number] = found.end
        self._count(sent, scope, found)
        self._tally.expected_by[number] = found.expected  # the lineage holds the same tuple: no copy
        ruling = Ruling(sent, scope, found, self._tally)
        judge_answers(ruling)
        judge_results(ruling)
        if not is_aside(exchange):
            judge_prefix(ruling)
        judge_injection(ruling)
        self._answer(sent, scope, found, exchange)

    def _count(self, sent: Sent, scope: Scope, found: Attribution) -> None:
        self._tally.model_messages += found.end.spoken
        self._tally.unattributed += len(found.strangers)
        old = found.head + len(found.path) - found.fresh
        for index in found.strangers:
            if index >= old:
                path = sent.dialect.request_path(sent.request.conversation, Spot(index, MESSAGE))
                self._tally.strangers.append(Stranger(request=sent.number, path=path, scope=scope.name))
                scope.waiting.add(sent.number, found.path[index - found.head])

    def _answer(self, sent: Sent, scope: Scope, found: Attribution, exchange: Exchange) -> None:
        """Remember what came back; a broken answer breaks nothing but itself."""
        response: Response | None = None
        try:
            response = self._read_response(sent.dialect, exchange, sent.profile)
        finally:
            messages = response.messages if response is not None else ()
            aside = scope.lineage.nodes.get(found.parent) if is_aside(exchange) and found.parent is not None else None
            node = Node(
                number=sent.number,
                place=self._tally.exchanges,
                step=found.end,
                ancestors=found.expected,
                messages=messages,
                whole=response is not None and response.outcome == "complete" and exchange.delivered,
                model=sent.model,
                provider=sent.profile.provider,
                system=sent.system if aside is None else aside.system,
                tools=sent.tools if aside is None else aside.tools,
                dialect=sent.dialect.id,
                held=is_held(sent.request),
            )
            scope.lineage.add(node)
            scope.waiting.explain(sent.number, messages)
            if response is not None:
                scope.state.add(sent.number, sent.request, response)
            scope.thoughts.add(sent.number, messages)
            scope.thinks = scope.thinks or any(isinstance(b, Thinking) for m in messages for b in m.blocks)

    def _read_request(
        self, dialect: Dialect, exchange: Exchange, given: Profile | str | None
    ) -> tuple[Request, Profile]:
        if given is not None:
            spoken = profile_named(given, dialect.id)
            return self._decode(dialect, exchange, spoken), spoken
        request = self._decode(dialect, exchange, None)
        spoken = profile_of(exchange, dialect, request)
        if spoken.tags is not None:
            request = self._decode(dialect, exchange, spoken)
        return request, spoken

    def _decode(self, dialect: Dialect, exchange: Exchange, spoken: Profile | None) -> Request:
        if not isinstance(dialect, JsonDialect):
            return dialect.decode_request(exchange.request, spoken)
        memo = self._memos.setdefault((dialect.id, spoken), Memo())
        return cast("JsonDialect", dialect).decode_request(exchange.request, spoken, memo=memo)

    def _read_response(self, dialect: Dialect, exchange: Exchange, spoken: Profile) -> Response | None:
        if isinstance(exchange.response, UnsetType):
            return None
        body = exchange.response if exchange.delivered else events_of(exchange.response)
        try:
            if is_stream(exchange.response):
                decoder = dialect.stream_decoder(spoken)
                decoder.feed(body)
                return decoder.finish()
            return dialect.decode_response(body, spoken, status=exchange.status)
        except DecodeError:
            if exchange.delivered and exchange.status < _ERROR:
                raise
            return None  # nobody has it, or it is the page with which something on the way says that it failed


def audit(exchanges: Iterable[Exchange], *, dialect: str | None = None, profile: Profile | str | None = None) -> Report:
    """Judge recorded exchanges, oldest first, in whatever order they come.

    Args:
        exchanges: The recording.
        dialect: The dialect of exchanges that do not tell.
        profile: The profile of all; by default host and model decide.
    """
    recorded = tuple(exchanges)

    def judge(order: Order | None) -> Auditor:
        auditor = Auditor(dialect=dialect, profile=profile)
        for number, exchange in in_order(recorded, order):
            auditor.add(exchange, number=number)
        return auditor

    return settle(judge)


def settle(judge: Callable[[Order | None], Auditor]) -> Report:
    """Judge a recording, and once more where it is in another order than its exchanges were made in.

    Args:
        judge: Judges the whole recording in an order, or as it is.
    """
    first = judge(None)
    report, order = first.report(), first.order()
    if order is None:
        return report
    again = judge(order).report()
    if order.how == "answers" and again.unattributed >= report.unattributed:
        return report  # that order explains no more
    return replace(again, order=order.how)
