"""What LangChain and LangGraph do to messages that nobody wants to change: copies, stores, dumps, a node of a graph."""

import copy
import pickle
import sqlite3
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.load import dumps, loads
from langchain_core.messages import (
    AnyMessage,
    BaseMessage,
    messages_from_dict,
    messages_to_dict,
    trim_messages,
)
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, MessagesState, StateGraph, add_messages
from pydantic import TypeAdapter

from keepthinking_adapters.langchain._persist import dump, load

Messages = list[BaseMessage]
Operation = Callable[[Messages], Messages]

_ANY: TypeAdapter[list[Any]] = TypeAdapter(list[AnyMessage])


def _json(messages: Messages) -> Messages:
    return _ANY.validate_json(_ANY.dump_json(messages))


def _python(messages: Messages) -> Messages:
    return _ANY.validate_python(_ANY.dump_python(messages))


def _one_by_one(messages: Messages) -> Messages:
    return [type(one).model_validate_json(one.model_dump_json()) for one in messages]


def _loads(messages: Messages) -> Messages:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # LangChain marks its loader as beta
        found: Messages = loads(dumps(messages), allowed_objects="core")
    return found


def _msgpack(messages: Messages) -> Messages:
    serde = JsonPlusSerializer()
    found: Messages = serde.loads_typed(serde.dumps_typed(messages))
    return found


def _sqlite(messages: Messages) -> Messages:
    return _graph(messages, SqliteSaver(sqlite3.connect(":memory:", check_same_thread=False)))


def _memory(messages: Messages) -> Messages:
    return _graph(messages, InMemorySaver())


def _graph(messages: Messages, saver: Any) -> Messages:
    """Pass messages through a node, and read them back out of the checkpoint as the next turn would."""
    builder = StateGraph(MessagesState)
    builder.add_node("node", lambda _: {"messages": []})
    builder.add_edge(START, "node")
    builder.add_edge("node", END)
    graph = builder.compile(checkpointer=saver)
    config: Any = {"configurable": {"thread_id": "1"}}
    given: Any = {"messages": copy.deepcopy(messages)}
    graph.invoke(given, config)
    found: Messages = graph.get_state(config).values.get("messages", [])
    if isinstance(saver, SqliteSaver):
        saver.conn.close()
    return found


def _added(messages: Messages) -> Messages:
    given: Any = copy.deepcopy(messages)
    found: Any = add_messages([], given)
    return list(found)


COPIES: Mapping[str, Operation] = {
    "nothing": lambda messages: messages,
    "deepcopy": copy.deepcopy,
    "pickle": lambda messages: pickle.loads(pickle.dumps(messages)),  # noqa: S301 - our own bytes
    "model_copy": lambda messages: [one.model_copy(deep=True) for one in messages],
    "trim_messages": lambda messages: trim_messages(messages, max_tokens=10**9, token_counter=len),
    "add_messages": _added,
}
"""Operations that never look into a value."""

STORES: Mapping[str, Operation] = {
    "to_dict": lambda messages: messages_from_dict(messages_to_dict(messages)),
    "loads": _loads,
    "dump": lambda messages: load(dump(messages)),
    "python": _python,
    "json": _json,
    "json of each": _one_by_one,
    "msgpack": _msgpack,
}
"""Operations that write values down; some refuse half an emoji or a large integer."""

GRAPHS: Mapping[str, Operation] = {"graph in memory": _memory, "graph in sqlite": _sqlite}

REFUSALS = (TypeError, ValueError, OverflowError, NotImplementedError)
"""What those raise where they refuse; pydantic's and msgpack's own errors are among them."""

__all__ = ["COPIES", "GRAPHS", "REFUSALS", "STORES", "Messages", "Operation"]
