"""The mutants that nothing shows, each with the reason: a file for each package that is mutated."""

from __future__ import annotations

import tomllib
from pathlib import Path


def survivors() -> dict[str, str]:
    """Give the reasons, by the mutants' ids."""
    held = [tomllib.loads(path.read_text("utf-8")) for path in sorted(Path(__file__).parent.glob("*.toml"))]
    return {id_: group["reason"] for one in held for group in one.get("survivor", ()) for id_ in group["mutants"]}
