"""Short histories for the tests of the rules: `u` asks, `T` thinks and calls, `r` answers, `A` thinks and speaks."""

from keepthinking._exchange import Request
from keepthinking._json import Json
from keepthinking._messages import Block, Conversation, Message, Text, Thinking, Tool, ToolCall, ToolResult
from keepthinking.retention import Rule

WRAPPED = Message.user("<tool_response>\nr\n</tool_response>")
REMINDER = Message(role="user", blocks=(Text(text="go on"),), author="harness")


def thought(number: int) -> Thinking:
    return Thinking.of(f"thought {number}")


def calls(*blocks: Block, id_: str = "c") -> Message:
    return Message.assistant(*blocks, ToolCall(id=id_, name="f", arguments="{}"))


def answers(id_: str = "c", *blocks: Block, role: str = "tool") -> Message:
    return Message(role=role, blocks=(ToolResult(call_id=id_, content="r"), *blocks))


def history(plan: str) -> list[Message]:
    """Write a history, a letter a message; the thoughts are numbered.

    `u` a user, `h` a message of the harness, `w` a wrapped result, `s` a system message, `T` a call with a thought, `C`
    a call without, `A` an answer with a thought, `P` an answer without, `r` a result.
    """
    found: list[Message] = []
    for number, letter in enumerate(plan):
        match letter:
            case "u":
                found.append(Message.user(f"question {number}"))
            case "h":
                found.append(REMINDER)
            case "w":
                found.append(WRAPPED)
            case "s":
                found.append(Message.system("s"))
            case "T":
                found.append(calls(thought(number)))
            case "C":
                found.append(calls())
            case "A":
                found.append(Message.assistant(thought(number), Text(text="done")))
            case "P":
                found.append(Message.assistant(Text(text="done")))
            case _:
                found.append(answers())
    return found


def asked(plan: str | list[Message], *, tools: bool = True, **params: object) -> Request:
    messages = history(plan) if isinstance(plan, str) else plan
    return Request(
        conversation=Conversation.of(*messages, tools=(Tool(name="f"),) if tools else ()),
        model="m",
        params={name: Json.of(value) for name, value in params.items()},
    )


def ruled(**changes: object) -> Rule:
    known: dict[str, object] = {
        "id": "acme.one.chat",
        "provider": "acme",
        "dialects": ("openai-chat",),
        "in_loop": "must",
        "cross_turn": "may",
        "boundary": "user-message",
        "standing": "documented",
        "source": "https://acme.test/rules",
        "verified": "2026-11-24",
    }
    return Rule(**{**known, **changes})  # type: ignore[arg-type]  # a table of fields, by name
