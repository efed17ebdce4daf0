"""What hands can do to the JSON of each dialect, so that one fault is one function.

The correct miniature needs none of this: it takes nothing apart.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keepthinking_conformance.miniatures._chat import FIELDS
from keepthinking_conformance.miniatures._ollama import THINKING
from keepthinking_conformance.miniatures._values import dump, load
from keepthinking_conformance.miniatures._wire import Json, Place, Wire
from keepthinking_conformance.miniatures._wires import WIRES


class Hands(ABC):
    """Hands for one dialect.

    Attributes:
        wire: The dialect.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    # -- thoughts and texts ----------------------------------------------------------------------------------------

    @abstractmethod
    def words(self, thought: Json) -> list[Place]:
        """List where the words of a thought stand; redacted ones have none."""

    def all_words(self, answer: list[Json]) -> list[Place]:
        """List where the words of all thoughts of an answer stand."""
        return [words for place in self.wire.thoughts(answer) for words in self.words(place.value)]

    def hosted(self, answer: list[Json]) -> list[Place]:
        """List what the provider ran itself."""
        del answer
        return []

    def halve(self, answer: list[Json]) -> None:
        """Make two of each thought."""
        for place in reversed(self.wire.thoughts(answer)):
            words = self.words(place.value)
            half = len(words[0].value) // 2 if words else 0
            rest = copy.deepcopy(place.value)
            for held, other in zip(words, self.words(rest), strict=True):
                other.put(held.value[half:])
                held.put(held.value[:half])
            if words:
                place.holder.insert(int(place.key) + 1, rest)

    @abstractmethod
    def begun(self, events: list[Json]) -> list[Json]:
        """Make an answer of a thought whose stream has not come to its end."""

    @abstractmethod
    def think(self, answer: list[Json], words: str) -> None:
        """Add a thought to an answer that has none."""

    @abstractmethod
    def say(self, answer: list[Json], text: str) -> None:
        """Put words in front of what an answer says."""

    @abstractmethod
    def hush(self, answer: list[Json]) -> None:
        """Take out what an answer says."""

    def tell(self, user: list[Json], text: str) -> None:
        """Add to the user's words."""
        user[0]["content"] += text

    # -- calls and results -----------------------------------------------------------------------------------------

    @abstractmethod
    def id(self, call: Json) -> Place:
        """Tell where the id of a call stands."""

    @abstractmethod
    def name(self, call: Json) -> Place:
        """Tell where the name of the tool stands."""

    def arguments(self, call: Json) -> Json:
        """Give the arguments, parsed."""
        held = self._arguments(call).value
        return load(held) if isinstance(held, str) else held

    def argue(self, call: Json, arguments: Json) -> None:
        """Write the arguments anew."""
        place = self._arguments(call)
        place.put(dump(arguments).decode() if isinstance(place.value, str) else arguments)

    @abstractmethod
    def _arguments(self, call: Json) -> Place: ...

    @abstractmethod
    def told(self, results: list[Json]) -> list[Place]:
        """List the results in what was told."""

    @abstractmethod
    def for_id(self, result: Json) -> Place:
        """Tell where a result names its call."""

    @abstractmethod
    def said(self, result: Json) -> Place:
        """Tell where the words of a result stand."""

    # -- messages --------------------------------------------------------------------------------------------------

    @abstractmethod
    def merge(self, one: list[Json], other: list[Json]) -> None:
        """Put all of one answer behind another, in one message."""

    @abstractmethod
    def cut(self, answer: list[Json]) -> list[Json]:
        """Give an answer as two messages: all but its calls, then its calls."""

    @abstractmethod
    def apart(self, answer: list[Json]) -> list[list[Json]]:
        """Give an answer as several, each with one of its calls, and all else in the first one."""

    @abstractmethod
    def results_apart(self, results: list[Json]) -> list[list[Json]]:
        """Give each result alone."""


class _Chat(Hands):
    def begun(self, events: list[Json]) -> list[Json]:
        deltas = [choice["delta"] for event in events for choice in event["choices"]]
        name = next(name for name in FIELDS if any(name in delta for delta in deltas))
        words = "".join(delta.get(name) or "" for delta in deltas)
        return [{"role": "assistant", "content": "", name: words}]

    def words(self, thought: Json) -> list[Place]:
        return [Place(thought, "text")] if "text" in thought else []

    def all_words(self, answer: list[Json]) -> list[Place]:
        fields = [Place(answer[0], name) for name in FIELDS if answer[0].get(name) is not None]
        entries = [place for place in self.wire.thoughts(answer) if not isinstance(place.value, str)]
        return [*fields, *(words for place in entries for words in self.words(place.value))]

    def think(self, answer: list[Json], words: str) -> None:
        answer[0]["reasoning_content"] = words

    def say(self, answer: list[Json], text: str) -> None:
        answer[0]["content"] = text + (answer[0].get("content") or "")

    def hush(self, answer: list[Json]) -> None:
        answer[0]["content"] = None

    def id(self, call: Json) -> Place:
        return Place(call, "id")

    def name(self, call: Json) -> Place:
        return Place(call["function"], "name")

    def _arguments(self, call: Json) -> Place:
        return Place(call["function"], "arguments")

    def told(self, results: list[Json]) -> list[Place]:
        return [Place(results, i) for i in range(len(results))]

    def for_id(self, result: Json) -> Place:
        return Place(result, "tool_call_id")

    def said(self, result: Json) -> Place:
        return Place(result, "content")

    def merge(self, one: list[Json], other: list[Json]) -> None:
        for name, value in other[0].items():
            mine = one[0].get(name)
            if name != "role" and value is not None:
                one[0][name] = value if mine is None else mine + value

    def cut(self, answer: list[Json]) -> list[Json]:
        calls = {"role": "assistant", "content": None, "tool_calls": answer[0].pop("tool_calls")}
        return [answer[0], calls]

    def apart(self, answer: list[Json]) -> list[list[Json]]:
        first, *others = answer[0]["tool_calls"]
        rest = [[{"role": "assistant", "content": None, "tool_calls": [call]}] for call in others]
        return [[{**answer[0], "tool_calls": [first]}], *rest]

    def results_apart(self, results: list[Json]) -> list[list[Json]]:
        return [[message] for message in results]


class _Ollama(_Chat):
    """As Chat Completions, but for what is named otherwise; a result names its tool, and no call."""

    def begun(self, events: list[Json]) -> list[Json]:
        words = "".join(event["message"].get(THINKING, "") for event in events)
        return [{"role": "assistant", "content": "", THINKING: words}]

    def words(self, thought: Json) -> list[Place]:
        del thought
        return []

    def all_words(self, answer: list[Json]) -> list[Place]:
        return self.wire.thoughts(answer)

    def think(self, answer: list[Json], words: str) -> None:
        answer[0][THINKING] = words

    def hush(self, answer: list[Json]) -> None:
        answer[0]["content"] = ""

    def for_id(self, result: Json) -> Place:
        return Place(result, "tool_name")


class _Listed(Hands, ABC):
    """Hands for a dialect whose messages hold a list."""

    content: str
    role: str

    def _blocks(self, answer: list[Json]) -> list[Place]:
        return [Place(answer[0][self.content], i) for i in range(len(answer[0][self.content]))]

    def hush(self, answer: list[Json]) -> None:
        said = [place.holder for place in self.wire.texts(answer)]
        answer[0][self.content] = [block for block in answer[0][self.content] if block not in said]

    def merge(self, one: list[Json], other: list[Json]) -> None:
        one[0][self.content] += other[0][self.content]

    def cut(self, answer: list[Json]) -> list[Json]:
        calls = [place.value for place in self.wire.called(answer)]
        rest = [block for block in answer[0][self.content] if block not in calls]
        return [{"role": self.role, self.content: blocks} for blocks in (rest, calls)]

    def apart(self, answer: list[Json]) -> list[list[Json]]:
        (first, *calls) = (place.value for place in self.wire.called(answer))
        rest = [block for block in answer[0][self.content] if block not in calls]
        del first
        return [[{"role": self.role, self.content: blocks}] for blocks in (rest, *([call] for call in calls))]

    def told(self, results: list[Json]) -> list[Place]:
        blocks = results[0][self.content]
        return [Place(blocks, i) for i in range(len(blocks))]

    def results_apart(self, results: list[Json]) -> list[list[Json]]:
        return [[{**results[0], self.content: [place.value]}] for place in self.told(results)]


class _Messages(_Listed):
    content, role = "content", "assistant"

    def begun(self, events: list[Json]) -> list[Json]:
        words = "".join(event["delta"].get("thinking", "") for event in events if "delta" in event)
        return [{"role": "assistant", "content": [{"type": "thinking", "thinking": words, "signature": ""}]}]

    def hosted(self, answer: list[Json]) -> list[Place]:
        return [place for place in self._blocks(answer) if place.value["type"].endswith("_tool_result")]

    def words(self, thought: Json) -> list[Place]:
        return [Place(thought, "thinking")] if "thinking" in thought else []

    def think(self, answer: list[Json], words: str) -> None:
        answer[0]["content"].insert(0, {"type": "thinking", "thinking": words})

    def say(self, answer: list[Json], text: str) -> None:
        answer[0]["content"].insert(0, {"type": "text", "text": text})

    def id(self, call: Json) -> Place:
        return Place(call, "id")

    def name(self, call: Json) -> Place:
        return Place(call, "name")

    def _arguments(self, call: Json) -> Place:
        return Place(call, "input")

    def for_id(self, result: Json) -> Place:
        return Place(result, "tool_use_id")

    def said(self, result: Json) -> Place:
        return Place(result, "content")


class _Gemini(_Listed):
    content, role = "parts", "model"

    def begun(self, events: list[Json]) -> list[Json]:
        parts = [part for event in events for part in event["candidates"][0]["content"]["parts"]]
        return [{"role": "model", "parts": parts}]

    def words(self, thought: Json) -> list[Place]:
        return [Place(thought, "text")]

    def think(self, answer: list[Json], words: str) -> None:
        answer[0]["parts"].insert(0, {"text": words, "thought": True})

    def say(self, answer: list[Json], text: str) -> None:
        answer[0]["parts"].insert(0, {"text": text})

    def tell(self, user: list[Json], text: str) -> None:
        user[0]["parts"][0]["text"] += text

    def id(self, call: Json) -> Place:
        return Place(call["functionCall"], "id")

    def name(self, call: Json) -> Place:
        return Place(call["functionCall"], "name")

    def _arguments(self, call: Json) -> Place:
        return Place(call["functionCall"], "args")

    def for_id(self, result: Json) -> Place:
        return Place(result["functionResponse"], "id")

    def said(self, result: Json) -> Place:
        response = result["functionResponse"]["response"]
        return Place(response, next(iter(response)))


class _Responses(Hands):
    def hosted(self, answer: list[Json]) -> list[Place]:
        return [Place(answer, i) for i, item in enumerate(answer) if item["type"] == "web_search_call"]

    def begun(self, events: list[Json]) -> list[Json]:
        words = "".join(event["delta"] for event in events if "delta" in event)
        return [{"type": "reasoning", "summary": [{"type": "summary_text", "text": words}]}]

    def words(self, thought: Json) -> list[Place]:
        return [Place(part, "text") for name in ("content", "summary") for part in thought.get(name) or ()]

    def think(self, answer: list[Json], words: str) -> None:
        answer.insert(0, {"type": "reasoning", "summary": [{"type": "summary_text", "text": words}]})

    def say(self, answer: list[Json], text: str) -> None:
        part: Json = {"type": "output_text", "text": text, "annotations": []}
        answer.insert(0, {"type": "message", "role": "assistant", "content": [part]})

    def hush(self, answer: list[Json]) -> None:
        answer[:] = [item for item in answer if item["type"] != "message"]

    def id(self, call: Json) -> Place:
        return Place(call, "call_id")

    def name(self, call: Json) -> Place:
        return Place(call, "name")

    def _arguments(self, call: Json) -> Place:
        return Place(call, "arguments")

    def told(self, results: list[Json]) -> list[Place]:
        return [Place(results, i) for i in range(len(results))]

    def for_id(self, result: Json) -> Place:
        return Place(result, "call_id")

    def said(self, result: Json) -> Place:
        return Place(result, "output")

    def merge(self, one: list[Json], other: list[Json]) -> None:
        one += other

    def cut(self, answer: list[Json]) -> list[Json]:
        return answer  # it has no messages

    def apart(self, answer: list[Json]) -> list[list[Json]]:
        (first, *calls) = (place.value for place in self.wire.called(answer))
        del first
        return [[item for item in answer if item not in calls], *([call] for call in calls)]

    def results_apart(self, results: list[Json]) -> list[list[Json]]:
        return [[item] for item in results]


HANDS: Final[Mapping[str, Hands]] = MappingProxyType(
    {
        "openai-chat": _Chat(WIRES["openai-chat"]),
        "openai-responses": _Responses(WIRES["openai-responses"]),
        "anthropic-messages": _Messages(WIRES["anthropic-messages"]),
        "gemini": _Gemini(WIRES["gemini"]),
        "ollama": _Ollama(WIRES["ollama"]),
    }
)
"""Hands by the dialect's id."""
