"""The public door: every name is there, typed as it is loaded, and nothing is loaded too early."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import keepthinking

SOURCE = ast.parse(Path(keepthinking.__file__).read_text(encoding="utf-8"))


def typed() -> dict[str, str]:
    """What a type checker believes: name to module, from the imports under TYPE_CHECKING."""
    block = next(node for node in SOURCE.body if isinstance(node, ast.If))
    return {
        alias.asname or alias.name: str(node.module)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_every_name_is_there() -> None:
    assert sorted(keepthinking.__all__) == sorted(set(keepthinking.__all__))
    for name in keepthinking.__all__:
        assert getattr(keepthinking, name) is not None
    assert dir(keepthinking) == sorted(keepthinking.__all__)


def test_type_checkers_see_what_is_loaded() -> None:
    believed = typed()

    assert believed.keys() == set(keepthinking.__all__)
    for name, module in believed.items():
        home = sys.modules.get(module) or __import__(module, fromlist=["_"])
        assert getattr(keepthinking, name) is getattr(home, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Mesage'"):
        _ = keepthinking.Mesage  # type: ignore[attr-defined]
    assert not hasattr(keepthinking, "_HOMELESS")


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import keepthinking", {"msgspec", "pluggy", "keepthinking._messages"}),
        ("from keepthinking import Message, Thinking", {"pluggy", "importlib.metadata", "keepthinking.plugins"}),
        ("from keepthinking import dumps, loads", {"pluggy", "importlib.metadata", "keepthinking._profiles"}),
        ("import keepthinking; keepthinking.dialect('openai-chat')", {"click", "rich", "keepthinking.audit"}),
        ("from keepthinking import *", {"click", "rich", "http.client", "asyncio"}),
    ],
)
def test_nothing_is_loaded_too_early(statement: str, absent: set[str]) -> None:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert absent & set(done.stdout.split()) == set()


def test_a_star_import_brings_the_promised_names() -> None:
    names: dict[str, object] = {}
    exec("from keepthinking import *", names)  # noqa: S102 - the one way to see it

    assert set(keepthinking.__all__) <= names.keys()


def test_what_the_readme_of_the_package_shows_runs() -> None:
    chat = keepthinking.dialect("openai-chat")
    body = b'{"model":"m","messages":[{"role":"assistant","reasoning_content":"so","content":"hi"}]}'

    assert chat.decode_request(body).messages[-1].thinking == "so"
