"""OpenAI's Responses API: an answer is a list of items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keepthinking_conformance.miniatures._wire import Asked, Json, Place, Told, Wire, data_url, dropped, entries


class Responses(Wire):
    """OpenAI's Responses API."""

    history = "input"
    path = "/responses"

    def pictured(self, text: str, image: bytes) -> list[Json]:
        """Give the user's words with a picture beside them."""
        picture = {"type": "input_image", "image_url": data_url(image), "detail": "auto"}
        return [{"role": "user", "content": [{"type": "input_text", "text": text}, picture]}]

    def tool(self, name: Json, description: Json, schema: Json) -> Json:
        """Give a tool."""
        return {"type": "function", "name": name, "description": description, "parameters": schema}

    def results(self, told: Sequence[Told]) -> list[Json]:
        """Give what tools said: an item each."""
        type_ = "function_call_output"
        return [{"type": type_, "call_id": one.call.id, "output": one.text} for one in told]

    def answer(self, body: Json) -> list[Json]:
        """Take the items."""
        output: list[Json] = body["output"]
        return output

    def gathered(self, events: Iterable[Json]) -> list[Json]:
        """Take the answer as the last event states it."""
        for event in events:
            if event["type"] == "response.completed":
                return self.answer(event["response"])
        raise EOFError("the stream has no end")

    def calls(self, answer: list[Json]) -> list[Asked]:
        """List what is to be called."""
        made = [place.value for place in self.called(answer)]
        return [Asked(call["call_id"], call["name"], call["arguments"]) for call in made]

    def thoughts(self, answer: list[Json]) -> list[Place]:
        """List the reasoning items."""
        return list(entries(answer, member="type", among=["reasoning"]))

    def texts(self, answer: list[Json]) -> list[Place]:
        """List the texts of messages."""
        said = entries(answer, member="type", among=["message"])
        return [Place(part, "text") for place in said for part in place.value["content"]]

    def called(self, answer: list[Json]) -> list[Place]:
        """List the calls."""
        return list(entries(answer, member="type", among=["function_call"]))

    def words(self, thought: Place) -> Place:
        """Tell where the first words of a thought stand: raw ones, else those of its summary."""
        parts = thought.value.get("content") or thought.value["summary"]
        return Place(parts[0], "text")

    def seals(self, answer: list[Json]) -> list[Place]:
        """List the encrypted contents."""
        held = [place.value for place in self.thoughts(answer)]
        return [Place(item, "encrypted_content") for item in held if item.get("encrypted_content") is not None]

    def told(self, results: list[Json]) -> list[Place]:
        """List the items."""
        return [Place(results, i) for i in range(len(results))]

    def unthink(self, answer: list[Json]) -> None:
        """Take out the reasoning items."""
        dropped(self.thoughts(answer))

    def forget(self, answer: list[Json]) -> None:
        """Take out the ids, too, by which the provider would look for what it thought."""
        super().forget(answer)
        dropped(Place(item, "id") for item in answer if "id" in item)
