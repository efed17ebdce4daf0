"""Which tool does what, by name; what is not here has no more to say than the script."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from keepthinking.dialects._text import is_dict
from keepthinking_conformance.tools._python import run_python
from keepthinking_conformance.tools._web import browse, search


def scripted(name: str, arguments: str, wanted: str) -> bool:
    """Tell whether a tool may be called with arguments: an interpreter runs only code that the script holds.

    Args:
        name: The tool.
        arguments: JSON text of an object, however it is spelled.
        wanted: The arguments of the script's call.
    """
    if name != "python":
        return True
    code = _text(wanted, "code")
    return code is not None and _text(arguments, "code") == code


async def result(name: str, arguments: str) -> str:
    """Give what a tool finds, an empty line behind it; "" where it only has what the script says."""
    row = _TOOLS.get(name)
    return "" if row is None else f"{await row(arguments)}\n\n"


async def _search(arguments: str) -> str:
    query = _text(arguments, "query")
    return "There is no `query`." if query is None else await asyncio.to_thread(search, query)


async def _browse(arguments: str) -> str:
    url = _text(arguments, "url")
    return "There is no `url`." if url is None else await asyncio.to_thread(browse, url)


async def _python(arguments: str) -> str:
    code = _text(arguments, "code")
    return "There is no `code`." if code is None else await run_python(code)


_TOOLS: Final[Mapping[str, Callable[[str], Awaitable[str]]]] = {
    "search": _search,
    "browse": _browse,
    "python": _python,
}


def _text(arguments: str, name: str) -> str | None:
    try:
        held: Any = msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        return None
    found = held.get(name) if is_dict(held) else None
    return found if isinstance(found, str) else None
