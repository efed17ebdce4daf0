"""The user: other words, another language, a picture, several messages, a reminder in the middle, a change of mind.

The words that a turn is known by stay among all others.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from random import Random
from typing import Final

from keepthinking_conformance.perturbations._types import Perturbation, Spoken

_PNG: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGP8z4APMOGVHbHSAEEAEA8BEBGT2mMAAAAASUVORK5CYII="
)
"""A picture of eight by eight pixels."""

_AGAIN: Final = (
    "Whenever it suits you, and in whatever order you like: {words} Thanks ever so much.",
    "hey, quick one!! {words} (sorry for the typos, im on my phone)",
    "I should be obliged if you saw to the following matter. {words} I remain, with kind regards.",
)
_TONGUES: Final = (
    "请用中文回答，一步一步来。{words} 谢谢！",  # noqa: RUF001 - such are the commas there
    "من فضلك أجب بالعربية، خطوة بخطوة. {words} شكرًا.",
    "कृपया हिंदी में उत्तर दें। {words} धन्यवाद 🙏",
    "Bitte antworte auf Deutsch, Schritt für Schritt. {words} Schönen Dank!",
)
_REMINDER: Final = (
    "<system-reminder>You have open items on your list. Go on with what you were asked.</system-reminder>"
)


def _in(forms: tuple[str, ...]) -> Callable[[str, int, Random], Spoken]:
    def says(words: str, turn: int, draw: Random) -> Spoken:
        del turn
        return Spoken(texts=(draw.choice(forms).format(words=words),))

    return says


def _picture(words: str, turn: int, draw: Random) -> Spoken:
    del draw
    return Spoken(texts=(words,), image=_PNG if turn == 0 else None)


def _reminded(words: str, turn: int, draw: Random) -> Spoken:
    del draw
    return Spoken(texts=(words,), reminder=_REMINDER if turn == 0 else "")


def _several(words: str, turn: int, draw: Random) -> Spoken:
    del turn, draw
    return Spoken(texts=("One more thing before you begin: be brief.", words))


def _against(words: str, turn: int, draw: Random) -> Spoken:
    del draw
    told = f"Forget all that I asked before; it was wrong, and so was your answer. {words}"
    return Spoken(texts=(words if turn == 0 else told,))


ROWS: Final = (
    Perturbation(
        id="user.paraphrased",
        axis="user",
        title="The user says the same in other words",
        rule="What the user says; nothing else differs.",
        says=_in(_AGAIN),
    ),
    Perturbation(
        id="user.language",
        axis="user",
        title="The user speaks another language",
        rule="What the user says, and in which script; nothing else differs.",
        says=_in(_TONGUES),
    ),
    Perturbation(
        id="user.image",
        axis="user",
        title="The user sends a picture along",
        rule="The first words have a picture beside them; nothing else differs.",
        needs=frozenset({"image"}),
        says=_picture,
    ),
    Perturbation(
        id="user.reminder",
        axis="user",
        title="A reminder in the user's name comes in the middle of a loop",
        rule="The reminder stands in the loop, behind results or among them; what stood there before stays as it was, "
        "unless the provider's rule counts a loop from the newest words of a user.",
        needs=frozenset({"remind"}),
        says=_reminded,
        allows={"inject.boundary": "the words in the loop are the perturbation's"},
    ),
    Perturbation(
        id="user.several",
        axis="user",
        title="The user sends two messages at once",
        rule="Each turn begins with two messages, or with both in one; nothing else differs.",
        needs=frozenset({"several"}),
        says=_several,
    ),
    Perturbation(
        id="user.contradicts",
        axis="user",
        title="The user takes everything back in the second turn",
        rule="What the user says; what was said in the first turn stays as it was.",
        says=_against,
    ),
)
"""The perturbations of this axis."""
