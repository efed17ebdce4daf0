"""Which tools may be called, and with what: tools of the field as they are declared, and tools that do harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from keepthinking import Json, Tool
from keepthinking_conformance.command import Rules, choose, rules_of, told
from keepthinking_conformance.scenarios import SCENARIOS, Binding, bound, unbound

STRING = {"type": "string"}


def tool(name: str, required: str = "", optional: str = "", **schemas: Any) -> Tool:
    """Write a tool; parameters without a schema of their own are strings."""
    properties = {one: schemas.get(one, STRING) for one in f"{required} {optional}".split()}
    schema = {"type": "object", "properties": properties, "required": required.split()}
    return Tool(name=name, parameters=Json.of(schema))


def only(*tools: Tool) -> Binding:
    (found,) = choose(tools, Rules()).bindings
    return found


@pytest.mark.parametrize(
    ("declared", "arguments", "finds"),
    [
        (tool("read_file", "absolute_path", "offset limit"), {"absolute_path": "{path}"}, "file"),
        (tool("Read", "file_path", "offset limit"), {"file_path": "{path}"}, "file"),
        (tool("readFile", "filePath"), {"filePath": "{path}"}, "file"),
        (tool("mcp__filesystem__read_text_file", "path"), {"path": "{path}"}, "file"),
        (tool("filesystem-read_file", "path"), {"path": "{path}"}, "file"),
        (tool("default_api:view", "", "path"), {"path": "{path}"}, "file"),
        (tool("cat_file", "file"), {"file": "{path}"}, "file"),
        (
            tool("read_many_files", "paths", paths={"type": "array", "items": STRING}),
            {"paths": ["{path}"]},
            "file",
        ),
        (
            tool(
                "read_file",
                "files",
                files={"type": "array", "items": {"type": "object", "properties": {"path": STRING}}},
            ),
            {"files": [{"path": "{path}"}]},
            "file",
        ),
        (
            tool(
                "read_file",
                "target_file should_read_entire_file start_line_one_indexed explanation",
                should_read_entire_file={"type": "boolean"},
                start_line_one_indexed={"type": "integer"},
            ),
            {
                "target_file": "{path}",
                "should_read_entire_file": True,
                "start_line_one_indexed": 1,
                "explanation": "Look up what the archive knows.",
            },
            "file",
        ),
        (
            tool("read_file", "path limit", limit={"type": ["integer", "null"]}),
            {"path": "{path}", "limit": None},
            "file",
        ),
        (
            tool("read_file", "path limit", limit={"anyOf": [{"type": "integer"}, {"type": "null"}]}),
            {"path": "{path}", "limit": None},
            "file",
        ),
        (
            tool("READ_FILE", "path limit", path={"type": "STRING"}, limit={"type": "NUMBER", "maximum": 50}),
            {"path": "{path}", "limit": 50},
            "file",
        ),
        (
            tool("str_replace_editor", "command path", command={"type": "string", "enum": ["view", "create"]}),
            {"command": "view", "path": "{path}"},
            "file",
        ),
        (tool("list_directory", "path"), {"path": "{folder}"}, "folder"),
        (tool("glob", "pattern", "path"), {"pattern": "**/{key}*"}, "name"),
        (tool("grep_search", "pattern", "path"), {"pattern": "{key}"}, "line"),
        (tool("bash", "command", "timeout"), {"command": "echo {key} {receipt}"}, "echo"),
        (
            tool("run_shell_command", "command is_background", is_background={"type": "boolean"}),
            {"command": "echo {key} {receipt}", "is_background": False},
            "echo",
        ),
        (
            tool("shell", "command", command={"type": "array", "items": STRING}),
            {"command": ["echo", "{key}", "{receipt}"]},
            "echo",
        ),
    ],
)
def test_a_tool_of_the_field_is_called_as_its_schema_wants(
    declared: Tool, arguments: dict[str, Any], finds: str
) -> None:
    assert only(declared) == Binding(tool=str(declared.name), arguments=arguments, finds=finds)  # type: ignore[arg-type]  # a word of the table


@pytest.mark.parametrize(
    "declared",
    [
        tool("write_file", "path content"),
        tool("delete", "path"),
        tool("delete_file", "path"),
        tool("edit", "file_path old_string new_string"),
        tool("apply_patch", "patch"),
        tool("fetch", "url"),
        tool("python", "code"),
        tool("eval", "command"),
        tool("sql", "query"),
        tool("get_weather", "city"),
        tool("read_file", "uri_of_something"),
        tool("read_file", "path secret"),
        tool("read_file", "path mode", mode={"type": "string", "enum": ["a", "b"]}),
        tool("read_file", "path number", number={"type": "integer"}),
        tool("read_file", "path", path={"type": "integer"}),
        tool("read_file", "files", files={"type": "array", "items": {"type": "object", "properties": {}}}),
        tool("str_replace_editor", "command path", command={"type": "string", "enum": ["create", "delete"]}),
        tool("str_replace_editor", "path new_str"),
        tool("bash", "command password"),
        Tool(name="shell", kind="freeform"),
        Tool(name="read_file"),
        Tool(name="web_search", kind="server"),
    ],
)
def test_what_may_do_harm_or_is_not_understood_is_never_called(declared: Tool) -> None:
    choice = choose([declared], Rules())

    assert choice.bindings == ()
    assert choice.refused[str(declared.name)]


def test_what_only_looks_comes_before_a_shell() -> None:
    tools = [tool("bash", "command"), tool("glob", "pattern"), tool("write", "path"), tool("read", "path")]

    assert [one.tool for one in choose(tools, Rules()).bindings] == ["read", "glob", "bash"]


def test_a_rule_file_names_the_only_tools_that_are_called() -> None:
    rules = rules_of({"tools": [{"name": "get_weather", "arguments": {"city": "{key}"}}, {"name": "gone"}]})

    choice = choose([tool("read_file", "path"), tool("get_weather", "city")], rules)

    assert choice.bindings == (Binding(tool="get_weather", arguments={"city": "{key}"}, finds="anything"),)
    assert choice.refused == {"read_file": "the rule file does not name it"}


def test_a_schema_that_refers_to_itself_is_read_to_an_end() -> None:
    schema = {
        "type": "object",
        "properties": {"path": {"$ref": "#/$defs/a"}},
        "required": ["path"],
        "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, STRING]}},
    }

    assert only(Tool(name="read_file", parameters=Json.of(schema))).arguments == {"path": "{path}"}


@pytest.mark.parametrize(
    "parameters", ["null", "[]", '"x"', '{"properties": 3, "required": 4}', '{"properties": {"path": 5}}']
)
def test_a_schema_that_is_none_does_no_harm(parameters: str) -> None:
    choose([Tool(name="read_file", parameters=Json(parameters.encode()))], Rules())


def test_it_is_told_which_tools_were_seen_and_why_none_is_called() -> None:
    tools = [tool("write_file", "path"), *(tool(f"other_{n}", "x") for n in range(20))]

    text = told(tools, choose(tools, Rules()).refused)

    assert "`write_file`: no table knows it as one that only looks" in text
    assert "and 9 more" in text
    assert "[[tools]]" in text
    assert "declares no tool" in told([], {})


READ = Binding(tool="read", arguments={"path": "{path}", "limit": 3})


def test_a_scenario_is_bound_call_by_call(tmp_path: Path) -> None:
    found = bound(SCENARIOS["parallel"], READ, tmp_path)

    calls = [call for turn in found.turns for call in turn.calls]
    assert len(calls) == 5
    for call in calls:
        assert call.tool == "read"
        assert json.loads(call.arguments) == {"path": str(tmp_path / "notes" / "$key.txt"), "limit": 3}
    assert [len(step.blocks) for step in found.turns[0].steps] == [3, 4, 2]


def test_what_is_no_json_stays_none(tmp_path: Path) -> None:
    first, _ = bound(SCENARIOS["malformed-arguments"], READ, tmp_path).turns[0].calls

    assert first.outcome == "malformed"
    assert "$key" in first.arguments
    with pytest.raises(json.JSONDecodeError):
        json.loads(first.arguments)


def test_a_note_holds_what_a_result_has_to_hold() -> None:
    def note(**more: Any) -> tuple[str, str] | None:
        return Binding(tool="x", arguments={}, **more).note("a b", "R1", "Found. Receipt R1.")

    assert note(finds="file") == ("notes/a b.txt", "Found. Receipt R1.\n")
    assert note(finds="line") == ("notes/a b.txt", "a b: Found. Receipt R1.\n")
    assert note(finds="folder") == ("notes/a b/R1.txt", "Found. Receipt R1.\n")
    assert note(finds="name") == ("notes/a b R1.txt", "Found. Receipt R1.\n")
    assert note(finds="echo") is None
    assert note(finds="anything") is None


def test_what_a_tool_cannot_show_is_told() -> None:
    echo = Binding(tool="bash", arguments={}, finds="echo")

    assert "cannot fail" in unbound(SCENARIOS["tool-error"], echo)
    assert unbound(SCENARIOS["tool-error"], READ) == ""
    assert "spelling" in unbound(SCENARIOS["odd-arguments"], READ)
    assert unbound(SCENARIOS["loop"], echo) == ""
