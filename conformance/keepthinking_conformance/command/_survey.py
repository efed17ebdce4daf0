"""The survey: what a command asks for, and which of its tools brings a result back, before anything is judged.

For each provider the command runs a few times: once with an answer that calls nothing, then with one call of the best
tool that may be called, and of the next one where no result came back. What is found is frozen: each cell is then a
function of its script and of that.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from keepthinking import Endpoint, KeepthinkingError, Request, dialect, rule_for
from keepthinking._profiles import profile as profile_of
from keepthinking.audit._recording import is_stream, model_of
from keepthinking_conformance.command._bindings import choose, told
from keepthinking_conformance.run import API_KEY, WORKSPACE, fresh, has_receipt, heard, lay, searches
from keepthinking_conformance.scenarios import (
    PROVIDERS,
    Binding,
    Call,
    Say,
    Scenario,
    Served,
    StepScript,
    Think,
    TurnScript,
    bound,
)

if TYPE_CHECKING:  # a provider is handed in: whoever makes one needs its server, this module does not
    from keepthinking_conformance.command._subject import Plain
    from keepthinking_conformance.provider import Provider, Talk

_ANSWER: Final = StepScript((Think(), Say()))
_LOOK: Final = Scenario(id="survey", title="What a command asks for", turns=(TurnScript((_ANSWER,)),))
_CALL: Final = Scenario(
    id="survey-call",
    title="Whether a tool brings its result back",
    turns=(TurnScript((StepScript((Think(), Call(tool="look_up"))), _ANSWER)),),
)
_CLAUDE_4: Final = re.compile(r"claude-(?:3-7|opus-4|sonnet-4|haiku-4)").search
_ASKS: Final[Mapping[str, tuple[str, Callable[[str], object]]]] = MappingProxyType(
    {
        # https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking: later models have other defaults.
        "anthropic": ("thinking", _CLAUDE_4),
        # https://openrouter.ai/docs/use-cases/reasoning-tokens, and the pages of these models there.
        "openrouter": ("reasoning", _CLAUDE_4),
        # https://platform.minimax.io/docs/api-reference/text-openai-api: without it the thinking stands in the text.
        "minimax-split": ("reasoning_split", bool),
    }
)
"""What a request has to hold so that a model thinks, and says so as it is played: a parameter, and of which models that
is so, by the provider (read 2026-11-28). Who does not ask for it never gets what could be lost."""

_CANDIDATES: Final = 4
"""So many tools are tried."""

_STRAYS: Final = 3
"""So many of the requests that ask for something else are named."""

_UNKNOWN: Final = "nothing-known"
"""The side of a request in which no words of the script stand (`provider._side`)."""

_UNHEARD: Final = (
    "no request of it holds the user's words: does it take them by `{prompt}`, or else by its standard input?"
)
"""Why nothing can be run with a command that does not hear its user."""

_CAP: Final = 20
"""So many requests are answered in one run of the survey."""


class Seen(Struct, frozen=True, kw_only=True):
    """What was seen of a command with one provider.

    Attributes:
        served: The provider as the command asks for it: its model, and the rule that its request falls under.
        spoke: Whether it sent a request in the provider's dialect at all.
        streams: Whether it asks for streamed answers.
        searches: Whether it lets the provider search.
        binding: The tool that may be called; None where there is none.
        reason: Why no cell can be run with this provider; "" where some can.
    """

    served: Served
    spoke: bool = False
    streams: bool = False
    searches: bool = False
    binding: Binding | None = None
    reason: str = ""


class _Ran(NamedTuple):
    """One run of the survey.

    Attributes:
        talk: What travelled.
        failed: How it failed; "" where it did not.
        printed: The line that says most of what it printed, where it came to its end.
    """

    talk: Talk
    failed: str
    printed: str


async def survey(  # noqa: PLR0913 - one keyword a way of running
    subject: Plain,
    provider: Provider,
    profiles: Sequence[str],
    *,
    seed: int,
    seconds: float,
    jobs: int,
    done: Callable[[], None],
) -> Mapping[str, Seen]:
    """Look at a command with some providers.

    Args:
        subject: The command.
        provider: The provider, running.
        profiles: Whom it plays, by the names of `PROVIDERS`.
        seed: The seed of its answers.
        seconds: So long one run may take.
        jobs: How many runs go on at the same time.
        done: Called when the command was seen with one of them.
    """
    places = asyncio.Semaphore(jobs)

    async def one(name: str) -> Seen:
        async with places:
            seen = await _Survey(subject, provider, seed, seconds).of(PROVIDERS[name])
        done()
        return seen

    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(one(name)) for name in profiles}
    return {name: task.result() for name, task in tasks.items()}


class _Survey(NamedTuple):
    subject: Plain
    provider: Provider
    seed: int
    seconds: float

    async def of(self, served: Served) -> Seen:
        """Look at the command with one provider."""
        ran = await self._run(served, lambda _: _LOOK, "look", None)
        asked = _loop_request(served, ran.talk)
        if asked is None:
            return Seen(served=served, reason=_silent(served, ran))
        seen, request = asked
        if seen.reason:
            return seen
        if ran.talk.sides and set(ran.talk.sides) == {_UNKNOWN}:
            return _with(seen, None, _UNHEARD)
        if ran.failed and _insists(request):
            return _with(seen, None, f"{_INSISTS} ({ran.failed})")
        tools = tuple(request.conversation.tools or ())
        choice = choose(tools, self.subject.rules)
        fails = ran.failed
        why = dict(choice.refused)
        for binding in choice.bindings[:_CANDIDATES]:
            ran = await self._run(seen.served, _bound_by(binding), f"call {binding.tool}", binding)
            if why_not := _not_back(seen.served, binding, ran):
                why[binding.tool] = why_not
            else:
                return _with(seen, binding, "")
        return _with(seen, None, told(tools, why, fails))

    async def _run(
        self, served: Served, scenario: Callable[[Path], Scenario], what: str, binding: Binding | None
    ) -> _Ran:
        token = blake2b(f"{self.seed} {self.subject.id} {served.profile} {what}".encode(), digest_size=6).hexdigest()
        with fresh() as directory:
            workspace = directory / WORKSPACE
            talk = self.provider.open(
                scenario(workspace), profile=served.profile, model=served.model, seed=self.seed, token=token, cap=_CAP
            )
            try:
                if binding is not None:
                    lay(binding, talk.script.calls, workspace)
                endpoint = Endpoint(
                    dialect=served.dialect,
                    base_url=talk.base_url,
                    model=PROVIDERS[served.profile].model,
                    api_key=API_KEY,
                    profile=served.profile,
                )
                session = self.subject.session(endpoint, directory, workspace)
                failed = await self._failed(session.turn(talk.turns[0]))
                return _Ran(talk, failed, "" if session.printed is None else session.printed.told)
            finally:
                talk.close()

    async def _failed(self, turn: Awaitable[str]) -> str:
        try:
            async with asyncio.timeout(self.seconds):
                await turn
        except TimeoutError:
            return f"it gave no answer within {self.seconds:g} seconds"
        except (KeepthinkingError, OSError) as error:
            return str(error)
        return ""


def _insists(request: Request) -> bool:
    """Tell whether a request demands a call in its answer, as OpenAI's APIs or Anthropic's write it."""
    held = request.params.get("tool_choice")
    value: object = None if held is None else held.value
    return value in ("required", {"type": "any"})


_INSISTS: Final = (
    "it demands a call in every answer (`tool_choice`), so that its model has to end by a tool that it brings along: "
    'examine it in Python, with `speech="final-answer"`'
)
"""Why an agent that takes no answer without a call is examined by no command: the scripted model ends in words."""


def _bound_by(binding: Binding) -> Callable[[Path], Scenario]:
    return lambda workspace: bound(_CALL, binding, workspace)


def _with(seen: Seen, binding: Binding | None, reason: str) -> Seen:
    return replace(seen, binding=binding, reason=reason)


def _loop_request(served: Served, talk: Talk) -> tuple[Seen, Request] | None:
    """Give the first request that declares tools, or the first one of all, and what it tells."""
    found: list[tuple[Seen, Request]] = []
    spoken = dialect(served.dialect)
    for exchange in talk.exchanges:
        try:
            request = spoken.decode_request(exchange.request, served.profile)
        except KeepthinkingError:
            continue
        streams = isinstance(exchange.response, bytes) and is_stream(exchange.response)
        found.append((under_rule(served, request, model_of(exchange, spoken, request) or "", streams=streams), request))
    with_tools = [one for one in found if one[1].conversation.tools]
    return next(iter(with_tools or found), None)


def under_rule(served: Served, request: Request, model: str, *, streams: bool) -> Seen:
    """Tell under which rule a request falls."""
    rule = rule_for(profile_of(served.profile, served.dialect), model=model, request_params=request.params)
    if rule is None:
        reason = f"it asks for the model {model!r}, of which no rule of `{served.profile}` is known"
        reason += f"; let it ask for {served.model!r} ({{model}} in the command, or in a rule file)"
        return Seen(served=served, spoke=True, streams=streams, reason=reason)
    wanted, holds = _ASKS.get(served.profile, ("", None))
    if holds is not None and holds(model) and wanted not in request.params:
        reason = f"its requests do not hold `{wanted}`, without which {model!r} gives no such thinking"
        return Seen(served=served, spoke=True, streams=streams, reason=reason)
    seen = replace(served, model=model, rule=rule.id)
    return Seen(served=seen, spoke=True, streams=streams, searches=searches(request))


def _silent(served: Served, ran: _Ran) -> str:
    """Tell that nothing was asked in a dialect."""
    asked = [f"`{stray.method} {stray.path}`" for stray in ran.talk.strays]
    asked = list(dict.fromkeys(asked))[:_STRAYS]
    why = f"; it asked for {', '.join(asked)}, which is none of it" if asked else ""
    why += f"; {ran.failed}" if ran.failed else ""
    why += f"; it printed: {ran.printed}" if ran.printed and not asked else ""
    return f"nothing that is `{served.dialect}` reached the provider{why}"


def _not_back(served: Served, binding: Binding, ran: _Ran) -> str:
    """Tell why a tool is of no use; "" where its result came back."""
    made, _ = heard(served, ran.talk)
    why = f"; {ran.failed}" if ran.failed else ""
    if ran.talk.sides and all(ran.talk.sides):
        known = ", ".join(f"`{side}`" for side in dict.fromkeys(ran.talk.sides))
        return f"it was never called, since each request was taken for one beside the loop ({known}){why}"
    if not made:
        return f"it was called, and no result of it came back{why}"
    if binding.finds != "anything" and not any(has_receipt(called, served, ran.talk) for called in made):
        return f"it was called, and what came back is not what it had to find{why}"
    return ""
