"""The form in which an answer is asked for: JSON by a schema, as clients want it that route or judge beside a loop.

A client whose schema is not met asks again and again (Gemini CLI 0.61.0: five times, with longer and longer pauses), so
what stands beside the loop is said in the form that is asked for. The loop itself is the script's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from keepthinking._exchange import Request
from keepthinking._json import dump
from keepthinking.dialects._text import is_dict, is_list

_DEPTH: Final = 20
"""So many levels a schema is followed; one that holds itself has no end."""

_PLACES: Final = (
    (("response_format", "json_schema", "schema"), ("response_format", "type"), "json_object"),
    (("text", "format", "schema"), ("text", "format", "type"), "json_object"),
    (("output_config", "format", "schema"), (), ""),
    (("output_format", "schema"), (), ""),
    (("generationConfig", "responseJsonSchema"), ("generationConfig", "responseMimeType"), "application/json"),
    (("generationConfig", "responseSchema"), ("generationConfig", "responseMimeType"), "application/json"),
    (("format",), ("format",), "json"),
)
"""Where a schema stands in a request, and which word at which place asks for any JSON at all.

Sources: openai 3.54.0, `types/shared/response_format_json_schema.py`, `types/responses/response_text_config.py`;
anthropic 2.12.0, `types/output_config_param.py`; https://ai.google.dev/api/generate-content; ollama 0.6.3, `_types.py`
(read 2026-11-28).
"""


def form_of(request: Request) -> Mapping[str, Any] | None:
    """Give the schema of the answer that is asked for, {} for any JSON; None where words are asked for."""
    params = {name: value.value for name, value in request.params.items()}
    for found in (_at(params, path) for path, _, _ in _PLACES):
        if is_dict(found):
            return found
    return {} if any(word and _at(params, sign) == word for _, sign, word in _PLACES) else None


def _at(params: Mapping[str, Any], path: tuple[str, ...]) -> object:
    found: object = params
    for name in path:
        found = found.get(name) if is_dict(found) else None
    return found


def filled(form: Mapping[str, Any], words: str) -> str:
    """Write JSON that a schema takes; its first text is what is said.

    Args:
        form: The schema.
        words: What is said.
    """
    texts = iter((words,))
    value = _value(form, form, texts.__next__, _DEPTH)
    return dump(value if form else {"text": words}).decode()


_Said = Callable[[], str]


def _value(schema: object, root: Mapping[str, Any], said: _Said, left: int) -> Any:
    """Give a value of a schema: all members that it names, as few and as small of each as it takes."""
    held = _resolved(schema, root) if left else {}
    for name in ("const", "default"):
        if name in held:
            return held[name]
    for name in ("enum", "anyOf", "oneOf", "allOf"):
        if options := _listed(held.get(name)):
            return options[0] if name == "enum" else _value(options[0], root, said, left - 1)
    kinds = _listed(held.get("type")) or [held.get("type", "object" if "properties" in held else "string")]
    return _KINDS.get(str(kinds[0]).lower(), _text)(held, root, said, left)


def _listed(value: object) -> list[Any]:
    return value if is_list(value) else []


def _resolved(schema: object, root: Mapping[str, Any]) -> dict[str, Any]:
    held = schema if is_dict(schema) else {}
    reference = held.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#"):
        return held
    found = _at(root, tuple(name for name in reference.removeprefix("#").split("/") if name))
    return found if is_dict(found) else {}


def _object(held: Mapping[str, Any], root: Mapping[str, Any], said: _Said, left: int) -> Any:
    members: object = held.get("properties")
    return {name: _value(one, root, said, left - 1) for name, one in members.items()} if is_dict(members) else {}


def _array(held: Mapping[str, Any], root: Mapping[str, Any], said: _Said, left: int) -> Any:
    return [_value(held.get("items"), root, said, left - 1) for _ in range(int(held.get("minItems", 1)))]


def _number(held: Mapping[str, Any], root: Mapping[str, Any], said: _Said, left: int) -> Any:
    del root, said, left
    least = held.get("minimum", held.get("exclusiveMinimum", 0) + 1)
    return min(least, held.get("maximum", least))


def _text(held: Mapping[str, Any], root: Mapping[str, Any], said: _Said, left: int) -> Any:
    del root, left
    try:
        text = said()
    except StopIteration:
        text = "none"
    return text[: held.get("maxLength")]


def _boolean(held: Mapping[str, Any], root: Mapping[str, Any], said: _Said, left: int) -> Any:
    del held, root, said, left
    return False


def _null(held: Mapping[str, Any], root: Mapping[str, Any], said: _Said, left: int) -> Any:
    del held, root, said, left


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], _Said, int], Any]]] = {
    "object": _object,
    "array": _array,
    "integer": _number,
    "number": _number,
    "boolean": _boolean,
    "null": _null,
    "string": _text,
}
"""How a value is made, by its type; Gemini writes types in capitals."""
