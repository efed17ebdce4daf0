"""An agent at the Gemini API that sends calls and results without their ids, as many do: python nameless.py PROMPT."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

PATH = {"type": "OBJECT", "properties": {"path": {"type": "STRING"}}, "required": ["path"]}
READ = {"functionDeclarations": [{"name": "read_file", "description": "Read a file.", "parameters": PATH}]}


def ask(contents: list[Any]) -> list[Any]:
    """Ask, and give the parts of the answer."""
    base, model = os.environ["GOOGLE_GEMINI_BASE_URL"], os.environ["GEMINI_MODEL"]
    url = f"{base}/v1beta/models/{model}:generateContent"
    body = {"contents": contents, "tools": [READ], "generationConfig": {"thinkingConfig": {"includeThoughts": True}}}
    headers = {"content-type": "application/json", "x-goog-api-key": os.environ["GEMINI_API_KEY"]}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request) as response:  # noqa: S310 - likewise
        parts: list[Any] = json.load(response)["candidates"][0]["content"]["parts"]
    return parts


def told(call: dict[str, Any]) -> dict[str, Any]:
    """Read a file for the model."""
    try:
        said = {"output": Path(call["args"]["path"]).read_text(encoding="utf-8")}
    except OSError as error:
        said = {"error": str(error)}
    return {"functionResponse": {"name": call["name"], "response": said}}


def main(prompt: str) -> None:
    contents: list[Any] = [{"role": "user", "parts": [{"text": prompt}]}]
    while True:
        parts = ask(contents)
        calls = [part["functionCall"] for part in parts if "functionCall" in part]
        for call in calls:
            call.pop("id", None)
        contents.append({"role": "model", "parts": parts})
        if not calls:
            break
        contents.append({"role": "user", "parts": [told(call) for call in calls]})
    sys.stdout.write("".join(part.get("text", "") for part in parts if not part.get("thought")))


main(sys.argv[1])
