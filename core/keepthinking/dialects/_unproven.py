"""Dialects of which no streamed traffic was ever recorded here: requests and whole responses only.

A codec that no real stream has tested would look as sure as the others. So there is none, and the error says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from keepthinking._errors import UnprovenError
from keepthinking._exchange import Response
from keepthinking.dialects._base import JsonDialect, ProfileLike, StreamDecoder


class UnprovenDialect(JsonDialect):
    """A dialect whose streams are neither read nor written."""

    def stream_decoder(self, profile: ProfileLike = None) -> StreamDecoder:  # noqa: ARG002 - no profile changes that
        """Refuse to read a stream. Raises `UnprovenError`."""
        raise UnprovenError(self.id, "streams are not read")

    def encode_stream(
        self,
        response: Response,  # noqa: ARG002 - no response changes that
        profile: ProfileLike = None,  # noqa: ARG002 - no profile changes that
        *,
        cuts: Random | None = None,  # noqa: ARG002 - nothing is cut
    ) -> Iterator[bytes]:
        """Refuse to write a stream. Raises `UnprovenError`."""
        raise UnprovenError(self.id, "streams are not written")
