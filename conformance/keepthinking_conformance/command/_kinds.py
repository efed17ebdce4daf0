"""The tools of the field that only look, as a table: what they are called, and which of their parameters says at what.

A name alone proves nothing, and neither does a schema: a tool is called where both say that it reads, lists, finds or
searches. A shell gets `echo` and nothing else. Whatever else a scaffold has (writing, deleting, fetching, running code)
is called only where a user's rule file says so.

Names of tools: Claude Code, Codex, Gemini CLI, Qwen Code, opencode, Crush, goose, Cline, Roo Code, Aider, pi,
OpenHands, Cursor, smolagents and the reference servers of MCP, as far as their code is public (read 2026-11-28).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from keepthinking_conformance.scenarios import Finds


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


FILE: Final = _names(
    "path file_path filepath absolute_path abs_path absolute_file_path target_file filename file file_name "
    "relative_path relative_workspace_path full_path paths files file_paths absolute_paths filenames"
)
FOLDER: Final = _names(
    "path dir directory dir_path directory_path absolute_path folder folder_path target_directory "
    "relative_workspace_path dir_name dirname dirpath"
)
GLOB: Final = _names("pattern glob glob_pattern query name_pattern file_pattern patterns")
REGEX: Final = _names("pattern regex query search search_pattern regex_pattern grep text q")
COMMAND: Final = _names("command cmd script command_line commandline")
COMMANDS: Final = _names("commands")


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of tool.

    Attributes:
        title: What it does.
        names: What such tools are called, in small letters with `_` between words.
        wanted: What the parameter is called that says at what it looks.
        text: What that parameter gets, where it is a text.
        parts: What it gets where it is a list of texts.
        finds: What the tool finds.
        also: Other parameters that it gets, where it has them; a value that its schema does not know unfits the tool.
    """

    title: str
    names: frozenset[str]
    wanted: frozenset[str]
    text: str
    parts: tuple[str, ...] = ()
    finds: Finds
    also: Mapping[str, Any] = {}


KINDS: Final[Sequence[Kind]] = (
    Kind(
        title="reads a file",
        names=_names(
            "read read_file view view_file cat open_file file_read fs_read get_file get_file_contents get_file_content "
            "file_viewer read_text_file view_source read_files show_file display_file file_reader readfile "
            "read_file_content read_file_contents read_note read_document open_document load_file cat_file print_file "
            "read_file_lines read_file_text file_content file_contents"
        ),
        wanted=FILE,
        text="{path}",
        parts=("{path}",),
        finds="file",
        also={"should_read_entire_file": True},
    ),
    Kind(
        title="reads files",
        names=_names("read_many_files read_multiple_files read_files view_files batch_read multi_read"),
        wanted=FILE,
        text="{path}",
        parts=("{path}",),
        finds="file",
    ),
    Kind(
        title="shows a file to who edits it",
        names=_names("str_replace_editor str_replace_based_edit_tool text_editor file_editor editor edit_file_tool"),
        wanted=FILE,
        text="{path}",
        finds="file",
        also={"command": "view"},
    ),
    Kind(
        title="lists a folder",
        names=_names(
            "ls list list_directory list_dir list_files listdir list_folder dir directory_list tree folder_list "
            "read_directory read_folder list_directory_contents"
        ),
        wanted=FOLDER,
        text="{folder}",
        parts=("{folder}",),
        finds="folder",
    ),
    Kind(
        title="finds files by name",
        names=_names("glob find_files file_search find_file glob_search search_files_by_name find_by_name glob_files"),
        wanted=GLOB,
        text="**/{key}*",
        parts=("**/{key}*",),
        finds="name",
    ),
    Kind(
        title="searches in files",
        names=_names(
            "grep search_file_content grep_search search_files ripgrep rg search_text find_in_files grep_files"
        ),
        wanted=REGEX,
        text="{key}",
        parts=("{key}",),
        finds="line",
    ),
    Kind(
        title="runs commands of a shell",
        names=_names("run_commands execute_commands"),
        wanted=COMMANDS,
        text="echo {key} {receipt}",
        parts=("echo {key} {receipt}",),
        finds="echo",
    ),
    Kind(
        title="runs a command of a shell",
        names=_names(
            "shell bash sh zsh run_shell_command run_command execute_command exec_command terminal run_terminal_cmd "
            "run_in_terminal execute_bash run_bash shell_command execute_shell run_shell powershell exec run cmd "
            "execute_shell_command bash_command"
        ),
        wanted=COMMAND,
        text="echo {key} {receipt}",
        parts=("echo", "{key}", "{receipt}"),
        finds="echo",
    ),
)
"""The kinds, in the order in which they are taken: what finds most, and does least, comes first."""

WHY: Final = _names(
    "description explanation reason justification why thought title purpose summary rationale intent toolsummary "
    "tool_summary toolaction explanation_text"
)
"""Parameters that ask what a call is for."""

WHY_TEXT: Final = "Look up what the archive knows."

NUMBERS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("offset", "start", "skip", "from"), 0),
    **dict.fromkeys(("start_line", "line_start", "from_line", "start_line_one_indexed", "line", "page", "depth"), 1),
    **dict.fromkeys(("limit", "lines", "end_line", "line_end", "to_line", "count", "max_lines", "num_lines"), 200),
    **dict.fromkeys(("end_line_one_indexed", "end_line_one_indexed_inclusive", "max_results", "head_limit"), 200),
    **dict.fromkeys(("timeout", "timeout_ms", "yield_time_ms", "max_output_tokens"), 10_000),
}
"""What parameters get that are numbers, by name; others are not guessed."""

_HUMPS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def plain_name(name: str) -> str:
    """Write a name in small letters with `_` between its words."""
    return re.sub(r"[^a-z0-9]+", "_", _HUMPS.sub("_", name).lower()).strip("_")


def tool_names(name: str) -> list[str]:
    """Give what a tool may be called: its name, and that without what stands before it to tell whose it is."""
    last = re.split(r"__|[.:/]", name)[-1]
    return list(dict.fromkeys((plain_name(name), plain_name(last), plain_name(name.rpartition("-")[2]))))
