"""Our model class in LangChain's agents, over real HTTP: whatever drives them, the wire has every thought back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, trim_messages
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode, tools_condition

from keepthinking_adapters.langchain import dump, from_native, load, same_native
from keepthinking_adapters.langchain._session import native_tool
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from tests.adapters.langchain.agents import CONFIG, WAYS, agent_of, faults, plays, run, verdict

pytestmark = pytest.mark.filterwarnings("ignore:The v3 streaming protocol on Pregel is experimental")

CELLS = [
    pytest.param(profile, scenario, id=f"{profile}-{scenario}")
    for profile in PROVIDERS
    for scenario in SCENARIOS
    if plays(scenario, profile) and "save" not in SCENARIOS[scenario].needs
]


def expect_all(talk: Any, profile: str) -> None:
    report = verdict(talk, profile)
    assert faults(report) == []
    assert report.exchanges == sum(talk.expected)
    assert report.fates.get("preserved", 0) > 0
    assert set(report.fates) == {"preserved"}


@pytest.mark.parametrize("way", ["ainvoke", "astream-messages"])
@pytest.mark.parametrize(("profile", "scenario"), CELLS)
def test_every_thought_comes_back(opened: Any, model_for: Any, profile: str, scenario: str, way: str) -> None:
    talk = opened(scenario, profile)

    run(agent_of(model_for(talk, profile), talk, checkpointer=InMemorySaver()), talk, way)

    expect_all(talk, profile)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("output_version", [None, "v1"])
@pytest.mark.parametrize(
    ("profile", "scenario"),
    [
        ("deepseek", "parallel"),
        ("anthropic", "interleaved"),
        ("minimax", "odd-arguments"),
        ("openai", "interleaved"),
        ("google-gemini", "odd-arguments"),
        ("vertex-gemini", "parallel"),
    ],
)
def test_however_the_agent_is_driven(  # noqa: PLR0913, PLR0917 - one parameter an axis
    opened: Any, model_for: Any, profile: str, scenario: str, way: str, output_version: str | None
) -> None:
    talk = opened(scenario, profile)
    options = {} if output_version is None else {"output_version": output_version}

    run(agent_of(model_for(talk, profile, **options), talk, checkpointer=InMemorySaver()), talk, way)

    expect_all(talk, profile)


@pytest.mark.parametrize("profile", ["openrouter", "anthropic", "openai", "vertex-gemini"])
def test_synchronous_agents_too(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("loop", profile)
    graph = StateGraph(MessagesState)
    model = model_for(talk, profile)
    # Tools of the examination are asynchronous, so the synchronous loop is written out.
    tools = {tool.tool.name: tool for tool in talk.tools}
    bound = model.bind_tools([native_tool(tool) for tool in talk.tools])

    def speak(state: MessagesState) -> dict[str, Any]:
        return {"messages": [bound.invoke(state["messages"])]}

    def act(state: MessagesState) -> dict[str, Any]:
        last = state["messages"][-1]
        assert isinstance(last, AIMessage)
        return {
            "messages": [
                {
                    "role": "tool",
                    "tool_call_id": call["id"],
                    "content": asyncio.run(tools[call["name"]].call(json.dumps(call["args"]))),
                }
                for call in last.tool_calls
            ]
        }

    graph.add_node("speak", speak)
    graph.add_node("tools", act)
    graph.add_edge(START, "speak")
    graph.add_conditional_edges("speak", tools_condition)
    graph.add_edge("tools", "speak")
    agent = graph.compile()

    for turn in talk.turns:
        agent.invoke({"messages": [HumanMessage(turn)]}, CONFIG)

    expect_all(talk, profile)


@pytest.mark.parametrize("way", ["ainvoke", "astream-messages"])
@pytest.mark.parametrize("profile", ["kimi", "openrouter", "anthropic", "openai", "vertex-gemini"])
def test_a_graph_made_by_hand(opened: Any, model_for: Any, profile: str, way: str) -> None:
    talk = opened("second-turn", profile)
    tools = [native_tool(tool) for tool in talk.tools]
    bound = model_for(talk, profile).bind_tools(tools)

    async def speak(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await bound.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("speak", speak)
    graph.add_node("tools", ToolNode(tools))
    graph.add_edge(START, "speak")
    graph.add_conditional_edges("speak", tools_condition)
    graph.add_edge("tools", "speak")

    run(graph.compile(checkpointer=InMemorySaver()), talk, way)

    expect_all(talk, profile)


@pytest.mark.parametrize("way", ["ainvoke", "astream-messages"])
@pytest.mark.parametrize("profile", PROVIDERS)
def test_saved_in_a_database_and_taken_up_by_a_new_agent_before_every_tool_call(
    opened: Any, model_for: Any, tmp_path: Path, profile: str, way: str
) -> None:
    talk = opened("second-turn", profile)

    async def all_turns() -> None:
        for turn in talk.turns:
            given: Any = {"messages": [{"role": "user", "content": turn}]}
            while True:
                async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "saved.sqlite")) as saver:
                    agent = agent_of(model_for(talk, profile), talk, checkpointer=saver, interrupt_before=["tools"])
                    await WAYS[way](agent, given)
                    if not (await agent.aget_state(CONFIG)).next:
                        break
                given = None

    asyncio.run(all_turns())

    expect_all(talk, profile)


def history_of(opened: Any, model_for: Any, profile: str, scenario: str, way: str) -> tuple[Any, list[BaseMessage]]:
    talk = opened(scenario, profile)
    agent = agent_of(model_for(talk, profile), talk, checkpointer=InMemorySaver(), name="asker")
    run(agent, talk, way)
    return talk, agent.get_state(CONFIG).values["messages"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("profile", "scenario"), CELLS)
def test_both_identities_hold_after_an_agents_turn(
    opened: Any, model_for: Any, profile: str, scenario: str, way: str
) -> None:
    from keepthinking_adapters.langchain import to_native

    _, native = history_of(opened, model_for, profile, scenario, way)

    read = from_native(native)
    assert not read.losses
    assert not read.findings
    back = to_native(read.value)
    assert not back.losses
    assert same_native(back.value, native)

    again = from_native(load(dump(back.value)))
    assert not again.findings
    assert [m.replace(native=None) for m in again.value] == [m.replace(native=None) for m in read.value]


@pytest.mark.parametrize("profile", ["minimax-split", "anthropic", "openai", "google-gemini"])
def test_a_trimmed_history_keeps_the_thinking_of_what_is_left(opened: Any, model_for: Any, profile: str) -> None:
    talk, native = history_of(opened, model_for, profile, "second-turn", "ainvoke")
    model = model_for(talk, profile)

    whole = trim_messages(native, max_tokens=1_000_000, token_counter=model, start_on="human")
    last = trim_messages(native, max_tokens=len(native) // 2, token_counter=len, start_on="human", strategy="last")

    assert same_native(whole, native)
    kept = from_native(last)
    assert not kept.findings
    assert kept.value == from_native(native).value[-len(kept.value) :]


def test_ids_that_collide_cost_no_thought(opened: Any, model_for: Any) -> None:
    talk = opened("loop", "deepseek")
    model = model_for(talk, "deepseek")
    first = model.invoke([HumanMessage(talk.turns[0])])
    second = model.invoke([HumanMessage(talk.turns[0])])

    # The provider's own id would be the same after a restart of a server that counts from 0; LangGraph replaces by id.
    assert first.id != second.id
    merged = add_messages([first], [second])
    assert merged == [first, second]


def test_two_agents_hand_over_and_each_thought_stays_with_its_turn(opened: Any, model_for: Any) -> None:
    talk = opened("second-turn", "anthropic")
    saver = InMemorySaver()
    agents = [agent_of(model_for(talk, "anthropic"), talk, checkpointer=saver, name=name) for name in ("ann", "bob")]

    async def turns() -> None:
        messages: list[Any] = []
        for n, turn in enumerate(talk.turns):
            config: Any = {"configurable": {"thread_id": str(n)}}
            result = await agents[n].ainvoke({"messages": [*messages, HumanMessage(turn)]}, config)
            messages = result["messages"]

    asyncio.run(turns())

    expect_all(talk, "anthropic")


def test_no_carrier_and_no_name_of_ours_reaches_the_wire(opened: Any, model_for: Any) -> None:
    for profile in PROVIDERS:
        talk, _ = history_of(opened, model_for, profile, "second-turn", "astream-messages")
        sent = b"".join(exchange.request for exchange in talk.exchanges)
        for word in (b"keepthinking", b"additional_kwargs", b"lc_", b"output_version", b"asker", b"sk-canary"):
            assert word not in sent
