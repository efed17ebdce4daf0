"""A command: the words of which it is made, and what stands for something in them.

It is never given to a shell. A word that names a file which is there is made absolute, since the command works in a
folder of its own.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import Final

from msgspec import Struct

from keepthinking_conformance.command._errors import CommandError

PLACEHOLDERS: Final[Mapping[str, str]] = {
    "prompt": "the user's words; where no word has it, they go to the standard input",
    "base_url": "what the vendor's own client takes as its base URL",
    "root_url": "the same without a version behind it",
    "model": "the model's name",
    "key": "the API key",
    "dialect": "the dialect that is spoken, such as `openai-chat`",
    "profile": "the provider that is played, such as `deepseek`",
    "workspace": "the folder in which the command works",
    "home": "the folder that is its home",
    "here": "the folder from which keepthinking was called",
}
"""What stands for something, in the words of a command and in the values of a rule file."""

_NAMED: Final = re.compile(r"\{([a-z_]+)\}")
_RUNNERS: Final = frozenset(
    {
        *("bash", "bun", "bunx", "cmd", "deno", "dotnet", "env", "go", "java", "node", "nodejs", "npm", "npx", "perl"),
        *("php", "pipx", "pnpm", "py", "python", "python3", "ruby", "sh", "tsx", "uv", "uvx", "yarn"),
    }
)
"""Programs that run others, so that the scaffold has its name from a word behind them."""

_NO_NAME: Final = frozenset({"dlx", "exec", "run", "start", "tool", "x"})
"""Words behind a runner that say what to do, and not with what."""

_CLOSE: Final = 0.75
"""So near a name in braces has to be to one of ours to be taken for it, misspelt."""


class Command(Struct, frozen=True, kw_only=True):
    """A command.

    Attributes:
        words: Its words; the first one is the path of a program.
        name: What the scaffold is called after it.
    """

    words: tuple[str, ...]
    name: str

    @property
    def is_asked(self) -> bool:
        """Whether the user's words stand in it; otherwise they go to its standard input."""
        return any("{prompt}" in word for word in self.words)

    def filled(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Give its words with what they stand for."""
        return tuple(filled(word, values) for word in self.words)


def parse(text: str, here: Path, *, path: str | None = None) -> Command:
    """Read a command as a person types it.

    Args:
        text: The command. Quotes group words, as in a shell; nothing else means anything.
        here: The folder from which paths go.
        path: Where programs are looked for; by default as the process does.

    Raises:
        CommandError: It has no words, quotes that do not close, an unknown placeholder, or a program that is not there.
    """
    try:
        words = _split(text)
    except ValueError as error:
        raise CommandError(f"the command cannot be read: {error}", hint="close each quote") from error
    if not words:
        raise CommandError("the command has no words", hint="name a program")
    check_names(words, "the command")
    program, *others = words
    found = _program(program, here, path)
    return Command(words=(found, *(_absolute(word, here) for word in others)), name=name_of(words))


def check_names(texts: Iterable[str], where: str) -> None:
    """Raise `CommandError` where a placeholder is misspelt; braces may mean something else to the command."""
    for text in texts:
        for name in _NAMED.findall(text):
            close = [] if name in PLACEHOLDERS else get_close_matches(str(name), list(PLACEHOLDERS), 1, _CLOSE)
            if close:
                raise CommandError(f"{where} has {{{name}}}, which stands for nothing", hint=f"is it {{{close[0]}}}?")


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put what is meant for each placeholder; braces around anything else stay."""
    return _NAMED.sub(lambda found: values.get(found[1], found[0]), text)


def name_of(words: Iterable[str]) -> str:
    """Give the scaffold's name: that of its program, or of the script that a program runs."""
    stems = [_stem(word) for word in words]
    behind = (
        stem
        for word, stem in zip(list(words)[1:], stems[1:], strict=True)
        if stem and not word.startswith("-") and "{" not in word and stem not in {*_NO_NAME, *_RUNNERS}
    )
    name = next(behind, stems[0]) if stems[0] in _RUNNERS else stems[0]
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.") or "command"


def _stem(word: str) -> str:
    """Give a file's name without its ending, and a package's without its scope and version."""
    name = PurePath(word.replace("\\", "/")).name
    return re.sub(r"(?<=.)(?:@.*|\.(?:exe|cmd|bat|ps1|[cm]?[jt]sx?|py|sh|rb|php|pl|jar|java|go|lua))$", "", name)


def _split(text: str) -> list[str]:
    if os.name != "nt":
        return shlex.split(text)
    # A backslash is a part of paths there.
    return [word[1:-1] if word[:1] == word[-1:] == '"' else word for word in shlex.split(text, posix=False)]


def _program(word: str, here: Path, path: str | None) -> str:
    is_path = any(mark in word for mark in ("/", "\\"))
    found = shutil.which(str(here / _at_home(word)) if is_path else word, path=path)
    if found is None:
        raise CommandError(f"there is no program {word!r}", hint=_hint(word, here, is_path=is_path))
    return str(Path(found).absolute())


def _hint(word: str, here: Path, *, is_path: bool) -> str:
    """Say what to do about a first word that is no program."""
    if _VARIABLE.match(word):
        return "set variables in a rule file, under [environment] (`--rules`)"
    if word in _OF_THE_SHELL:
        return "it is given to no shell: name one, as in sh -c 'cd {here} && ...'"
    if (here / _at_home(word)).is_file():
        return (
            "it is a file that cannot be run: name the program that runs it" if is_path else f"name its path, ./{word}"
        )
    return "name its path, or install it" if is_path else "install it, or put it on PATH"


_VARIABLE: Final = re.compile(r"[A-Za-z_]\w*=")
_OF_THE_SHELL: Final = frozenset({"cd", "export", "source", ".", "set", "alias", "exec", "eval"})
"""Words that only a shell knows."""


def _at_home(word: str) -> str:
    """Put the caller's home for `~/`, as a shell does; in the command's own home nothing of the caller's stands."""
    return str(Path(word).expanduser()) if word.startswith(("~/", "~\\")) else word


def _absolute(word: str, here: Path) -> str:
    if "{" in word or word.startswith("-"):
        return word
    found = here / _at_home(word)
    try:
        return str(found.absolute()) if found.is_file() else word
    except OSError:  # too long for a name, or with signs that no name has
        return word
