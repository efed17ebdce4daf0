"""The languages in which a miniature's model says what it wants done, as a scaffold reads them.

Rule 1: nothing of the provider's own writing is used: what it wrote wrong would be read wrong here, and nobody would
see it.
Rule 2: an answer goes into the history as it came; what is read out of it is never written down.
"""

from __future__ import annotations

import ast
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from keepthinking._adapter import Run, Speech
from keepthinking_conformance.miniatures._wire import Asked, Json, Told, Wire


class Tongue(ABC):
    """One language."""

    native = True
    """Whether tools are declared on the wire."""

    @abstractmethod
    def calls(self, wire: Wire, answer: list[Json]) -> list[Asked]:
        """List what is to be called."""

    def shown(self, wire: Wire, answer: list[Json]) -> str:
        """Give what the user is shown."""
        return wire.shown(answer)

    @abstractmethod
    def results(self, wire: Wire, told: Sequence[Told]) -> list[Json]:
        """Give what tools said."""

    def system(self, run: Run) -> str:
        """Give the instructions."""
        return run.system

    @abstractmethod
    def read(self, text: str) -> Iterator[tuple[str, str]]:
        """Read calls out of a text: names, and arguments as JSON."""

    @abstractmethod
    def ended(self, text: str) -> str | None:
        """Read an answer out of a text; None where there is none."""


class Native(Tongue):
    """Tool calls of the wire; a call of `final_answer` is the answer, and nothing is called."""

    def calls(self, wire: Wire, answer: list[Json]) -> list[Asked]:
        """List the calls of the wire."""
        return [call for call in wire.calls(answer) if call.name != _FINAL]

    def shown(self, wire: Wire, answer: list[Json]) -> str:
        """Give the text, or what the tool for answers is called with."""
        final = [json.loads(call.arguments)["answer"] for call in wire.calls(answer) if call.name == _FINAL]
        return final[0] if final else super().shown(wire, answer)

    def results(self, wire: Wire, told: Sequence[Told]) -> list[Json]:
        """Give results of the wire."""
        return wire.results(told)

    def read(self, text: str) -> Iterator[tuple[str, str]]:
        """Read a call as models write it that have none on the wire."""
        for held in re.findall(r"<tool_call>\n(.*)\n</tool_call>", text):
            call = json.loads(held)
            if call["name"] != _FINAL:
                yield call["name"], json.dumps(call["arguments"])

    def ended(self, text: str) -> str | None:
        """Read what the tool for answers is called with."""
        found = re.search(r'"name": "final_answer", "arguments": \{"answer": "(.*)"\}', text)
        return None if found is None else found[1]


class Spoken(Tongue, ABC):
    """A language without calls on the wire."""

    native = False

    def shown(self, wire: Wire, answer: list[Json]) -> str:
        """Give the answer that has a form of its own, else the text."""
        text = super().shown(wire, answer)
        said = self.ended(text)
        return text if said is None else said

    def calls(self, wire: Wire, answer: list[Json]) -> list[Asked]:
        """Read the calls out of the text."""
        return [Asked(None, name, arguments) for name, arguments in self.read(wire.shown(answer))]

    def results(self, wire: Wire, told: Sequence[Told]) -> list[Json]:
        """Tell results in words of the user."""
        return wire.user("Observation:\n" + "\n".join(one.text for one in told))

    def system(self, run: Run) -> str:
        """Tell of the tools in the instructions."""
        declared = [tool.tool for tool in run.tools] + ([] if run.helper is None else [run.helper.tool])
        return "\n".join([run.system, "Tools:", *(f"- {tool.name}: {tool.description}" for tool in declared)])


class React(Spoken):
    """`Thought:`, `Action:` and `Action Input:`, or `Answer:`."""

    def read(self, text: str) -> Iterator[tuple[str, str]]:
        """Read the action."""
        found = re.search(r"^Action: (\w+)\nAction Input: (\{.*\})$", text, re.MULTILINE)
        if found is not None:
            yield found[1], found[2]

    def ended(self, text: str) -> str | None:
        """Read what stands behind `Answer:`."""
        found = re.search(r"^Answer: (.*)$", text, re.MULTILINE)
        return None if found is None else found[1]


class Code(Spoken):
    """Python between two marks.

    Args:
        opens: What stands before code.
        closes: What stands behind it.
    """

    def __init__(self, opens: str, closes: str) -> None:
        self._code = re.compile(f"{re.escape(opens)}\n(.*?)\n{re.escape(closes)}", re.DOTALL)

    def read(self, text: str) -> Iterator[tuple[str, str]]:
        """Read the calls in the code; that of `final_answer` is the answer."""
        for call in self._called(text):
            name = ast.unparse(call.func)
            if name not in {_FINAL, "print"}:
                yield name, json.dumps({str(word.arg): ast.literal_eval(word.value) for word in call.keywords})

    def ended(self, text: str) -> str | None:
        """Read what `final_answer` is called with."""
        final = [ast.literal_eval(call.args[0]) for call in self._called(text) if ast.unparse(call.func) == _FINAL]
        return str(final[0]) if final else None

    def _called(self, text: str) -> Iterator[ast.Call]:
        for code in self._code.findall(text):
            yield from (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))


_FINAL: Final = "final_answer"

TONGUES: Final[Mapping[Speech, Tongue]] = MappingProxyType(
    {
        "native": Native(),
        "final-answer": Native(),
        "react": React(),
        "code-act": Code("<execute>", "</execute>"),
        "code-agent": Code("<code>", "</code>"),
        "code-block": Code("```python", "```"),
    }
)
"""The languages by name."""
