"""What an agent's own loop leaves out of its memory, put back: of streams, plans, results, and at the last step.

Rule 1: each of these runs where smolagents calls others: a callback for steps, `parse_tool_calls`,
`process_tool_calls`.
Rule 2: a step that carries no record is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, cast

from msgspec.structs import replace
from smolagents.memory import ActionStep, MemoryStep, PlanningStep
from smolagents.models import ChatMessage, ChatMessageToolCall, ChatMessageToolCallFunction, MessageRole
from smolagents.monitoring import Timing
from smolagents.utils import AgentError

from keepthinking import Message, ToolResult
from keepthinking_adapters.smolagents._payload import SLOT, Payload, in_raw, parsed, payload_of, written
from keepthinking_adapters.smolagents._plain import Turn, placed, plain_results, words_of
from keepthinking_adapters.smolagents._show import Place, print_of, wire_id
from keepthinking_adapters.smolagents._steps import ANSWER, BLANK, error_of, is_answer, turns
from keepthinking_adapters.smolagents._text import KeptText
from keepthinking_adapters.smolagents._to_native import Piece, record_of

__all__ = ["carry_on", "keep_results", "keep_step", "made_final"]


def made_final(message: ChatMessage) -> ChatMessage:
    """Let a plain answer end a run: give it a call of `final_answer` that is on no wire.

    Args:
        message: An answer without a call; it is changed, as smolagents' own `parse_tool_calls` changes it.
    """
    words = "" if message.content is None else str(cast("Any", message.content))
    id_ = ANSWER + blake2b(words.encode("utf-8", "replace"), digest_size=6).hexdigest()
    function = ChatMessageToolCallFunction(name="final_answer", arguments={"answer": words})
    message.tool_calls = [ChatMessageToolCall(function=function, id=id_, type="function")]
    return message


def keep_step(step: MemoryStep) -> None:
    """Put a record where JSON keeps it and where the model finds it. To be called for each step when it is done.

    smolagents makes a new message of a streamed answer, a new text of a plan, and puts an answer after `max_steps`
    where no model sees it.

    Args:
        step: The step; it is changed where it carries a record.
    """
    match step:
        case PlanningStep():
            _keep_plan(step)
        case ActionStep():
            output = step.action_output
            if step.model_output is None and isinstance(output, KeptText):
                step.model_output = output
                step.model_output_message = ChatMessage(MessageRole.ASSISTANT, content=output)
            if step.model_output_message is not None:
                _keep_raw(step.model_output_message)
        case _:
            pass


def _keep_raw(said: ChatMessage) -> None:
    payload = payload_of(said.raw, said.content)
    if payload is not None:
        said.raw = _with(said.raw, payload)


def _with(raw: Any, payload: str) -> Any:
    """Put a payload into a `raw`; a vendor's object stays what it is."""
    if raw is None:
        return {SLOT: payload}
    return {**cast("dict[str, Any]", raw), SLOT: payload} if type(raw) is dict else raw


def _keep_plan(step: PlanningStep) -> None:
    content = step.model_output_message.content
    if not isinstance(content, KeptText) or isinstance(step.plan, KeptText):
        return
    shown = BLANK.sub("", content.words)
    start = step.plan.find(shown)
    if start < 0:
        return
    front, behind = step.plan[:start], step.plan[start + len(shown) :]
    held = parsed(content.payload)
    payload = written(Payload(held.records, (*held.stops, behind)))
    end = start + len(content.words)
    step.plan = KeptText(front + content.words + behind, payload, start=start, end=end)
    step.model_output_message.content = content.carrying(payload)
    step.model_output_message.raw = _with(step.model_output_message.raw, payload)


def carry_on(step: MemoryStep) -> None:
    """Let the words of a step carry what its `raw` holds, since words are all that smolagents tells a model.

    They do not where somebody has edited them, and where smolagents itself has written them down.

    Args:
        step: The step; it is changed where its words are plain ones.
    """
    said = getattr(step, "model_output_message", None)
    payload = in_raw(said.raw) if isinstance(said, ChatMessage) else None
    if payload is None:
        return
    if isinstance(step, PlanningStep):
        _keep_plan(step)
        text = turns(step)[0].text
        step.plan = text if isinstance(text, KeptText) else step.plan
    elif isinstance(step, ActionStep) and type(step.model_output) is str:
        held = parsed(payload)
        words = words_of(step.model_output, held, placed(held.records[0])) or ""
        step.model_output = KeptText(step.model_output, payload, end=len(words))


def keep_results(step: ActionStep, observed: Mapping[str, str], error: AgentError | None = None) -> None:
    """Say which result is which call's: smolagents makes one text of all, and none where a tool fails.

    Args:
        step: The step; its observation becomes the results in the order of the calls.
        observed: The result of each call by its id.
        error: Why the others have none; None where all have one.
    """
    said = step.model_output_message
    payload = None if said is None else payload_of(said.raw, step.model_output, said.content)
    if said is None or payload is None or not said.tool_calls or is_answer([one.id for one in said.tool_calls]):
        return
    failed = None if error is None else error_of(ActionStep(step_number=0, timing=Timing(0.0), error=error))
    texts: list[str] = []
    pieces: list[Piece] = []
    where: list[list[Place]] = []
    for call in said.tool_calls:
        text = observed.get(call.id)
        if text is None and failed is None:
            continue
        if text is not None:
            texts.append(text)
            where.append([Place("r", "observation", len(text), print_of(text))])
        else:
            where.append([Place("r", "error")])
        block = ToolResult(call_id=wire_id(call.id), content=failed if text is None else text)
        pieces.append(Piece(Message(role="tool", blocks=(block if text is not None else _failed(block),))))
    step.observations = "\n".join(texts) if texts else None
    plains = plain_results(Turn("assistant", observation=step.observations, error=failed), where)
    rows = zip(pieces, plains, where, strict=True)
    held = parsed(payload)
    results = (record_of(piece, plain, places) for piece, plain, places in rows)
    again = written(Payload((held.records[0], *results), held.stops))
    said.raw = _with(said.raw, again)
    if isinstance(said.content, KeptText):
        said.content = said.content.carrying(again)
    output = step.model_output
    step.model_output = output.carrying(again) if isinstance(output, KeptText) else output


def _failed(block: ToolResult) -> ToolResult:
    return replace(block, status="error")
