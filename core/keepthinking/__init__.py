"""keepthinking makes any agent scaffold send back what its model thought, and proves it.

What lives here: the public door. Users import from `keepthinking`; modules with an underscore are not promised.

    import keepthinking as kt

    chat = kt.dialect("openai-chat")
    request = chat.decode_request(body)
    print(request.messages[-1].thinking)

Nothing is loaded before it is asked for, so importing this package costs next to nothing: no framework, no HTTP
library, no plug-in.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msgspec import UNSET

    from keepthinking import audit, checks, convert, hookspecs, plugins, retention
    from keepthinking._adapter import (
        Adapter,
        AdapterSpec,
        Approves,
        Attaches,
        Compacts,
        Endpoint,
        HandsOff,
        Interrupts,
        Remembers,
        Reminds,
        Requirement,
        Run,
        RunTool,
        Saves,
        Session,
        Subject,
        SwitchesModel,
        TakesSeveral,
    )
    from keepthinking._codec import dumps, loads
    from keepthinking._compare import Difference, diff, same
    from keepthinking._errors import (
        DecodeError,
        EncodeError,
        FormatError,
        KeepthinkingError,
        LossError,
        MissingExtraError,
        PluginError,
        ProviderError,
        TransportError,
        UnknownNameError,
        UnprovenError,
    )
    from keepthinking._exchange import Encoded, Event, Exchange, Request, Response
    from keepthinking._json import Json
    from keepthinking._messages import (
        Block,
        Conversation,
        Field,
        Inline,
        Item,
        Media,
        Message,
        Opaque,
        Origin,
        Seal,
        Segment,
        Text,
        Thinking,
        Tool,
        ToolCall,
        ToolResult,
    )
    from keepthinking._profiles import Profile, Tags, profile_for
    from keepthinking._reports import Converted, Finding, Loss
    from keepthinking._turns import Pair, Turn, pair, turns
    from keepthinking._version import __version__
    from keepthinking.dialects import Dialect, StreamDecoder
    from keepthinking.plugins import dialect
    from keepthinking.retention._rules import Rule, rule_for

__all__ = [
    "UNSET",
    "Adapter",
    "AdapterSpec",
    "Approves",
    "Attaches",
    "Block",
    "Compacts",
    "Conversation",
    "Converted",
    "DecodeError",
    "Dialect",
    "Difference",
    "EncodeError",
    "Encoded",
    "Endpoint",
    "Event",
    "Exchange",
    "Field",
    "Finding",
    "FormatError",
    "HandsOff",
    "Inline",
    "Interrupts",
    "Item",
    "Json",
    "KeepthinkingError",
    "Loss",
    "LossError",
    "Media",
    "Message",
    "MissingExtraError",
    "Opaque",
    "Origin",
    "Pair",
    "PluginError",
    "Profile",
    "ProviderError",
    "Remembers",
    "Reminds",
    "Request",
    "Requirement",
    "Response",
    "Rule",
    "Run",
    "RunTool",
    "Saves",
    "Seal",
    "Segment",
    "Session",
    "StreamDecoder",
    "Subject",
    "SwitchesModel",
    "Tags",
    "TakesSeveral",
    "Text",
    "Thinking",
    "Tool",
    "ToolCall",
    "ToolResult",
    "TransportError",
    "Turn",
    "UnknownNameError",
    "UnprovenError",
    "__version__",
    "audit",
    "checks",
    "convert",
    "dialect",
    "diff",
    "dumps",
    "hookspecs",
    "loads",
    "pair",
    "plugins",
    "profile_for",
    "retention",
    "rule_for",
    "same",
    "turns",
]

_HOMES = {
    "_adapter": (
        "Adapter",
        "AdapterSpec",
        "Approves",
        "Attaches",
        "Compacts",
        "Endpoint",
        "HandsOff",
        "Interrupts",
        "Remembers",
        "Reminds",
        "Requirement",
        "Run",
        "RunTool",
        "Saves",
        "Session",
        "Subject",
        "SwitchesModel",
        "TakesSeveral",
    ),
    "_codec": ("dumps", "loads"),
    "_compare": ("Difference", "diff", "same"),
    "_errors": (
        "DecodeError",
        "EncodeError",
        "FormatError",
        "KeepthinkingError",
        "LossError",
        "MissingExtraError",
        "PluginError",
        "ProviderError",
        "TransportError",
        "UnknownNameError",
        "UnprovenError",
    ),
    "_exchange": ("Encoded", "Event", "Exchange", "Request", "Response"),
    "_json": ("Json",),
    "_messages": (
        "UNSET",
        "Block",
        "Conversation",
        "Field",
        "Inline",
        "Item",
        "Media",
        "Message",
        "Opaque",
        "Origin",
        "Seal",
        "Segment",
        "Text",
        "Thinking",
        "Tool",
        "ToolCall",
        "ToolResult",
    ),
    "_profiles": ("Profile", "Tags", "profile_for"),
    "_reports": ("Converted", "Finding", "Loss"),
    "retention._rules": ("Rule", "rule_for"),
    "_turns": ("Pair", "Turn", "pair", "turns"),
    "_version": ("__version__",),
    "dialects": ("Dialect", "StreamDecoder"),
    "plugins": ("dialect",),
}
"""Which module a name is loaded from. Type checkers read the imports above instead; a test compares the two."""

_HOME = {name: home for home, names in _HOMES.items() for name in names}
_ROOMS = frozenset({"audit", "checks", "convert", "hookspecs", "plugins", "retention"})


if not TYPE_CHECKING:  # a checker that saw it would believe in every misspelt name

    def __getattr__(name: str) -> object:
        if name in _ROOMS:
            return import_module(f"keepthinking.{name}")
        home = _HOME.get(name)
        if home is None:
            raise AttributeError(f"module 'keepthinking' has no attribute {name!r}")
        value: object = getattr(import_module(f"keepthinking.{home}"), name)
        globals()[name] = value  # the next look-up does not come here
        return value


def __dir__() -> list[str]:
    return __all__
