"""One run on trial: what travelled, read once, and what each check may ask about it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from keepthinking import KeepthinkingError, Request, dialect, rule_for
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking._turns import Spot
from keepthinking.audit import Auditor, Report
from keepthinking.audit._fates import MESSAGE
from keepthinking.audit._recording import day_of
from keepthinking.dialects._base import Dialect
from keepthinking.retention._rules import Rule
from keepthinking_conformance.judge._answers import Call, calls_of, voice_of
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run import Trace


class Case:
    """One run.

    Attributes:
        cell: The cell.
        trace: What happened.
        calls: The calls of the script, in order.
    """

    def __init__(self, cell: Cell, trace: Trace) -> None:
        self.cell = cell
        self.trace = trace
        self.calls: tuple[Call, ...] = calls_of(cell, trace)
        self._requests: dict[int, Request | None] = {}
        self._rules: dict[int, Rule | None] = {}

    @cached_property
    def dialect(self) -> Dialect:
        """The dialect that is spoken."""
        return dialect(self.cell.served.dialect)

    @property
    def in_pieces(self) -> bool:
        """Whether words may come back in the pieces in which a stream gave them."""
        return bool(getattr(self.dialect, "pieces", False))

    @cached_property
    def report(self) -> Report:
        """What the audit says, each exchange under the profile of who answered it.

        A name of the axis of model names is a name only: behind it stands the provider's own model.
        """
        cell, trace = self.cell, self.trace
        auditor = Auditor(dialect=cell.served.dialect)
        for number, exchange in enumerate(trace.exchanges, 1):
            voice = voice_of(cell, trace, number)
            auditor.add(exchange, profile=voice.profile, model=self.model(number) if cell.name else None)
        return auditor.report()

    def model(self, number: int) -> str:
        """Give the model that answers an exchange, whatever name it is asked for by."""
        voice = voice_of(self.cell, self.trace, number)
        return self.cell.served.model if self.cell.name and not voice.name else voice.model

    def profile(self, call: Call) -> Profile:
        """Give the way in which the provider of a call speaks."""
        return profile_of(call.voice.profile, self.cell.served.dialect)

    def request(self, call: Call) -> Request | None:
        """Give what a call sent; None where nobody can read it, which the audit tells."""
        if call.number not in self._requests:
            try:
                found = self.dialect.decode_request(call.exchange.request, self.profile(call))
            except KeepthinkingError:
                found = None
            self._requests[call.number] = found
        return self._requests[call.number]

    def rule(self, call: Call) -> Rule | None:
        """Give the rule that the request of a call falls under."""
        if call.number not in self._rules:
            request = self.request(call)
            self._rules[call.number] = rule_for(
                self.profile(call),
                model=self.model(call.number),
                request_params=None if request is None else request.params,
                on=day_of(call.exchange),
            )
        return self._rules[call.number]

    def history_path(self, call: Call) -> str:
        """Give the JSON path of the history in the request of a call."""
        request = self.request(call)
        if request is None or not request.messages:
            return "$"
        last = Spot(len(request.messages) - 1, MESSAGE)
        return self.dialect.request_path(request.conversation, last).partition("[")[0]

    def behind(self, call: Call) -> Sequence[Call]:
        """List the calls behind one."""
        return [other for other in self.calls if other.number > call.number]
