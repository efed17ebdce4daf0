"""An agent that takes an answer without a call for none, says so to its model, and gives up when it hears it again."""

from __future__ import annotations

import http.client
import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATH = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
READ = {"type": "function", "function": {"name": "read_file", "description": "Read a file.", "parameters": PATH}}


def ask(messages: list[dict[str, Any]]) -> dict[str, Any]:
    body = json.dumps({"model": os.environ["OPENAI_MODEL"], "messages": messages, "tools": [READ]}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}
    where = urlsplit(f"{os.environ['OPENAI_BASE_URL']}/chat/completions")
    connection = http.client.HTTPConnection(where.netloc)
    connection.request("POST", where.path, body, headers)
    message: dict[str, Any] = json.load(connection.getresponse())["choices"][0]["message"]
    connection.close()
    return message


def main(prompt: str) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": prompt}]
    silent = 0
    while silent < 2:
        said = ask(messages)
        messages.append(said)
        for call in said.get("tool_calls") or ():
            text = Path(json.loads(call["function"]["arguments"])["path"]).read_text(encoding="utf-8")
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": text})
        if not said.get("tool_calls"):
            silent += 1
            messages.append({"role": "user", "content": "No call was found. Every answer has to call a tool."})
            sys.stdout.write(f"{said['content']}\n")


main(sys.argv[1])
