"""Agents that do odd things, in Python without a package: python odd.py HABIT [PROMPT]."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

HABIT = sys.argv[1]
NEEDED = {
    "read_file": ["path"],
    "write_file": ["path", "content"],
    "delete_file": ["path"],
    "bash": ["command"],
    "get_weather": ["city"],
}
OFFERED = {
    "toolless": [],
    "dangerous": ["write_file", "delete_file"],
    "shell": ["write_file", "bash"],
    "weather": ["write_file", "get_weather"],
    "blind": ["read_file", "bash"],
}


def declared() -> list[Any]:
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "parameters": {
                    "type": "object",
                    "properties": {one: {"type": "string"} for one in NEEDED[name]},
                    "required": NEEDED[name],
                },
            },
        }
        for name in OFFERED.get(HABIT, ["read_file"])
    ]


ENDS = {
    "fail": ("", "All is well.\nError: the settings are missing\nsee the manual\n", 7),
    "silent": ("", "", 0),
    "retired": ("It is no longer maintained. Please use the new one.\n", "", 0),
    "reports": ("Unknown error: the settings are missing\n", "See the log.\nRun with --debug, or report it.\n", 1),
    "inspects": ("Oops [AnError]: The call was refused.\n  [errors]: [],\n  Symbol(an.error): true\n", "", 1),
    "dumps": ('Error: {\n  "message": "No such model.",\n  "error_type": "llm_error"\n}\n', "", 1),
}
"""What is printed on both outputs by who asks nothing, and the exit code."""

NAGS = 14
"""Who has so many messages takes the answer."""

made: list[str] = []


def hang() -> None:
    """Say so, and do nothing any more."""
    (Path.home() / ".hangs").write_text("", encoding="utf-8")
    time.sleep(600)


def called(name: str, arguments: dict[str, Any]) -> str:
    """Do what the model asks for, whatever it is, and note it."""
    log = os.environ.get("ODD_LOG")
    if log:
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(json.dumps([name, arguments]) + "\n")
    if HABIT == "liar":
        return "Done."
    if HABIT == "blind" and name == "read_file":
        return "Error: reading is not allowed here"
    made.append(name)
    if HABIT == "hang-later" or (HABIT == "hang-third" and len(made) == 3):
        hang()
    if name == "bash":
        return subprocess.run(arguments["command"], shell=True, capture_output=True, text=True, check=False).stdout  # noqa: S602 - a shell
    if name == "get_weather":
        return "Sunny."
    try:
        return Path(arguments["path"]).read_text(encoding="utf-8")
    except OSError as error:
        return f"Error: {error}"


def ask(messages: list[Any]) -> Any:
    body: dict[str, Any] = {"model": os.environ["OPENAI_MODEL"], "messages": messages}
    if declared():
        body["tools"] = declared()
    if HABIT == "insists":
        body["tool_choice"] = "required"
    url = f"{os.environ['OPENAI_BASE_URL']}/chat/completions"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request) as response:  # noqa: S310 - likewise
        return json.load(response)["choices"][0]["message"]


def before() -> None:
    """Do what is odd before anything is asked."""
    match HABIT:
        case "hang":
            hang()
        case "crash":
            os.abort()
        case "fail" | "silent" | "retired" | "reports" | "dumps" | "inspects":
            out, errors, code = ENDS[HABIT]
            sys.stdout.write(out)
            sys.stderr.write(errors)
            sys.exit(code)
        case "flood":
            for _ in range(64):
                sys.stdout.write("x" * (1 << 20))
                sys.stderr.write("y" * (1 << 20))
        case "daemon":
            words = [sys.executable, "-c", "import time; time.sleep(600)"]
            subprocess.Popen(words, start_new_session=True)
        case "untidy":
            for place in (Path.home(), Path.cwd(), Path(tempfile.gettempdir()), Path.home() / ".cache"):
                (place / "untidy").write_text("x", encoding="utf-8")
            tempfile.mkstemp()
        case _:
            pass


def main() -> None:
    """Answer one user."""
    before()
    prompt = sys.stdin.read() if HABIT == "stdin" else "Hello." if HABIT == "deaf" else sys.argv[2]
    messages: list[Any] = [{"role": "user", "content": prompt}]
    while True:
        answer = ask(messages)
        if HABIT == "hang-at-once":
            hang()
        messages.append(answer)
        calls: list[Any] = answer.get("tool_calls") or []
        if HABIT == "nags" and not calls and len(messages) < NAGS:
            messages.append({"role": "user", "content": "Call a tool, or say that you have done it all."})
            continue
        if not calls and HABIT == "insists":
            raise ValueError("no tool was called")
        if not calls or HABIT == "stops":
            break
        for call in calls:
            held = called(call["function"]["name"], json.loads(call["function"]["arguments"]))
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": held})
    sys.stdout.write(f"{answer['content']}\n")


main()
