"""Words, seals and ids that nobody else has: all made from a secret and a path, by HMAC-SHA256.

The same secret and path give the same value in every process. Two paths give sentences without a common run of eight
words, so that a sentence found anywhere says where it came from.
"""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_ADJECTIVES = _listed(
    "amber ancient bitter bold brisk broken calm careful central clever coarse copper crimson curious damp distant "
    "double eager early eastern empty faint fallen famous fertile final firm floating fragile frozen gentle golden "
    "granite hidden hollow humble idle inner iron ivory jagged kind late lean level light little local lonely loud "
    "lower lucky marble mellow minor modest narrow naïve neutral noble northern odd open outer pale patient plain "
    "polished proud quiet rapid rare remote rough round rusty sandy scarlet second serene shallow sharp short silent "
    "silver simple slender smooth solid southern spare steady still stone strange subtle sudden sunny tall tidy tiny "
    "upper urban vast velvet violet warm western wide wild wooden young zealous"
)
_NOUNS = _listed(
    "anchor apple archive arrow atlas badge balcony barrel basket beacon bell blanket bottle branch bridge bucket "
    "button cabin café candle canvas carpet castle cellar chapel circle clock coast compass corner cottage curtain "
    "desert drawer engine falcon feather fence ferry field filter forest fountain garden gate glacier hammer harbour "
    "hinge horizon island jacket journal kettle ladder lantern ledger lemon library lighthouse lily mantle market "
    "meadow mirror mountain needle notebook oak orchard paddle palace paper parade pasture pebble pencil pepper "
    "picture pillar planet plateau pocket pond quarry quilt railway raven ribbon river rocket saddle sail shelf "
    "signal spiral spoon staircase station stream summit table temple thread ticket timber tower tunnel valley vessel "
    "village violin wagon wall window winter workshop"
)
_VERBS = _listed(
    "admires answers avoids balances borrows carries changes checks closes colours counts covers crosses describes "
    "draws enters explains faces fills follows forgets frames guards guides holds joins keeps leaves lifts lights "
    "marks measures meets mends moves names needs offers opens orders paints passes precedes protects pushes reaches "
    "reads recalls repairs replaces rests returns reveals shadows shapes shelters shows signals sorts splits supports "
    "surrounds teaches touches tracks turns visits watches weighs"
)
_PLACES = _listed("above against along around before behind beneath beside beyond inside near opposite past under")

_KEYS = tuple(word for word in _NOUNS if word.isascii())
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghijkmnopqrstuvwxyz"


class Words:
    """A source of values that depend on a secret and a path alone.

    Attributes:
        secret: What two conversations that must differ do not share.
    """

    __slots__ = ("secret",)
    secret: bytes

    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()

    def digest(self, path: str, size: int = 32) -> bytes:
        """Give bytes of a path."""
        found = b""
        while len(found) < size:
            found += hmac.new(self.secret, f"{path}#{len(found)}".encode(), sha256).digest()
        return found[:size]

    def number(self, path: str, below: int) -> int:
        """Give a number of a path, from 0."""
        return int.from_bytes(self.digest(path, 8), "big") % below

    def code(self, path: str, size: int) -> str:
        """Give letters and digits of a path, as ids are made of."""
        return "".join(_DIGITS[byte % len(_DIGITS)] for byte in self.digest(path, size))

    def sentence(self, path: str) -> str:
        """Give a sentence of a path."""
        lists = (_ADJECTIVES, _NOUNS, _VERBS, _ADJECTIVES, _NOUNS, _PLACES, _ADJECTIVES, _NOUNS)
        picked = [words[self.number(f"{path}/{i}", len(words))] for i, words in enumerate(lists)]
        first, second, verb, third, fourth, place, fifth, sixth = picked
        return f"The {first} {second} {verb} {third} {fourth} {place} the {fifth} {sixth}."

    def key(self, path: str) -> str:
        """Give five words of a path that no sentence holds in that order, in letters that no JSON writer escapes."""
        return " ".join(_KEYS[self.number(f"{path}/{i}", len(_KEYS))] for i in range(5))

    def seal(self, path: str) -> str:
        """Give a seal of a path: 256 bytes in base64."""
        return base64.b64encode(self.digest(path, 256)).decode()

    def uuid(self, path: str) -> str:
        """Give a value of a path that looks like a UUID."""
        text = self.digest(path, 16).hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
