"""Several conversations in one run: helpers that are asked; and calls whose arguments are no JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Conversation, Message, Text, ToolCall, ToolResult
from keepthinking._adapter import RunTool
from keepthinking.audit import Auditor
from keepthinking_conformance.provider import Provider, Script, Talk, ToolFailure, reply
from keepthinking_conformance.provider._position import Position, position
from keepthinking_conformance.scenarios import PROVIDERS, Call, Say, Scenario, StepScript, Think, TurnScript
from tests.conformance.provider_client import ask, finish_turn, opening, run_tool, send
from tests.conformance.wires import WIRES, grouped

pytestmark = pytest.mark.extras

RUN = "here"
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
LOOK, READ = StepScript((Think(), Call(tool="look_up"))), StepScript((Think(), Call(tool="read_note")))
ANSWER = StepScript((Think(), Say()))
HELP = Call(tool="ask_helper", helper=(LOOK, READ, ANSWER))
ASKS = StepScript((Think(), HELP))
HELPED = Scenario(
    id="helped",
    title="A helper is asked twice",
    turns=(TurnScript((LOOK, ASKS, ANSWER)), TurnScript((ASKS, ANSWER))),
    needs=frozenset({"sub-agent"}),
)
BROKEN = StepScript((Think(), Call(tool="look_up", outcome="malformed")))
SPOILT = Scenario(id="spoilt", title="Arguments that are no JSON", turns=(TurnScript((BROKEN, LOOK, ANSWER)),) * 2)
STRINGS = [name for name, row in PROVIDERS.items() if row.dialect in {"openai-chat", "openai-responses"}]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


def script_of(scenario: Scenario, profile: str = "deepseek") -> Script:
    return Script(scenario, PROVIDERS[profile], seed=7, token=RUN)


class Agent:
    """A faithful agent that has a helper, whose conversation is its own."""

    def __init__(self, talk: Talk, *, stream: bool = False) -> None:
        self.talk = talk
        self.stream = stream
        self.asked: list[str] = []

    def turn(self, history: list[Message], words: str, *, helps: bool = False) -> str:
        """Go on until the model calls nothing, and give what it said."""
        helper = self.talk.helper
        assert helper is not None
        tools = [*(helper.tools if helps else self.talk.tools)]
        offered = [tool.tool for tool in tools] + ([] if helps else [helper.tool])
        history.append(Message.user(words))
        while True:
            request = ask(self.talk.script, history, stream=self.stream)
            request = replace(request, conversation=Conversation.of(*history, tools=offered))
            said = send(self.talk, request).message
            history.append(said)
            if not said.tool_calls:
                return said.text
            history += self.results(said, tools)

    def results(self, said: Message, tools: Sequence[RunTool]) -> list[Message]:
        row = WIRES[self.talk.script.served.dialect]
        by_name = {tool.tool.name: tool for tool in tools}
        found = []
        for call in said.tool_calls:
            if call.name in by_name:
                text = run_tool(by_name[call.name], call.arguments)
            else:
                task = json.loads(call.arguments)["task"]
                self.asked.append(task)
                helper = self.talk.helper
                assert helper is not None
                carrier = WIRES[self.talk.script.served.dialect].carrier
                own = [Message(role="system", carrier=carrier, blocks=(Text(text=helper.system),))]
                text = self.turn(own, task, helps=True)
            found.append(ToolResult(call_id=call.id, name=call.name if row.named else UNSET, content=text))
        return grouped(row, found)


@BOTH
@pytest.mark.parametrize("profile", PROVIDERS)
def test_a_helper_has_a_conversation_of_its_own(provider: Provider, profile: str, *, stream: bool) -> None:
    talk = provider.open(HELPED, profile=profile)
    agent = Agent(talk, stream=stream)
    history = opening(talk.script)
    for words in talk.turns:
        agent.turn(history, words)
    talk.close()

    assert talk.problems == []
    scopes = [exchange.scope.removeprefix(talk.token) for exchange in talk.exchanges]
    help_ = ["/helper"] * 3
    assert scopes == ["", "", *help_, "", "", *help_, ""]
    assert talk.expected == (3, 2)
    # Each task is the words of the helper's user, and each was asked for once.
    assert len(agent.asked) == len(set(agent.asked)) == 2
    made = [called for called in talk.script.calls if not called.call.helper]
    assert len(talk.called) == len(made) == 5
    assert {called.key for called in talk.called if called} == {called.key for called in made}
    auditor = Auditor(dialect=talk.script.served.dialect, profile=talk.script.profile)
    for exchange in talk.exchanges:
        auditor.add(exchange)
    report = auditor.report()
    assert (report.problems, report.findings, report.strangers) == ((), (), ())


def test_what_a_helper_says_last_is_the_result_of_the_call_that_asked_it() -> None:
    script = script_of(HELPED)
    outer = [called for called in script.calls if called.call.helper]

    for thread, called in zip(script.threads[1:], outer, strict=True):
        assert script.answer(0, 2, thread.number).text == called.result
        assert called.receipt in called.result
        assert json.loads(called.arguments) == {"task": thread.words[0]}
        assert called.key in thread.words[0]


def asked(script: Script, *messages: Message, tools: bool = True) -> Position | None:
    request = ask(script, messages)
    if not tools:
        request = replace(request, conversation=Conversation.of(*messages))
    return position(request, script)


def test_a_request_is_of_the_helper_whose_system_prompt_or_task_stands_in_it() -> None:
    script = script_of(HELPED)
    own, one, two = script.threads
    helps, system = Message.system(script.helper_system), Message.system(script.system)
    task, other, words = (Message.user(thread.words[0]) for thread in (one, two, own))
    inner = [called for called in script.calls if called.thread == 1]
    result = Message(role="tool", blocks=(ToolResult(call_id=inner[0].id, content=inner[0].result),))

    assert asked(script, helps, task) == (0, 0, 1)
    assert asked(script, helps, task, result) == (0, 1, 1)
    assert asked(script, helps, other) == (0, 0, 2)
    # A helper that is told what came before is a helper still, and the last task counts.
    assert asked(script, helps, words, task) == (0, 0, 1)
    assert asked(script, helps, task, other) == (0, 0, 2)
    # An agent to whom its own call is shown as text is no helper.
    assert asked(script, system, words, Message.user(f"Observation: asked {one.words[0]}")) == (0, 0, 0)
    assert asked(script, system, task) is None
    # Without any prompt of ours the agent's words come first, and a task alone is a helper's.
    assert asked(script, words, task) == (0, 0, 0)
    assert asked(script, task) == (0, 0, 1)
    assert asked(script, Message.user("A summary."), result) == (0, 1, 1)
    assert asked(script, Message.user("A title, please.")) is None
    assert asked(script, helps, Message.user("A title, please.")) is None


def test_the_agent_goes_on_when_the_helper_has_answered() -> None:
    script = script_of(HELPED)
    first, outer = script.calls[0], script.calls_of(0, 1)[0]
    history = [
        Message.system(script.system),
        Message.user(script.turns[0]),
        script.answer(0, 0),
        Message(role="tool", blocks=(ToolResult(call_id=first.id, content=first.result),)),
        script.answer(0, 1),
        Message(role="tool", blocks=(ToolResult(call_id="other", content=outer.result),)),
    ]

    assert asked(script, *history[:2]) == (0, 0, 0)
    assert asked(script, *history[:4]) == (0, 1, 0)
    assert asked(script, *history) == (0, 2, 0)


def test_a_helper_that_asks_a_helper_is_refused() -> None:
    turn = TurnScript((StepScript((Call(tool="ask_helper", helper=(ASKS, ANSWER)),)), ANSWER))
    deep = Scenario(id="deep", title="", turns=(turn,), needs=frozenset({"sub-agent"}))

    with pytest.raises(ValueError, match="a helper that asks a helper"):
        script_of(deep)


def test_a_run_without_a_helper_has_none(provider: Provider) -> None:
    assert provider.open(SPOILT, profile="deepseek").helper is None


@pytest.mark.parametrize("profile", STRINGS)
def test_malformed_arguments_are_json_that_is_cut_and_know_their_call(profile: str) -> None:
    script = script_of(SPOILT, profile)
    broken = script.calls[0]
    (call,) = (block for block in script.answer(0, 0).blocks if isinstance(block, ToolCall))

    assert call.arguments == broken.arguments
    assert call.arguments.startswith('{"key": "')
    with pytest.raises(json.JSONDecodeError):
        json.loads(call.arguments)
    assert script.called(call.arguments) == broken


@pytest.mark.parametrize("profile", sorted(set(PROVIDERS) - set(STRINGS)))
def test_where_arguments_are_an_object_they_cannot_be_malformed(profile: str) -> None:
    with pytest.raises(ValueError, match="only a string can hold"):
        script_of(SPOILT, profile)


def test_a_tool_that_is_called_with_malformed_arguments_all_the_same_fails(provider: Provider) -> None:
    talk = provider.open(SPOILT, profile="deepseek")
    broken = talk.script.calls[0]
    (look,) = talk.tools

    with pytest.raises(ToolFailure, match=broken.receipt):
        run_tool(look, broken.arguments)
    assert talk.called == [broken]


@BOTH
@pytest.mark.parametrize("profile", STRINGS)
def test_a_scaffold_that_tells_the_model_of_its_broken_arguments_goes_on(
    provider: Provider, profile: str, *, stream: bool
) -> None:
    talk = provider.open(SPOILT, profile=profile)
    history = opening(talk.script)
    for words in talk.turns:
        history.append(Message.user(words))
        history += finish_turn(talk, history, stream=stream)

    assert talk.problems == []
    assert talk.requests == 6
    assert [exchange.scope for exchange in talk.exchanges] == [talk.token] * 6


@pytest.mark.parametrize(
    "told",
    [
        lambda called: Message(role="tool", blocks=(ToolResult(call_id=called.id, content="Error: no JSON"),)),
        lambda _: Message(role="tool", blocks=(ToolResult(call_id="renamed", content="Error: no JSON"),)),
        lambda _: Message.user("Your last call could not be read. Call the tool again."),
        lambda called: Message.user(f"Could not parse {called.arguments}"),
    ],
)
@pytest.mark.parametrize("renamed", [False, True])
def test_whatever_is_said_behind_broken_arguments_answers_them(told: object, *, renamed: bool) -> None:
    script = script_of(SPOILT)
    broken, good, *_ = script.calls
    history = [*opening(script), Message.user(script.turns[0]), script.answer(0, 0), told(broken)]  # type: ignore[operator]  # a lambda
    assert asked(script, *history[:-2]) == (0, 0, 0)
    assert asked(script, *history) == (0, 1, 0)

    content, id_ = ("hidden", "renamed-2") if renamed else (good.result, good.id)
    result = Message(role="tool", blocks=(ToolResult(call_id=id_, content=content),))
    assert asked(script, *history, script.answer(0, 1), result) == (0, 2, 0)


def test_a_scaffold_that_forgets_the_broken_call_is_asked_again() -> None:
    script = script_of(SPOILT)
    request = ask(script, [*opening(script), Message.user(script.turns[0])])

    assert reply(request, script) == reply(request, script)
    assert reply(request, script).message.blocks == script.answer(0, 0).blocks
