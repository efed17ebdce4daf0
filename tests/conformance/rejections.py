"""The table of rejections: what is done to a history that a vendor takes, and what the vendor says then."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from keepthinking_conformance.provider import Talk
from tests.conformance.vendor_clients import History

Damage = Callable[[History, Talk], History]


def edit(history: History, at: int, change: Callable[[Any], Any]) -> History:
    """Change one message or item of a copy."""
    copied: History = json.loads(json.dumps(history, default=_bytes))
    copied[at] = change(copied[at])
    return [one for one in copied if one is not None]


def _bytes(value: object) -> str:
    assert isinstance(value, bytes)
    return base64.urlsafe_b64encode(value).decode()


def without(*names: str) -> Callable[[Any], Any]:
    return lambda message: {key: value for key, value in message.items() if key not in names}


def content(change: Callable[[list[Any]], list[Any]], name: str = "content") -> Callable[[Any], Any]:
    return lambda message: {**message, name: change(message[name])}


def block(number: int, **members: Any) -> Callable[[Any], Any]:
    """Change members of one block of a message of Anthropic's."""
    return content(lambda blocks: [{**b, **members} if n == number else b for n, b in enumerate(blocks)])


def flipped(text: str) -> str:
    """Change one letter in the middle of a seal."""
    middle = len(text) // 2
    return f"{text[:middle]}{'A' if text[middle] != 'A' else 'B'}{text[middle + 1 :]}"


def same_ids(calls: str, id_: str) -> Callable[[Any], Any]:
    def change(message: Any) -> Any:
        first, second, *more = message[calls]
        return {**message, calls: [first, {**second, id_: first[id_]}, *more]}

    return change


def half(history: History) -> History:
    return edit(history, 0, lambda message: {**message, "content": f"{message['content']} \ud83d"})


def behind_call(history: History, _: Talk) -> History:
    return edit(history, 1, content(lambda blocks: [*blocks, {"type": "text", "text": "And so on."}]))


def unanswered(history: History, _: Talk) -> History:
    """Put the user's words where the result should stand."""
    return [*history[:-1], {"role": "user", "content": "Go on."}]


def thought_alone(history: History, _: Talk) -> History:
    """Keep the thought of the first answer, and nothing behind it."""
    return edit(history, 1, content(lambda blocks: blocks[:1]))[:2]


def first_call(parts: Sequence[Any], **members: Any) -> list[Any]:
    n = next(n for n, part in enumerate(parts) if "function_call" in part)
    return [
        {key: value for key, value in {**part, **members}.items() if value is not None} if i == n else part
        for i, part in enumerate(parts)
    ]


def parts(change: Callable[[list[Any]], list[Any]]) -> Callable[[Any], Any]:
    return content(change, "parts")


def written_arguments(message: Any) -> Any:
    """Write the arguments of each call as the text that other servers take."""
    functions = [call["function"] for call in message["tool_calls"]]
    calls = [{"function": {**one, "arguments": json.dumps(one["arguments"])}} for one in functions]
    return {**message, "tool_calls": calls}


class Row(NamedTuple):
    """One row of the table of rejections.

    Attributes:
        of: What of the rule it is: `missing`, `refused` or a flaw, perhaps with what is special.
        profile: Who is played.
        damage: Makes the body that is refused out of the one that is taken.
        text: What the error says.
        scenario: What is played.
        steps: How many answers the history holds.
        members: Other members of the error, by name.
        more: What else is asked for in the body that is refused.
    """

    of: str
    profile: str
    damage: Damage
    text: str
    scenario: str = "loop"
    steps: int = 1
    members: dict[str, Any] = {}
    more: dict[str, Any] = {}


DEEPSEEK = "The `{}` in the thinking mode must be passed back to the API."
EXPECTED = (
    "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is "
    "enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` "
    "and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this "
    "requirement, disable `thinking`. Please consult our documentation at "
    "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
)
MODIFIED = (
    "messages.{}.content.{}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
    "modified. These blocks must remain as they were in the original response."
)
BOUND = (
    "messages.{}.content.{}: Invalid `signature` in `thinking` block. The block is bound to a different conversation. "
    'Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
)
INVALID = "messages.{}.content.{}: Invalid `signature` in `thinking` block"
UNSEALED = (
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, "
    "and missing thought_signature may lead to degraded model performance. Additional data, function call "
    "`default_api:{}` , position {}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more "
    "details."
)
VERTEX = (
    "Unable to submit request because function call `default_api:{}` in the {}. content block is missing a "
    "`thought_signature`. Learn more: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures"
)
LONE = "invalid params, tool result's tool id({id}) not found (2013)"
ENCRYPTED = "could not be verified. Reason: Encrypted content could not be decrypted or parsed."
TYPE = {"type": "invalid_request_error"}
CODED = {**TYPE, "param": None, "code": "invalid_request_error"}
LISTED = {**TYPE, "param": "input", "code": None}
MINIMAX = {"type": "bad_request_error", "http_code": "400"}
FORGED = {**TYPE, "param": None, "code": "invalid_encrypted_content"}
ARGUMENT = {"code": 400, "status": "INVALID_ARGUMENT"}
SEAL = "AAAA" * 86


def moved(history: History, _: Talk) -> History:
    """Put the seal of the first thought on the second, as a cache with a bad key does."""
    first = history[1]["encrypted_content"]
    return edit(history, 4, lambda item: {**item, "encrypted_content": first})


ROWS = (
    Row(
        "missing",
        "deepseek",
        lambda h, _: edit(h, 1, without("reasoning_content")),
        DEEPSEEK.format("reasoning_content"),
        members=CODED,
    ),
    Row(
        "repeated-id",
        "deepseek",
        lambda h, _: edit(h, 1, same_ids("tool_calls", "id")),
        "Duplicate value for 'tool_call_id' of {id} in message[2]",
        scenario="parallel",
        members=CODED,
    ),
    Row(
        "unanswered",
        "deepseek",
        unanswered,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        "(insufficient tool messages following tool_calls message)",
        members=CODED,
    ),
    Row("surrogate", "deepseek", lambda h, _: half(h), "invalid JSON request", members=CODED),
    Row(
        "missing",
        "kimi",
        lambda h, _: edit(h, 3, without("reasoning_content")),
        "thinking is enabled but reasoning_content is missing in assistant tool call message at index 4",
        steps=2,
        members=TYPE,
    ),
    *(
        Row("lone-result", name, lambda h, _: edit(h, 1, without("tool_calls")), LONE, members=MINIMAX)
        for name in ("minimax", "minimax-split")
    ),
    Row(
        "lone-result",
        "minimax-anthropic",
        lambda h, _: edit(h, 1, content(lambda blocks: [b for b in blocks if b["type"] != "tool_use"])),
        LONE,
        members=TYPE,
    ),
    *(
        Row(
            "second-instructions",
            name,
            lambda h, _: [*(2 * [{"role": "system", "content": "Be brief."}]), *h],
            "invalid params, invalid chat setting (2013)",
            members=MINIMAX,
        )
        for name in ("minimax", "minimax-split")
    ),
    Row(
        "inner-instructions",
        "minimax-anthropic",
        lambda h, _: [*h, {"role": "system", "content": "Be brief."}],
        "invalid params, chat content has invalid message role: system (2013)",
        members=TYPE,
    ),
    Row("missing", "openrouter", lambda h, _: edit(h, 1, without("reasoning", "reasoning_details")), EXPECTED),
    Row(
        "missing",
        "deepseek-responses",
        lambda h, _: edit(h, 1, lambda _: None),
        DEEPSEEK.format("reasoning_text"),
        members=CODED,
    ),
    Row(
        "reused-id",
        "deepseek-responses",
        lambda h, _: edit(h, 5, lambda call: {**call, "call_id": h[2]["call_id"]}),
        "Duplicate 'call_id': {id}.",
        steps=2,
        members=CODED,
    ),
    Row(
        "after-call",
        "deepseek-responses",
        lambda h, _: [*h[:3], {"type": "message", "role": "assistant", "content": "And so on."}, *h[3:]],
        "No tool output found for tool call {id}.",
        members=CODED,
    ),
    Row("surrogate", "deepseek-responses", lambda h, _: half(h), "invalid JSON request", members=CODED),
    Row(
        "missing",
        "deepseek-anthropic",
        lambda h, _: edit(h, 1, content(lambda blocks: blocks[1:])),
        DEEPSEEK.format("content[].thinking"),
        members=CODED,
    ),
    Row(
        "refused",
        "deepseek-anthropic",
        lambda h, _: edit(h, 1, content(lambda blocks: [{"type": "redacted_thinking", "data": "x"}, *blocks])),
        "invalid request body: unknown variant `redacted_thinking`",
        members=CODED,
    ),
    Row(
        "repeated-id",
        "deepseek-anthropic",
        lambda h, _: edit(h, 1, content(lambda blocks: [*blocks[:-1], {**blocks[-1], "id": blocks[-2]["id"]}])),
        "messages.1.content.2: `tool_use` ids must be unique",
        scenario="parallel",
        members=CODED,
    ),
    Row(
        "said-after-call",
        "deepseek-anthropic",
        behind_call,
        "messages.1.2: `tool_use` ids were found without `tool_result` blocks immediately after: {id}. Each `tool_use` "
        "block must have a corresponding `tool_result` block in the next message.",
        members=CODED,
    ),
    Row("surrogate", "deepseek-anthropic", lambda h, _: half(h), "invalid JSON request", members=CODED),
    Row(
        "refused: edited",
        "anthropic",
        lambda h, _: edit(h, 1, block(0, thinking=h[1]["content"][0]["thinking"].strip("🧭"))),
        MODIFIED.format(1, 0),
        members=TYPE,
    ),
    Row(
        "refused: emptied",
        "anthropic",
        lambda h, _: edit(h, 1, block(0, thinking="")),
        MODIFIED.format(1, 0),
        members=TYPE,
    ),
    Row(
        "refused: invented",
        "anthropic",
        lambda h, _: edit(h, 1, block(0, signature=SEAL)),
        MODIFIED.format(1, 0),
        members=TYPE,
    ),
    Row(
        "refused: cut, and not in the latest message",
        "anthropic",
        lambda h, _: edit(h, 1, block(0, signature=h[1]["content"][0]["signature"][:-8])),
        INVALID.format(1, 0),
        steps=2,
        members=TYPE,
    ),
    Row(
        "refused: copied",
        "anthropic",
        lambda h, _: edit(h, 3, block(0, signature=h[1]["content"][0]["signature"])),
        MODIFIED.format(3, 0),
        steps=2,
        members=TYPE,
    ),
    Row(
        "refused: unsealed",
        "anthropic",
        lambda h, _: edit(h, 1, content(lambda blocks: [without("signature")(blocks[0]), *blocks[1:]])),
        "messages.1.content.0.thinking.signature: Field required",
        members=TYPE,
    ),
    Row(
        "refused: redacted",
        "anthropic",
        lambda h, _: edit(h, 1, block(0, data=flipped(h[1]["content"][0]["data"]))),
        "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
        scenario="redacted",
        steps=2,
        members=TYPE,
    ),
    Row(
        "refused: empty-sealed",
        "anthropic",
        lambda h, _: edit(h, 1, block(0, signature=flipped(h[1]["content"][0]["signature"]))),
        MODIFIED.format(1, 0),
        scenario="empty-sealed",
        members=TYPE,
    ),
    Row(
        "missing",
        "anthropic-bound",
        lambda h, _: edit(h, 1, content(lambda blocks: blocks[1:])),
        BOUND.format(3, 0),
        steps=2,
        members=TYPE,
    ),
    Row(
        "refused: another prompt",
        "anthropic-bound",
        lambda h, _: h,
        BOUND.format(1, 0),
        members=TYPE,
        more={"system": " Today is Tuesday."},
    ),
    Row(
        "refused: another tool",
        "anthropic-bound",
        lambda h, _: h,
        BOUND.format(1, 0),
        members=TYPE,
        more={"tools": lambda tools: [*tools, {"name": "more", "input_schema": {"type": "object"}}]},
    ),
    Row(
        "refused: an earlier result",
        "anthropic-bound",
        lambda h, _: edit(h, 2, block(0, content="[cleared]")),
        BOUND.format(3, 0),
        steps=2,
        members=TYPE,
    ),
    Row(
        "refused: edited",
        "anthropic-bound",
        lambda h, _: edit(h, 1, block(0, thinking="Something else.")),
        INVALID.format(1, 0),
        members=TYPE,
    ),
    *(
        Row(
            "unanswered",
            name,
            unanswered,
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: {id}. Each "
            "`tool_use` block must have a corresponding `tool_result` block in the next message.",
            members=TYPE,
        )
        for name in ("anthropic", "anthropic-bound")
    ),
    *(
        Row(
            "last-thought",
            name,
            thought_alone,
            "messages.1: The final block in an assistant message cannot be `thinking`.",
            members=TYPE,
        )
        for name in ("anthropic", "anthropic-bound")
    ),
    Row("unanswered", "openai", unanswered, "No tool output found for function call {id}.", members=LISTED),
    Row(
        "unanswered",
        "google-gemini",
        lambda h, _: [*h[:2], {"role": "user", "parts": [{"text": "Go on."}]}],
        "Please ensure that the number of function response parts is equal to the number of function call parts of the "
        "function call turn.",
        members=ARGUMENT,
    ),
    Row(
        "missing: the thought of a call",
        "openai",
        lambda h, _: edit(h, 1, lambda _: None),
        "Item '{item}' of type 'function_call' was provided without its required 'reasoning' item: '{thought}'.",
        members=LISTED,
    ),
    Row(
        "missing: what follows a thought",
        "openai",
        lambda h, _: h[:-2],
        "Item '{thought}' of type 'reasoning' was provided without its required following item.",
        members=LISTED,
    ),
    Row(
        "refused",
        "openai",
        lambda h, _: edit(h, 1, lambda item: {**item, "encrypted_content": flipped(item["encrypted_content"])}),
        ENCRYPTED,
        members=FORGED,
    ),
    Row(
        "refused: moved",
        "openai",
        moved,
        "could not be verified. Reason: Encrypted content item_id did not match the target item id.",
        steps=2,
        members=FORGED,
    ),
    Row(
        "missing",
        "google-gemini",
        lambda h, _: edit(h, 3, parts(lambda p: first_call(p, thought_signature=None))),
        UNSEALED.format("read_note", 4),
        steps=2,
        members=ARGUMENT,
    ),
    Row(
        "refused",
        "google-gemini",
        lambda h, _: edit(h, 1, parts(lambda p: first_call(p, thought_signature=SEAL))),
        "Invalid thought signature.",
        members=ARGUMENT,
    ),
    Row(
        "missing",
        "vertex-gemini",
        lambda h, _: edit(h, 1, parts(lambda p: first_call(p, thought_signature=None))),
        VERTEX.format("look_up", 2),
        members=ARGUMENT,
    ),
    Row(
        "refused",
        "vertex-gemini",
        lambda h, _: edit(h, 1, parts(lambda p: first_call(p, thought_signature=SEAL))),
        "Unable to submit request because Thought signature is not valid.. Learn more: "
        "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini",
        members=ARGUMENT,
    ),
    Row(
        "arguments-text",
        "ollama-native",
        lambda h, _: edit(h, 1, written_arguments),
        "Value looks like object, but can't find closing '}' symbol",
    ),
)
