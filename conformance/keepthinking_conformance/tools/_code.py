"""An interpreter for code in which the tools are functions: for agents whose model writes code and who bring none.

It runs what the suite's own model writes, and nothing else: lines that print what a tool gives. So nothing is executed
but the tools, whoever wrote the code.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from typing import Final

from keepthinking._adapter import CodeFunction, RunTool

_FOREIGN: Final = "this interpreter only runs `print(TOOL(NAME=VALUE))`, a line each"


def interpreter(tools: Sequence[RunTool]) -> CodeFunction:
    """Give a function that runs code.

    Args:
        tools: The functions in it.
    """
    known = {str(tool.tool.name): tool.call for tool in tools}

    async def execute(code: str) -> str:
        printed: list[str] = []
        try:
            for name, arguments in _calls(code):
                if name not in known:
                    raise NameError(f"name {name!r} is not defined")  # noqa: TRY301 - said as an interpreter says it
                printed.append(await known[name](arguments))
        except Exception as error:  # noqa: BLE001 - a tool may raise what it likes; an interpreter prints it
            printed.append(f"{type(error).__name__}: {error}")
        return "\n".join(printed)

    return execute


def _calls(code: str) -> list[tuple[str, str]]:
    """Read the calls of some code, each with its arguments as JSON. Raises `SyntaxError`."""
    return [_call(line) for line in ast.parse(code).body]


def _call(line: ast.stmt) -> tuple[str, str]:
    match line:
        case ast.Expr(ast.Call(ast.Name("print"), [ast.Call(ast.Name(name), [], words)], [])):
            return name, json.dumps({str(word.arg): _value(word) for word in words}, ensure_ascii=False)
        case _:
            raise SyntaxError(_FOREIGN)


def _value(word: ast.keyword) -> object:
    try:
        value: object = ast.literal_eval(word.value)
    except ValueError as error:
        raise SyntaxError(_FOREIGN) from error
    return value
