"""Requests beside the loop: told from it by a table of reasons, answered, and never taken for a step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Conversation, Json, Message, Request, Text, ToolCall, ToolResult
from keepthinking_conformance.provider import Provider, Script, reply
from keepthinking_conformance.provider._position import position
from keepthinking_conformance.provider._reply import answer
from keepthinking_conformance.provider._side import REASONS
from keepthinking_conformance.provider._texts import spoken, texts
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from tests.conformance.provider_client import ask, converse, histories, opening, post, send, speaks
from tests.conformance.wires import WIRES

pytestmark = pytest.mark.extras

RUN = "beside"
SPOKEN = ["deepseek", "openai", "anthropic", "google-gemini"]
"""One profile of each dialect."""
ALL = [(profile, scenario) for profile in SPOKEN for scenario in ("single", "loop", "second-turn")]
SUMMARY = "Write a summary of our conversation so far, with all that is needed to go on."
TITLE = "Think of a title for this chat, five words at most"
REMINDERS = (
    "Go on, please.",
    "Reminder: be brief, and use your tools one at a time.",
    "The files changed on disk since you last looked: notes.txt, title.txt.",
    "Today is Tuesday. The conversation with this user began an hour ago.",
    "<system-reminder>Your list of tasks is empty. Do not mention this message to the user.</system-reminder>",
    "Finish with a summary of what you found.",
)


def script_of(profile: str, scenario: str) -> Script:
    return Script(SCENARIOS[scenario], PROVIDERS[profile], seed=7, token=RUN)


def bare(request: Request) -> Request:
    return replace(request, conversation=replace(request.conversation, tools=UNSET))


def transcript(messages: Sequence[Message]) -> str:
    """Write a history into one text, as summaries do."""
    lines = [
        f"{m.role}: {text}" for m in messages[1:] for text in (*spoken(m), *(texts(m) if m.role != "user" else ()))
    ]
    return "\n".join([*lines, *(f"user: {text}" for m in messages[1:] if m.role == "user" for text in texts(m))])


def system(script: Script, words: str) -> Message:
    return Message(role="system", carrier=WIRES[script.served.dialect].carrier, blocks=(Text(text=words),))


Making = Callable[[Script, list[Message]], list[Message]]
ASIDES: dict[str, Making] = {
    "a title of the user's words": lambda s, h: [*opening(s), Message.user(f"{TITLE}:\n\n{user_words(h)}")],
    "a title by a prompt of its own": lambda s, h: [system(s, f"{TITLE}."), Message.user(user_words(h))],
    "a summary in one message": lambda _, h: [Message.user(f"{SUMMARY}\n\n<messages>\n{transcript(h)}\n</messages>")],
    "a summary in one message, by a prompt of its own": lambda s, h: [system(s, SUMMARY), Message.user(transcript(h))],
    "a summary behind the whole history": lambda _, h: [*h, Message.user(SUMMARY)],
    "a summary behind the whole history, as a system message": lambda _, h: [*h, Message.system(SUMMARY)],
    "a summary under another prompt, behind the whole history": lambda s, h: [
        system(s, "You compress the history of chats."),
        *h[1:],
        Message.user("First think aloud. Then write the <state_snapshot>."),
    ],
    "a question that has nothing to do with it": lambda s, _: [*opening(s), Message.user("Is this rude? yes or no")],
}
ONLY_WITHOUT_TOOLS: dict[str, Making] = {
    "a conversation in one message, and nothing else": lambda _, h: [Message.user(transcript(h))],
    "another prompt for the user's words": lambda s, h: [
        system(s, "Which language is this?"),
        Message.user(user_words(h)),
    ],
}


def user_words(history: Sequence[Message]) -> str:
    return "\n".join(text for message in history if message.role == "user" for text in texts(message))


@pytest.mark.parametrize("offers", [True, False], ids=["tools", "no tools"])
@pytest.mark.parametrize("made", [*ASIDES, *ONLY_WITHOUT_TOOLS])
@pytest.mark.parametrize(("profile", "scenario"), ALL, ids=map("/".join, ALL))
def test_a_side_call_at_any_place_gets_an_answer_of_its_own(
    profile: str, scenario: str, made: str, *, offers: bool
) -> None:
    if made in ONLY_WITHOUT_TOOLS and offers:
        return  # with the agent's tools it is a scaffold that writes its history as text
    script = script_of(profile, scenario)
    for turn, step, history in histories(script):
        request = ask(script, (ASIDES | ONLY_WITHOUT_TOOLS)[made](script, history))
        found = answer(request if offers else bare(request), script)
        if made == "a conversation in one message, and nothing else" and (turn, step) == (0, 0):
            continue  # there was no answer yet, so it is the user's words
        assert found.at is None, (turn, step)
        assert found.side in {reason.id for reason in REASONS}
        assert [type(block) for block in found.response.message.blocks] == [Text]
        assert answer(ask(script, history), script).at == (turn, step, 0)


@pytest.mark.parametrize("offers", [True, False], ids=["tools", "no tools"])
@pytest.mark.parametrize("profile", SPOKEN)
def test_a_reminder_is_none(profile: str, *, offers: bool) -> None:
    script = script_of(profile, "second-turn")
    for turn, step, history in histories(script):
        if not offers and script.calls_of(turn, step):
            continue  # there the model could not call
        for words in REMINDERS:
            for message in (Message.user(words), Message.system(words)):
                request = ask(script, [*history, message])
                assert answer(request if offers else bare(request), script).at == (turn, step, 0), words


LAST_WORDS = (
    "You may take no more steps. Answer now.",
    "You have reached the maximum number of iterations. Summarize what you have learned in this conversation so far.",
)


@pytest.mark.parametrize("words", LAST_WORDS)
@pytest.mark.parametrize("profile", SPOKEN)
def test_an_agent_that_may_take_no_more_steps_gets_the_last_answer_of_the_turn(profile: str, words: str) -> None:
    script = script_of(profile, "step-limit")
    for turn, step, history in histories(script):
        last = len(script.scenario.turns[0].steps) - 1
        if turn or step == last:
            continue
        asked = ask(script, [*history, Message.system(words)])
        forgot = ask(script, [*opening(script), *(m for m in history if m.role == "user"), Message.system(words)])
        assert [answer(bare(one), script).at for one in (asked, forgot)] == [(0, last, 0)] * 2
        assert answer(asked, script).at == (0, step, 0) or words is LAST_WORDS[1], "tools are offered"
        for made in (TITLE, SUMMARY):
            beside = ask(script, [system(script, made), Message.user(user_words(history))])
            assert answer(bare(beside), script).at is None, made


@pytest.mark.parametrize("profile", SPOKEN)
def test_a_scaffold_that_takes_the_tools_away_for_the_last_step_is_in_the_loop_still(profile: str) -> None:
    script = script_of(profile, "second-turn")
    for turn, step, history in histories(script):
        found = answer(bare(ask(script, history)), script)
        calls = bool(script.calls_of(turn, step))
        assert (found.at, found.side) == ((None, "no-tools") if calls else ((turn, step, 0), ""))
        own = [system(script, "You are an agent of some framework. " + "Do this and that. " * 80), *history[1:]]
        found = answer(bare(ask(script, own)), script)
        assert (found.at is None) == (calls or step == 0)


@pytest.mark.parametrize(
    ("profile", "params"),
    [
        ("deepseek", {"tool_choice": "none"}),
        ("openai", {"tool_choice": "none"}),
        ("anthropic", {"tool_choice": {"type": "none"}}),
        ("google-gemini", {"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}}),
    ],
)
def test_tools_that_may_not_be_called_are_none(profile: str, params: dict[str, Any]) -> None:
    script = script_of(profile, "loop")
    for turn, step, history in histories(script):
        asked = ask(script, history)
        asked = replace(asked, params={**asked.params, **{key: Json.of(value) for key, value in params.items()}})
        assert (answer(asked, script).side == "no-tools") == bool(script.calls_of(turn, step))


def test_every_reason_is_some_requests_reason() -> None:
    seen = set()
    for script in (script_of("deepseek", "second-turn"), script_of("deepseek", "single")):
        for _, _, history in histories(script):
            for made in (ASIDES | ONLY_WITHOUT_TOOLS).values():
                request = ask(script, made(script, history))
                seen |= {answer(request, script).side, answer(bare(request), script).side}

    assert seen == {"", *(reason.id for reason in REASONS)}
    assert all(reason.why for reason in REASONS)


def test_an_agents_own_long_prompt_may_speak_of_summaries() -> None:
    script = script_of("deepseek", "loop")
    long = "You are an agent. The conversation is summarised when it is long. " + "Work with care. " * 80
    for turn, step, history in histories(script):
        own = [Message.system(long), *history[1:]]
        assert answer(ask(script, own), script).at == (turn, step, 0)


SURROUNDINGS = "<system-reminder>Sum the session up when it is long; a summary helps." + " Work well." * 100
AROUND: dict[str, Callable[[str], list[Message]]] = {
    "in blocks before": lambda words: [Message(role="user", blocks=(Text(text=SURROUNDINGS), Text(text=words)))],
    "around": lambda words: [Message.user(f"Please solve this: {words}\n\n{SURROUNDINGS}")],
    "as a system prompt behind": lambda words: [Message.user(words), Message.system(SURROUNDINGS)],
}


@pytest.mark.parametrize("profile", SPOKEN)
@pytest.mark.parametrize("made", AROUND)
def test_what_an_agent_is_told_around_the_users_words_may_speak_of_summaries(profile: str, made: str) -> None:
    script = script_of(profile, "second-turn")
    for turn, step, history in histories(script):
        told = [
            new
            for old in history
            for new in (AROUND[made](*texts(old)) if any(words in script.turns for words in texts(old)) else [old])
        ]
        assert answer(ask(script, told), script).at == (turn, step, 0)
        beside = ask(script, [*told, Message.user(SUMMARY)])
        assert answer(beside, script).side == "asks-in-words"


@pytest.mark.parametrize("profile", SPOKEN)
@pytest.mark.parametrize("role", ["user", "system"])
def test_behind_a_summary_the_loop_goes_on_where_it_stood(profile: str, role: str) -> None:
    script = script_of(profile, "second-turn")
    for turn, step, history in histories(script):
        told = reply(ask(script, [Message.user(f"{SUMMARY}\n\n{transcript(history)}")]), script).message.text
        summary = Message(role=role, blocks=(Text(text=f"Here is a summary of the conversation to date:\n\n{told}"),))
        head = opening(script)

        assert position(ask(script, [*head, summary]), script) == (turn, step, 0)
        # It is told to the model, so nobody asks for it, even where it stands last.
        assert answer(ask(script, [*head, summary]), script).at == (turn, step, 0)
        if turn == 1:
            assert position(ask(script, [*head, summary, Message.user(script.turns[1])]), script) == (turn, step, 0)


def test_a_summary_of_somebody_else_says_nothing() -> None:
    script = script_of("deepseek", "loop")
    request = ask(script, [*opening(script), Message.user("Here is a summary of the conversation: they talked.")])

    assert answer(request, script).at is None


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_side_calls_in_the_middle_of_a_loop_move_nothing_and_are_recorded_apart(*, stream: bool) -> None:
    with Provider() as provider:
        quiet = provider.open(SCENARIOS["second-turn"], profile="deepseek", token=RUN)
        wanted = converse(quiet, stream=stream)
        quiet.close()
        talk = provider.open(SCENARIOS["second-turn"], profile="deepseek", token=RUN)
        sides = 0

        messages = opening(talk.script)
        got: list[Message] = list(messages)
        for turn, step, history in histories(talk.script):
            for made in ASIDES.values():
                send(talk, ask(talk.script, made(talk.script, history), stream=stream))
                sides += 1
            assert send(talk, ask(talk.script, history, stream=stream)).message.blocks == tuple(
                block for block in said(wanted)[turn * 3 + step].blocks
            )
        assert talk.problems == []
        assert [exchange.scope for exchange in talk.exchanges].count(f"{talk.token}/side") == sides
        assert [exchange.scope for exchange in talk.exchanges].count(talk.token) == 6
        assert [not side for side in talk.sides] == [e.scope == talk.token for e in talk.exchanges]
        assert got == opening(talk.script)


def said(messages: Sequence[Message]) -> list[Message]:
    return [message for message in messages if message.role == "assistant"]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


COUNTS = {
    "openai": ("/responses/input_tokens", "input_tokens"),
    "anthropic": ("/v1/messages/count_tokens", "input_tokens"),
    "google-gemini": ("/v1beta/models/{model}:countTokens", "totalTokens"),
}


@pytest.mark.parametrize("profile", COUNTS)
def test_tokens_are_counted_and_that_is_no_exchange(provider: Provider, profile: str) -> None:
    talk = provider.open(SCENARIOS["loop"], profile=profile, cap=3)
    path, name = COUNTS[profile]
    short, long = (
        speaks(talk.script)
        .encode_request(ask(talk.script, [*opening(talk.script), Message.user(talk.turns[0] * n)]), talk.script.profile)
        .body
        for n in (1, 20)
    )
    url = talk.base_url + path.format(model=talk.script.model)
    answers = [post(url, body) for body in (short, long, b"{", short)]
    found = [json.loads(raw).get(name) for _, raw in answers]

    assert [status for status, _ in answers] == [200, 200, 400, 400]
    assert 0 < found[0] < found[1]
    assert "capped at 3 requests" in json.loads(answers[3][1])["error"]["message"]
    assert (talk.requests, talk.counted, talk.exchanges, talk.voices) == (4, 4, (), ())
    assert talk.problems == []


def test_a_request_that_gemini_is_given_whole_to_count_is_read(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["loop"], profile="google-gemini")
    contents = [{"role": "user", "parts": [{"text": talk.turns[0]}]}]
    url = f"{talk.base_url}/v1beta/models/{talk.script.model}:countTokens"
    inside, plain = (
        json.loads(post(url, json.dumps(body).encode())[1])["totalTokens"]
        for body in ({"generateContentRequest": {"model": "m", "contents": contents}}, {"contents": contents})
    )

    assert inside == plain


@pytest.mark.vendors
def test_the_clients_of_the_vendors_count_tokens(provider: Provider) -> None:
    import anthropic
    import openai
    from google import genai
    from google.genai import types

    talks = {profile: provider.open(SCENARIOS["loop"], profile=profile) for profile in COUNTS}
    words = talks["openai"].turns[0]
    asked: Any = [{"role": "user", "content": words}]
    with openai.OpenAI(base_url=talks["openai"].base_url, api_key="none") as client:
        assert client.responses.input_tokens.count(model="m", input=asked).input_tokens > 10
    with anthropic.Anthropic(base_url=talks["anthropic"].base_url, api_key="none") as other:
        assert other.messages.count_tokens(model="m", messages=asked).input_tokens > 10
    options = types.HttpOptions(base_url=talks["google-gemini"].base_url)
    with genai.Client(api_key="none", http_options=options) as third:
        counted = third.models.count_tokens(model=talks["google-gemini"].script.model, contents=words)
        assert counted.total_tokens is not None
        assert counted.total_tokens > 10
    assert [talk.problems for talk in talks.values()] == [[], [], []]


@pytest.mark.vendors
def test_a_history_that_openai_makes_short_goes_on_where_it_stood(provider: Provider) -> None:
    import openai

    talk = provider.open(SCENARIOS["second-turn"], profile="openai")
    script = talk.script
    with openai.OpenAI(base_url=talk.base_url, api_key="none", max_retries=0) as client:
        for turn, step, history in histories(script):
            body: Any = json.loads(speaks(script).encode_request(ask(script, history), script.profile).body)
            short = client.responses.compact(model=script.model, input=body["input"], instructions=script.system)
            items: Any = [item.model_dump(mode="json", exclude_unset=True, warnings=False) for item in short.output]
            assert [item["type"] for item in items] == [*["message"] * (turn + 1), "compaction"]
            got = client.responses.create(model=script.model, input=items, tools=body["tools"])
            calls = [item.call_id for item in got.output if item.type == "function_call"]
            assert calls == [called.id for called in script.calls_of(turn, step)]
            assert got.output_text == script.answer(turn, step).text
    assert talk.problems == []
    assert [side for side in talk.sides if side] == ["compaction"] * 6
    scopes = [exchange.scope for exchange in talk.exchanges]
    assert scopes == [f"{talk.token}/side", talk.token] * 6
    assert talk.exchanges[0].path.endswith("/responses/compact")


def test_an_item_of_compaction_that_is_not_ours_says_nothing() -> None:
    script = script_of("openai", "loop")
    other = Script(SCENARIOS["loop"], PROVIDERS["openai"], seed=7, token="elsewhere")  # noqa: S106 - a name
    wire = speaks(script)
    foreign = ("", "bm90IG91cnM=", "%%%", _packed(other), _packed(script)[:-8], "A" + _packed(script)[1:])
    for seal, step in (*((seal, 0) for seal in foreign), (_packed(script), 2)):
        item = {"type": "compaction", "id": "cmp_1", "encrypted_content": seal}
        body = {"model": "m", "input": [{"role": "user", "content": script.turns[0]}, item]}
        assert position(wire.decode_request(body), script) == (0, step, 0), seal


def _packed(script: Script) -> str:
    from keepthinking_conformance.provider._compaction import packed

    return packed(" ".join(called.receipt for called in script.calls[:2]), script.words, "here")


def test_a_flood_is_refused_and_told_and_fills_no_memory(provider: Provider) -> None:
    talk = provider.open(SCENARIOS["single"], profile="deepseek", cap=2)
    answers = [post(f"{talk.base_url}/chat/completions", b"{}") for _ in range(40)]

    assert {status for status, _ in answers} == {400}
    assert "this is number 40: the scaffold does not end" in json.loads(answers[-1][1])["error"]["message"]
    assert (talk.requests, talk.refused) == (40, 38)
    assert len(talk.records) == 22
    assert talk.problems == []


def test_results_of_calls_alone_are_in_the_loop_with_tools_and_beside_it_without() -> None:
    script = script_of("deepseek", "loop")
    first = script.calls[0]
    call = ToolCall(id=first.id, name="look_up", arguments=first.arguments)
    result = Message(role="tool", blocks=(ToolResult(call_id=first.id, content=first.result),))
    request = Request(conversation=Conversation.of(Message.assistant(call), result))

    assert answer(request, script).side == "no-tools"
    tools = ask(script, []).conversation.tools
    with_tools = replace(request, conversation=replace(request.conversation, tools=tools))
    assert answer(with_tools, script).at == (0, 1, 0)
