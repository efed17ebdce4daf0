"""Where subjects come from, in words that another process understands, too: a framework's name, or an import path.

A subject is an object of a running program and cannot be sent to another one; what can is where it came from.
"""

from __future__ import annotations

import sys
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any, cast

from keepthinking import Subject
from keepthinking.plugins import adapter
from keepthinking_conformance.examine._controls import FAITHFUL, FORGETFUL

CONTROL = "control"
"""The source of the controls."""


def is_own(source: str) -> bool:
    """Tell whether a source is a user's own, `package.module:OBJECT`."""
    return ":" in source


def subjects_of(source: str) -> tuple[Subject, ...]:
    """Give the subjects of a source, whose objects are taken as they are.

    Args:
        source: The name of a framework, `control`, or `package.module:OBJECT`: a subject, a list of some, or a callable
            without parameters that gives either.
    """
    if source == CONTROL:
        return FAITHFUL, FORGETFUL
    if not is_own(source):
        return tuple(adapter(source).subjects())
    return tuple(cast("list[Subject]", several(made(load(source)))))


def load(source: str) -> Any:
    """Import the object that a source names; the current directory counts, as with `python -m`."""
    module, _, name = source.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    return attrgetter(name)(import_module(module))


def made(found: Any) -> Any:
    """Call what makes subjects; a subject itself is given back."""
    if isinstance(found, Subject) and not isinstance(found, type):
        return found
    return found() if callable(found) else found


def several(found: Any) -> list[object]:
    """Give a list in any case."""
    return [*cast("list[object]", found)] if isinstance(found, list | tuple) else [found]
