"""Gemini: an answer is a list of parts, and seals stand on calls and texts."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from keepthinking import Endpoint
from keepthinking_conformance.miniatures._values import dump
from keepthinking_conformance.miniatures._wire import PNG, Asked, Json, Place, Told, Wire, dropped

SEAL: Final = "thoughtSignature"


class Gemini(Wire):
    """Gemini's own API."""

    history = "contents"
    path = "/v1beta/models/{model}:generateContent"

    @property
    def streamed(self) -> str:
        """The path for a streamed answer."""
        return "/v1beta/models/{model}:streamGenerateContent?alt=sse"

    def credential(self, key: str) -> dict[str, str]:
        """Give the header that holds the key."""
        return {"x-goog-api-key": key}

    def head(self, endpoint: Endpoint, system: str, tools: list[Json], *, stream: bool) -> dict[str, Json]:
        """Give what a request has besides its history; the path says the rest."""
        del stream
        body = dict(endpoint.extra_body)
        if tools:
            body["tools"] = [{"functionDeclarations": tools}]
        if system:
            body["systemInstruction"] = {"parts": [{"text": system}]}
        return body

    def instructions(self, text: str) -> list[Json]:
        """Give nothing: they do not stand in the history."""
        del text
        return []

    def user(self, text: str) -> list[Json]:
        """Give the user's words."""
        return [{"role": "user", "parts": [{"text": text}]}]

    def pictured(self, text: str, image: bytes) -> list[Json]:
        """Give the user's words with a picture beside them."""
        picture = {"inlineData": {"mimeType": PNG, "data": b64encode(image).decode()}}
        return [{"role": "user", "parts": [{"text": text}, picture]}]

    def tool(self, name: Json, description: Json, schema: Json) -> Json:
        """Give a tool."""
        return {"name": name, "description": description, "parametersJsonSchema": schema}

    def results(self, told: Sequence[Told]) -> list[Json]:
        """Give what tools said: one message of the user."""
        parts = [
            {
                "functionResponse": {
                    **({} if one.call.id is None else {"id": one.call.id}),
                    "name": one.call.name,
                    "response": {"error" if one.failed else "output": one.text},
                }
            }
            for one in told
        ]
        return [{"role": "user", "parts": parts}]

    def answer(self, body: Json) -> list[Json]:
        """Take the content."""
        return [body["candidates"][0]["content"]]

    def gathered(self, events: Iterable[Json]) -> list[Json]:
        """Take all parts as they came: the wire has words in pieces."""
        parts: list[Json] = []
        whole = False
        for event in events:
            candidate = event["candidates"][0]
            parts += candidate.get("content", {}).get("parts", ())
            whole = whole or "finishReason" in candidate
        if not whole:
            raise EOFError("the stream has no end")
        return [{"role": "model", "parts": parts}]

    def calls(self, answer: list[Json]) -> list[Asked]:
        """List what is to be called."""
        made = [place.value["functionCall"] for place in self.called(answer)]
        return [Asked(call.get("id"), call["name"], dump(call["args"]).decode()) for call in made]

    def thoughts(self, answer: list[Json]) -> list[Place]:
        """List the parts that are thoughts."""
        return self._parts(answer, lambda part: part.get("thought") is True)

    def texts(self, answer: list[Json]) -> list[Place]:
        """List the words that are no thoughts."""
        said = self._parts(answer, lambda part: "text" in part and not part.get("thought"))
        return [Place(place.value, "text") for place in said]

    def called(self, answer: list[Json]) -> list[Place]:
        """List the calls."""
        return self._parts(answer, lambda part: "functionCall" in part)

    def words(self, thought: Place) -> Place:
        """Tell where the words of a thought stand."""
        return Place(thought.value, "text")

    def seals(self, answer: list[Json]) -> list[Place]:
        """List the signatures, on whatever part."""
        return [Place(place.value, SEAL) for place in self._parts(answer, lambda part: SEAL in part)]

    def told(self, results: list[Json]) -> list[Place]:
        """List the parts."""
        return self._parts(results, lambda part: "functionResponse" in part)

    def unthink(self, answer: list[Json]) -> None:
        """Take out the thoughts."""
        dropped(self.thoughts(answer))

    def _parts(self, messages: list[Json], meant: Callable[[Json], bool]) -> list[Place]:
        parts = messages[0]["parts"]
        return [Place(parts, i) for i, part in enumerate(parts) if meant(part)]
