"""Faults of calls: their arguments, ids and names, and the words beside them."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from keepthinking_conformance.miniatures._habits import Sent
from keepthinking_conformance.miniatures._wire import Json, Told
from keepthinking_conformance.miniatures.faults._fault import fault, hands


def _called(sent: Sent) -> Iterator[Json]:
    for answer in sent.answers:
        for place in sent.wire.called(answer):
            yield place.value


def _told(sent: Sent) -> Iterator[Json]:
    for results in sent.results:
        for place in hands(sent).told(results):
            yield place.value


@fault("https://github.com/microsoft/autogen/pull/7873")
def keeps_one_call(sent: Sent) -> None:
    """Sends the first of several calls alone, and its result."""
    for answer, results in zip(sent.answers, sent.results, strict=False):
        for place in reversed(sent.wire.called(answer)[1:]):
            place.drop()
        for place in reversed(hands(sent).told(results)[1:]):
            place.drop()


@fault("https://github.com/langchain-ai/langchain-aws/issues/837")
def makes_a_call_up(sent: Sent) -> None:
    """Adds a call that the model never made to the first answer."""
    for answer in sent.answers[:1]:
        call = sent.wire.called(answer)[0]
        made = copy.deepcopy(call.value)
        hands(sent).id(made).put("call_made_up")
        hands(sent).argue(made, {"key": "made up"})
        call.holder.insert(int(call.key) + 1, made)


@fault("https://github.com/areal-project/AReaL/pull/1734")
def doubles_calls(sent: Sent) -> None:
    """Sends the first call of an answer twice."""
    for answer in sent.answers:
        for place in sent.wire.called(answer)[:1]:
            place.holder.insert(place.key, copy.deepcopy(place.value))


@fault("https://github.com/huggingface/smolagents/pull/2524")
def fills_arguments_in(sent: Sent) -> None:
    """Writes a tool's defaults into the arguments of calls."""
    for call in _called(sent):
        hands(sent).argue(call, {**hands(sent).arguments(call), "limit": 10})


@fault("https://github.com/stanfordnlp/dspy/issues/10216")
def retypes_arguments(sent: Sent) -> None:
    """Makes texts of the numbers in arguments."""
    for call in _called(sent):
        arguments = hands(sent).arguments(call)
        hands(sent).argue(call, {k: v if isinstance(v, str) else "1" for k, v in arguments.items()})


@fault("https://github.com/unslothai/unsloth/pull/10845")
def sorts_arguments(sent: Sent) -> None:
    """Sorts the members of arguments."""
    for call in _called(sent):
        hands(sent).argue(call, dict(sorted(hands(sent).arguments(call).items())))


@fault("https://github.com/OpenRouterTeam/ai-sdk-provider/pull/472")
def respells_arguments(sent: Sent) -> None:
    """Writes arguments anew, without their white space."""
    for call in _called(sent):
        hands(sent).argue(call, hands(sent).arguments(call))


@fault()
def respells_arguments_without_thinking(sent: Sent) -> None:
    """Writes arguments anew, without their white space, and sends no thinking back."""
    respells_arguments.habits.sends(sent)
    for answer in sent.answers:
        sent.wire.unthink(answer)


@fault("https://github.com/vybestack/llxprt-code/issues/713")
def renames_ids(sent: Sent) -> None:
    """Numbers calls and their results itself."""
    names: dict[object, str] = {}
    for call in _called(sent):
        place = hands(sent).id(call)
        names[place.value] = f"call_{len(names):03}"
        place.put(names[place.value])
    for result in _told(sent):
        place = hands(sent).for_id(result)
        place.put(names[place.value])


@fault("https://github.com/ml-explore/mlx-lm/pull/821")
def renames_ids_of_calls(sent: Sent) -> None:
    """Normalises the ids of calls, and not those in their results."""
    for n, call in enumerate(_called(sent)):
        hands(sent).id(call).put(f"call_{n:03}")


@fault("https://github.com/areal-project/AReaL/pull/1734")
def shares_ids(sent: Sent) -> None:
    """Gives all calls of one answer the id of the first one, in their results, too."""
    for answer, results in zip(sent.answers, sent.results, strict=False):
        first = hands(sent).id(sent.wire.called(answer)[0].value).value
        for place in sent.wire.called(answer):
            hands(sent).id(place.value).put(first)
        for place in hands(sent).told(results):
            hands(sent).for_id(place.value).put(first)


@fault("https://github.com/areal-project/AReaL/pull/1734")
def drops_ids(sent: Sent) -> None:
    """Sends calls and results without ids."""
    for call in _called(sent):
        hands(sent).id(call).drop()
    for result in _told(sent):
        hands(sent).for_id(result).drop()


@fault()
def names_tools_anew(sent: Sent) -> None:
    """Puts the name of a server before the names of tools."""
    for call in _called(sent):
        place = hands(sent).name(call)
        place.put(f"archive__{place.value}")


@fault("https://github.com/langchain-ai/langchainjs/issues/10684")
def notes_on_calls(sent: Sent) -> None:
    """Leaves in calls what it noted while they were streamed."""
    for call in _called(sent):
        hands(sent).name(call).holder["partial_json"] = ""


@fault()
def reorders_calls(sent: Sent) -> None:
    """Sends the calls of an answer in the order of their tools' names, backwards."""
    for answer in sent.answers:
        places = sent.wire.called(answer)
        names = sorted((place.value for place in places), key=lambda c: hands(sent).id(c).value, reverse=True)
        if [place.value for place in places] == names:
            names.reverse()
        for place, value in zip(places, names, strict=True):
            place.put(value)


# -- words beside calls ------------------------------------------------------------------------------------------------


@fault("https://github.com/langchain-ai/langchain/issues/35059")
def drops_texts(sent: Sent) -> None:
    """Sends no words that stood beside calls."""
    for answer in sent.answers:
        if sent.wire.calls(answer):
            hands(sent).hush(answer)


@fault()
def cuts_texts(sent: Sent) -> None:
    """Cuts what the model said after some characters."""
    for answer in sent.answers:
        for place in sent.wire.texts(answer):
            place.put(place.value[:20] + "...")


@fault()
def speaks_for_the_model(sent: Sent) -> None:
    """Lets the model say what it does where it said nothing."""
    for answer in sent.answers:
        if not sent.wire.texts(answer):
            hands(sent).say(answer, "I am calling a tool.")


# -- results -----------------------------------------------------------------------------------------------------------


@fault("https://github.com/anthropics/claude-code/issues/12973")
def clears_results(sent: Sent) -> None:
    """Clears results that are older than the last one."""
    for result in list(_told(sent))[:-1]:
        hands(sent).said(result).put("[old result cleared]")


@fault("https://github.com/microsoft/autogen/pull/7873", at="tells")
def writes_results_as_python(told: Told) -> Told:
    """Gives the model what a tool returned as Python would print it."""
    return told._replace(text=repr(told.text))


@fault("https://github.com/Arize-ai/openinference/issues/2577", at="tells")
def shortens_results(told: Told) -> Told:
    """Gives the model the end of what a tool returned."""
    return told._replace(text="..." + told.text[-25:])


@fault(at="tells")
def makes_results_up(told: Told) -> Told:
    """Tells the model that all is well, whatever a tool returned."""
    return told._replace(text="Done.")
