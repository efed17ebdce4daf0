"""One request on trial: what its judgement needs, and how a verdict becomes a finding."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

from keepthinking._exchange import Request
from keepthinking._messages import Field, Message, Thinking
from keepthinking._profiles import Profile
from keepthinking._reports import Finding
from keepthinking.audit._elsewhere import Elsewhere, Searched
from keepthinking.audit._held import State, is_held
from keepthinking.audit._history import Step
from keepthinking.audit._levels import Ground, check_id, is_excused, level_of
from keepthinking.audit._lineage import Attribution, Lineage, Node
from keepthinking.audit._order import Waiting
from keepthinking.audit._pairing import View, view
from keepthinking.audit._report import Tally
from keepthinking.audit._results import Results
from keepthinking.audit._thoughts import Thoughts
from keepthinking.audit._verdict import Verdict
from keepthinking.dialects._base import Dialect
from keepthinking.retention._boundary import boundary
from keepthinking.retention._reading import has_tools, is_asked
from keepthinking.retention._rules import Rule

_VISIBLE_ROLES: Final = frozenset({"user", "system", "developer"})


class Sent(NamedTuple):
    """A request.

    Attributes:
        number: Its number, from 1.
        dialect: The dialect it speaks.
        profile: Who serves it.
        rule: The provider's rule, if one is known.
        request: What was decoded.
        model: The model that is asked for, or "".
        system: What its instructions say.
        tools: What its tools are; 0 where there are none.
    """

    number: int
    dialect: Dialect
    profile: Profile
    rule: Rule | None
    request: Request
    model: str
    system: int
    tools: int

    @property
    def messages(self) -> tuple[Message, ...]:
        """Its messages."""
        return self.request.messages


Outcome = tuple[Hashable | None, str]
"""The key of a finding, if there was one, and the fate that was counted."""


class Settled(NamedTuple):
    """What became of an answer, where nothing else in the request can change it.

    Attributes:
        outcomes: What was found.
        sought: Whether thinking is gone that a later text may still turn out to hold.
    """

    outcomes: tuple[Outcome, ...]
    sought: bool


class Scope:
    """What is known of the conversations that may go on from each other.

    Attributes:
        name: What separates them from others.
        lineage: Their exchanges.
        thoughts: What was thought in them.
        results: What tools said in them.
        views: Answers that were compared with what stands for them.
        outcomes: What became of answers that changed.
        searched: Thoughts that were looked for in vain.
        verdicts: What was found about results at a step, by the step.
        state: What servers hold.
        waiting: Messages that nothing has explained yet.
        thinks: Whether any answer thought.
    """

    def __init__(self, name: str, everywhere: dict[str, int]) -> None:
        self.name = name
        self.lineage = Lineage()
        self.thoughts = Thoughts(everywhere)
        self.results = Results()
        self.views: dict[tuple[int, ...], View] = {}
        self.outcomes: dict[Hashable, Settled] = {}
        self.searched: Searched = {}
        self.verdicts: dict[Step, tuple[tuple[int, Verdict], ...]] = {}
        self.state = State()
        self.waiting = Waiting()
        self.thinks = False


class Ruling:
    """One request, its lineage, and where findings go.

    Args:
        sent: The request.
        scope: What is known of its conversation.
        found: What its history is made of.
        tally: Where findings go.
    """

    def __init__(self, sent: Sent, scope: Scope, found: Attribution, tally: Tally) -> None:
        self.sent = sent
        self.scope = scope
        self.found = found
        self.tally = tally
        self.nodes = scope.lineage.nodes
        self.messages = sent.messages
        self.begins = self._begins()
        """Index of the message that begins the running turn, as served; where all is one turn, one before it."""
        self.elsewhere = Elsewhere(self.messages, found.head, found.path, found.strangers, scope.searched)

    def _begins(self) -> int:
        rule = self.sent.rule
        if rule is not None and rule.roles != ("user",):
            return boundary(self.messages, rule.boundary, rule.roles)  # the steps know a user's messages alone
        return self.found.head + self.found.end.boundary(rule.boundary if rule is not None else "user-message")

    @property
    def is_whole(self) -> bool:
        """Whether the request holds the whole history; otherwise the server holds some of it."""
        return not is_held(self.sent.request)

    @property
    def is_flat(self) -> bool:
        """Whether the wire itself makes one message of answers in a row."""
        return _is(self.sent.dialect, "flat")

    @property
    def joins(self) -> bool:
        """Whether the server makes one message of those of one role in a row."""
        return _is(self.sent.dialect, "joins")

    def view(self, node: Node, stands: tuple[int, ...]) -> View:
        """Compare an answer with the messages that stand for it."""
        messages = [self.messages[i] for i in stands]
        key = (node.number, *map(id, messages))
        known = self.scope.views.get(key)
        if known is None:
            same = node.dialect == self.sent.dialect.id
            table = self.sent.dialect.projection if same else None
            pieces = _is(self.sent.dialect, "pieces")
            known = self.scope.views[key] = view(node.number, node.messages, messages, table, pieces=pieces)
        return known

    def in_loop(self, number: int) -> bool:
        """Tell whether the turn of an answer is of the running loop, as served."""
        stands = self.found.stands.get(number, ())
        return not stands or stands[-1] > self.begins

    def ground(self, node: Node | None, *, in_loop: bool) -> Ground:
        """Say what a verdict about an answer stands on."""
        rule, request = self.sent.rule, self.sent.request
        return Ground(
            rule=rule,
            in_loop=in_loop,
            tools=rule is None or has_tools(request, rule),
            asked=rule is not None and node is not None and any(is_asked(request, rule, m) for m in node.messages),
            foreign=node is not None and self.is_foreign(node),
            switched=node is not None and node.model != self.sent.model,
        )

    def is_foreign(self, node: Node) -> bool:
        """Tell whether another provider answered; of one that nobody knows, another dialect says so."""
        here = self.sent.profile.provider
        known = "unknown" not in {node.provider, here}
        return node.provider != here if known else node.dialect != self.sent.dialect.id

    def find(self, node: Node | None, verdict: Verdict, choice: int = 0, *, in_loop: bool | None = None) -> Outcome:
        """Turn a verdict into a finding, unless the provider lets it go.

        Args:
            node: The exchange whose answer is meant.
            verdict: What was found.
            choice: Which of the answer's choices is meant.
            in_loop: Whether the turn is of the running loop; by default where it stands decides.
        """
        if in_loop is None:
            in_loop = node is None or self.in_loop(node.number)
        ground = self.ground(node, in_loop=in_loop)
        if is_excused(verdict, ground):
            return None, "legally-dropped"
        if self._is_read(verdict):
            return None, "normalised"
        number = None if node is None or verdict.part in _ONCE else node.number
        rest = (number, verdict.fate, verdict.expected, verdict.part, self._mark(verdict))
        # what was lost inside the loop is the same loss when the loop is over
        for check in dict.fromkeys((check_id(verdict, ground._replace(in_loop=True)), check_id(verdict, ground))):
            key = (self.scope.name, check, *rest)
            if self.tally.again(key):
                return key, verdict.fate
        key = (self.scope.name, check_id(verdict, ground), *rest)
        self.tally.add(key, self._finding(node, verdict, ground, choice))
        return key, verdict.fate

    def _finding(self, node: Node | None, verdict: Verdict, ground: Ground, choice: int) -> Finding:
        level, rule = level_of(verdict, ground)
        dialect, conversation = self.sent.dialect, self.sent.request.conversation
        origin: str | UnsetType = UNSET
        if node is not None and verdict.expected is not None:
            origin = dialect.response_path(node.messages[choice], verdict.expected, choice)
        return Finding(
            check=check_id(verdict, ground),
            status="fail" if level == "MUST" else "warn",
            level=level,
            fate=verdict.fate,
            what=verdict.what,
            request=self.sent.number,
            response=UNSET if node is None else node.number,
            path="$" if verdict.actual is None else dialect.request_path(conversation, verdict.actual),
            origin=origin,
            at=verdict.at,
            rule=UNSET if rule is None else rule.id,
            source=UNSET if rule is None else rule.source,
            verified=UNSET if rule is None else rule.verified,
            scope=self.scope.name,
        )

    def _mark(self, verdict: Verdict) -> Hashable:
        """Tell one block that was never an answer's from another, wherever trimming has moved it."""
        at = verdict.actual
        if verdict.expected is not None or verdict.part or at is None:
            return None
        message = self.messages[at.message]
        return next(((at.block, message.role, block) for block in message.blocks[at.block :]), None)

    def _is_read(self, verdict: Verdict) -> bool:
        """Tell whether the provider reads thinking where it now stands, though it came from another place."""
        accepts, spot = self.sent.profile.accepts, verdict.actual
        if spot is None or verdict.check not in {"thinking.not-text", "thinking.place"}:
            return False
        message = self.messages[spot.message]
        if verdict.check == "thinking.not-text":
            return "content[].text" in accepts and message.role not in _VISIBLE_ROLES
        block = message.blocks[spot.block]
        places = block.places if isinstance(block, Thinking) else ()
        # a profile has tags where the provider reads what stands between them
        return any(not isinstance(place, Field) or place.name in accepts for place in places)


def _is(dialect: Dialect, how: str) -> bool:
    """Tell what a dialect says of itself; one from elsewhere need not say it."""
    return bool(getattr(dialect, how, False))


_ONCE: Final = frozenset({"instructions", "tools"})
"""Parts that are one thing for a whole conversation: a date in the instructions is one finding, not one a request."""
