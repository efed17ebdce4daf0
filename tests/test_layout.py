"""The rooms: what each may import, and that every module stands on its own.

The directions between our three packages are import-linter's contracts (pyproject.toml). Here is
what they may import from outside: an allow-list, so a new dependency is a decision, not an accident.
"""

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BASE = {"msgspec", "pluggy"}
"""What every module may import beyond the standard library: the base install."""

FRAMEWORKS = "keepthinking_adapters."
"""Modules below it import a framework, which only the sessions of that framework have."""

ROOMS = {
    "keepthinking_adapters.autogen": {"autogen_agentchat", "autogen_core", "httpx2", "pydantic", "pydantic_core"},
    "keepthinking_adapters.langchain": {"httpx2", "langchain_core", "pydantic"},
    "keepthinking_adapters.llama_index": {"httpx2", "llama_index", "pydantic", "workflows"},
    "keepthinking_adapters.smolagents": {"PIL", "httpx2", "rich", "smolagents"},
    "keepthinking.cli": {"click", "rich"},
    "keepthinking.client": {"httpx2"},
    "keepthinking_conformance.cli": {"click", "rich"},
    "keepthinking_conformance.examine._spread": {"pytest"},
    "keepthinking_conformance.examine._worker": {"pytest"},
    # zstd is a part of Python 3.14 (`compression`), and a package before.
    "keepthinking_conformance.provider": {"backports", "compression", "starlette", "uvicorn"},
    "keepthinking_conformance.results.views": {"jinja2", "junitparser", "markupsafe"},
    "keepthinking_conformance.suite": {"pytest"},
    "keepthinking_conformance.strategies": {"hypothesis"},
}
"""What a module and those below it may import on top of that."""

OURS = {"keepthinking", "keepthinking_adapters", "keepthinking_conformance"}


def modules() -> Iterator[tuple[str, Path]]:
    for package in sorted(OURS):
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        home = Path(spec.origin).parent
        for path in sorted(home.rglob("*.py")):
            parts = path.relative_to(home.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


def extra(module: str) -> set[str]:
    return {name for room, names in ROOMS.items() if f"{module}.".startswith(f"{room}.") for name in names}


def marks(module: str) -> list[pytest.MarkDecorator]:
    if not extra(module):
        return []
    if not module.startswith(FRAMEWORKS):
        return [pytest.mark.extras]
    framework = module.removeprefix(FRAMEWORKS).partition(".")[0].replace("_", "-")
    return [pytest.mark.extras, pytest.mark.framework(name=framework)]


def imported(path: Path) -> set[str]:
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Import(names=names):
                found |= {alias.name.partition(".")[0] for alias in names}
            case ast.ImportFrom(module=str(name), level=0):
                found.add(name.partition(".")[0])
            case _:
                pass
    return found


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_may(module: str) -> None:
    strangers = imported(MODULES[module]) - OURS - set(sys.stdlib_module_names)

    assert strangers <= BASE | extra(module)


@pytest.mark.parametrize(
    "module",
    [pytest.param(m, marks=marks(m)) for m in MODULES],
)
def test_a_module_imports_alone_and_without_a_warning(module: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", f"import {module}"], check=True)


def test_importing_keepthinking_brings_in_its_two_dependencies_and_nothing_else() -> None:
    # msgspec takes typing_extensions where it finds it, so what the two bring in themselves does not count.
    assert loaded("import keepthinking") - loaded("import msgspec, pluggy") <= {"keepthinking"}


def loaded(statement: str) -> set[str]:
    code = f"{statement}; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return {name.partition(".")[0] for name in done.stdout.split()} - set(sys.stdlib_module_names)
