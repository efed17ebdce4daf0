"""What a command finds around it: a home and a workspace of its own, and variables that are made from nothing.

Rule 1: no variable of the caller reaches a command but those of `KEPT`: keys, tokens and settings stay outside.
Rule 2: what points clients at a provider points those of the spoken dialect alone at the scripted one. A client of
another dialect finds no key and no address, and a proxy that refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from keepthinking import Endpoint

KEPT: Final = frozenset(
    {
        *("PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "NIX_LD", "NIX_LD_LIBRARY_PATH"),
        # Windows: programs do not start without these.
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS", "OS"),
        *("PROCESSOR_ARCHITECTURE", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMDATA", "COMMONPROGRAMFILES"),
    }
)
"""Variables that come from outside, in capitals; and all that begin with `LC_`."""

_NOWHERE: Final = "http://127.0.0.1:9"
"""The port `discard`, on which nothing listens (RFC 863): a request to anywhere else ends there."""

_FIXED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "TERM": "dumb",
        "NO_COLOR": "1",
        "CI": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # or a scaffold in Python writes beside its own modules
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "DO_NOT_TRACK": "1",  # https://consoledonottrack.com (read 2026-11-28)
        "NO_UPDATE_NOTIFIER": "1",  # the package `update-notifier` of npm
        # Claude Code, https://code.claude.com/docs/en/settings (read 2026-11-28)
        "DISABLE_TELEMETRY": "1",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # LiteLLM fetches a list otherwise, several times
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
        "ALL_PROXY": _NOWHERE,
        "NO_PROXY": "127.0.0.1,localhost,::1",
        "http_proxy": _NOWHERE,
        "https_proxy": _NOWHERE,
        "all_proxy": _NOWHERE,
        "no_proxy": "127.0.0.1,localhost,::1",
    }
)
"""Variables that are always the same."""

_HOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "HOME": "",
        "USERPROFILE": "",
        "XDG_CONFIG_HOME": ".config",
        "XDG_CACHE_HOME": ".cache",
        "XDG_DATA_HOME": ".local/share",
        "XDG_STATE_HOME": ".local/state",
        "XDG_RUNTIME_DIR": ".run",
        "APPDATA": "AppData/Roaming",
        "LOCALAPPDATA": "AppData/Local",
        "TMPDIR": ".tmp",
        "TEMP": ".tmp",
        "TMP": ".tmp",
    }
)
"""Variables that name a folder below the home."""

POINTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "openai-chat": {
            "OPENAI_BASE_URL": "{base_url}",
            "OPENAI_API_BASE": "{base_url}",
            "OPENAI_HOST": "{root_url}",
            "OPENAI_API_KEY": "{key}",
            "OPENAI_MODEL": "{model}",
        },
        "openai-responses": {
            "OPENAI_BASE_URL": "{base_url}",
            "OPENAI_API_BASE": "{base_url}",
            "OPENAI_HOST": "{root_url}",
            "OPENAI_API_KEY": "{key}",
            "OPENAI_MODEL": "{model}",
            "CODEX_API_KEY": "{key}",
        },
        "anthropic-messages": {
            "ANTHROPIC_BASE_URL": "{base_url}",
            "ANTHROPIC_API_BASE": "{base_url}",
            "ANTHROPIC_HOST": "{root_url}",
            "ANTHROPIC_API_KEY": "{key}",
            "ANTHROPIC_MODEL": "{model}",
        },
        "gemini": {
            "GOOGLE_GEMINI_BASE_URL": "{base_url}",
            "GEMINI_API_BASE": "{base_url}",
            "GOOGLE_HOST": "{root_url}",
            "GEMINI_API_KEY": "{key}",
            "GOOGLE_API_KEY": "{key}",
            "GEMINI_MODEL": "{model}",
            "GEMINI_CLI_TRUST_WORKSPACE": "true",
        },
        "ollama": {
            "OLLAMA_HOST": "{base_url}",
            "OLLAMA_BASE_URL": "{base_url}",
            "OLLAMA_API_BASE": "{base_url}",
            "OLLAMA_MODEL": "{model}",
        },
    }
)
"""Variables that point clients of a dialect at a provider.

Sources (read 2026-11-28): the vendors' own clients (openai 3.54.0 and anthropic 2.12.0, `_client.py`; google-genai
3.4.0, `_api_client.py` and `_base_url.py`; ollama 0.6.3, `_client.py`); `*_API_BASE`: LiteLLM's providers; `*_HOST`
without a version: goose's providers; `*_MODEL`: Claude Code, Gemini CLI and Qwen Code."""


class Folder(NamedTuple):
    """The folders of a run.

    Attributes:
        home: What the command takes for its user's home.
        workspace: Where it works.
    """

    home: Path
    workspace: Path

    def make(self) -> None:
        """Make what is not there."""
        self.workspace.mkdir(parents=True, exist_ok=True)
        for below in _HOMES.values():
            (self.home / below).mkdir(parents=True, exist_ok=True, mode=0o700)


def values_of(endpoint: Endpoint, folder: Folder, here: Path) -> dict[str, str]:
    """Give what the placeholders stand for, but for the user's words."""
    profile = endpoint.profile
    return {
        "base_url": endpoint.base_url,
        "root_url": endpoint.base_url.removesuffix("/v1"),
        "model": endpoint.model,
        "key": endpoint.api_key or "",
        "dialect": endpoint.dialect,
        "profile": profile if isinstance(profile, str) else "" if profile is None else profile.name,
        "workspace": str(folder.workspace),
        "home": str(folder.home),
        "here": str(here),
    }


def environment(
    outer: Mapping[str, str], folder: Folder, dialect: str, *, inherit: Iterable[str] = ()
) -> dict[str, str]:
    """Make the variables of a command; those that point at the provider have placeholders.

    Args:
        outer: The caller's variables.
        folder: The folders of the run.
        dialect: The dialect that is spoken.
        inherit: Variables that come from outside, too.
    """
    names = {*KEPT, *(name.upper() for name in inherit)}
    kept = {name: value for name, value in outer.items() if name.upper() in names or name.startswith("LC_")}
    homes = {name: str(folder.home / below) for name, below in _HOMES.items()}
    return {**kept, **_FIXED, **homes, **POINTS[dialect]}
