"""Scaffolds that misbehave: each comes out with a reason that a person understands, and none as a pass."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from keepthinking import Json, Message, Response, Tool, ToolCall
from keepthinking._adapter import Run, RunTool
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.scenarios import PROVIDERS
from tests.conformance.judge.runs import cell_of, checks, judged
from tests.conformance.subjects import Miniature, Talk, hangs, makes_no_call

pytestmark = pytest.mark.extras

DIALECTS = pytest.mark.parametrize("profile", ["deepseek", "openai", "anthropic", "google-gemini"])


def anew(run: Run, **changes: object) -> Run:
    """Give a run with other members."""
    held = {name: getattr(run, name) for name in Run.__struct_fields__}
    return Run(**{**held, **changes})


@dataclass
class Otherwise(Miniature):
    """A miniature that begins with another run than it is given."""

    system: str | None = None
    extra: tuple[RunTool, ...] = ()
    without: str = ""
    model: str = ""

    async def start(self, run: Run) -> Talk:
        tools = tuple(tool for tool in (*run.tools, *self.extra) if tool.tool.name != self.without)
        endpoint = run.endpoint.replace(model=self.model or run.endpoint.model)
        system = run.system if self.system is None else self.system
        return Talk(self, anew(run, tools=tools, endpoint=endpoint, system=system))


async def shouts(arguments: str) -> str:
    return arguments.upper()


SHOUT = RunTool(tool=Tool(name="shout", description="Shout.", parameters=Json.of({"type": "object"})), call=shouts)


async def crashes(talk: Talk) -> str:
    await talk.ask(talk.messages)
    raise ZeroDivisionError("division by zero")


async def never_calls(talk: Talk) -> str:
    """Take every answer for the last one."""
    message = await talk.ask(talk.messages)
    talk.messages.append(message)
    return message.text


async def invents_a_call(talk: Talk) -> str:
    """Say that the model called a tool that nobody declared."""
    call = ToolCall(id="call_made_up_by_me", name="shout", arguments="{}", kind="json")
    message = await talk.ask(talk.messages)
    talk.messages += [message.with_blocks([*message.blocks, call])]
    talk.messages += [Message(role="tool", blocks=(talk.told(call, "LOUD"),))]
    for made in message.tool_calls:
        talk.messages.append(Message(role="tool", blocks=(await talk.call(made),)))
    return await talk.answer()


async def replays(talk: Talk) -> str:
    """Ask the first question again and again, and call what is asked each time."""
    first = list(talk.messages)
    for _ in range(200):
        message = await talk.ask(first)
        for call in message.tool_calls:
            await talk.call(call)
    return "done"


async def replays_in_silence(talk: Talk) -> str:
    first = list(talk.messages)
    for _ in range(200):
        try:
            await talk.ask(first)
        except RuntimeError:
            return "done"
    return "done"


async def replays_a_little(talk: Talk) -> str:
    first = list(talk.messages)
    for _ in range(5):
        await talk.ask(first)
    return "done"


async def floods(talk: Talk) -> str:
    """Ask many times at once, and mind no refusal."""
    await asyncio.gather(*(talk.ask(talk.messages) for _ in range(60)), return_exceptions=True)
    return await talk.answer()


@dataclass
class Wordless(Talk):
    """Leaves the instructions out from the second request on."""

    asked: int = 0

    def _post(self, messages: tuple[Message, ...]) -> Response:
        self.asked += 1
        if self.asked > 1:
            self.run = anew(self.run, system="")
        return super()._post(messages)


@dataclass
class Forgets(Miniature):
    async def start(self, run: Run) -> Talk:
        return Wordless(self, run)


@DIALECTS
@pytest.mark.parametrize(
    ("subject", "status", "said"),
    [
        (Miniature("mini.crashes", goes_on=crashes), "error", "ZeroDivisionError: division by zero"),
        (Miniature("mini.never-calls", goes_on=never_calls), "harness-error", "1 model calls in turn 1"),
        (Miniature("mini.makes-no-call", goes_on=makes_no_call), "harness-error", "0 model calls in turn 1"),
        (Miniature("mini.replays", goes_on=replays), "error", "turn 1"),
        (Miniature("mini.silent-replay", goes_on=replays_in_silence), "error", "one of them 26 times"),
        (Miniature("mini.some-replay", goes_on=replays_a_little), "harness-error", "for 1 of the 5 answers"),
        (Miniature("mini.floods", goes_on=floods), "error", "turn 1"),
        (Otherwise("mini.other-model", model="gpt-oss"), "error", "asks for the model 'gpt-oss'"),
        (Otherwise("mini.no-system", system=""), "error", "does not hold the instructions"),
        (Otherwise("mini.own-system", system="Be kind."), "error", "does not hold the instructions"),
        (Forgets("mini.forgets-system"), "error", "request 2: other request: it holds no instructions any more"),
        (Otherwise("mini.more-tools", extra=(SHOUT,)), "error", "it offers `shout`, a tool that the run did not give"),
    ],
    ids=lambda value: value.id if isinstance(value, Miniature) else "",
)
def test_a_scaffold_that_misbehaves_is_told_what_it_did(
    provider: Provider, subject: Miniature, status: str, said: str, profile: str
) -> None:
    found = judged(provider, cell_of(profile, "loop", subject))

    assert found.status == status
    assert said in found.reason
    assert "pass" not in found.checks.values()
    assert (found.incident.culprit == "scaffold") if status == "error" else True  # type: ignore[union-attr]  # there is one


def test_a_scaffold_that_hangs_ends_with_its_time(provider: Provider) -> None:
    found = judged(provider, cell_of("deepseek", "loop", Miniature("mini.hangs", goes_on=hangs)), seconds=0.2)

    assert (found.status, found.checks) == ("error", {})
    assert "timeout: no answer within 0.2 seconds" in found.reason


@pytest.mark.parametrize("profile", ["deepseek", "openai"])
def test_a_call_that_the_model_never_made_is_a_finding(provider: Provider, profile: str) -> None:
    found = judged(provider, cell_of(profile, "loop", Miniature("mini.invents", goes_on=invents_a_call)))

    assert found.status == "harness-error"  # its result was taken for that of another call
    assert "call.not-invented" in checks(found)
    assert found.checks["call.not-invented"] == "fail"


def test_a_tool_that_is_never_offered_is_told(provider: Provider) -> None:
    found = judged(provider, cell_of("anthropic", "single", Otherwise("mini.less-tools", without="look_up")))

    assert found.status == "error"
    assert "it does not offer `look_up`, a tool that the run gave" in found.reason


@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_model_of_the_same_rule_is_another_model_all_the_same(provider: Provider, profile: str) -> None:
    model = f"{PROVIDERS[profile].model}-2"

    found = judged(provider, cell_of(profile, "loop", Otherwise("mini.near", model=model)))

    assert found.status == "error"
    assert f"it asks for the model {model!r}" in found.reason


def test_a_scaffold_that_asks_for_titles_is_no_flood(provider: Provider) -> None:
    async def titled(talk: Talk) -> str:
        answer = await talk.answer()
        for _ in range(5):
            await talk.ask([Message.user("Give this talk a title of three words.")])
        return answer

    found = judged(provider, cell_of("deepseek", "second-turn", Miniature("mini.titles", goes_on=titled)))

    assert found.status == "pass"
