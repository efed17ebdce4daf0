"""From a request to the bytes that are posted.

What a request leaves open is filled in: the model, what the endpoint and the profile send by default, what the API
demands. Whatever the request says itself wins. The history is converted for whom it goes to: messages of other dialects
and providers leave behind what only those know, and all are grouped as the wire wants it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._adapter import Endpoint
from keepthinking._exchange import Request
from keepthinking._json import Json, members
from keepthinking._messages import Origin
from keepthinking._profiles import Profile
from keepthinking._reports import Loss
from keepthinking.client._asks import asked
from keepthinking.client._wires import NO_STREAM_OPTIONS, STREAM_OPTIONS, Wire
from keepthinking.convert import Converter, policy
from keepthinking.dialects import Dialect

OnLosses = Callable[[tuple[Loss, ...]], None]

_log = logging.getLogger("keepthinking.client")
_REMEMBERED = 1_000


class Body:
    """Writes the bodies of one endpoint; safe to share between threads."""

    def __init__(self, dialect: Dialect, profile: Profile, wire: Wire, endpoint: Endpoint) -> None:
        self._dialect = dialect
        self._profile = profile
        self._model = endpoint.model
        self._defaults = dict(wire.needs)
        if profile.body is not UNSET:
            self._defaults |= {
                key: Json(bytes(raw)) for key, raw in members(profile.body.raw, "profile.body", "caller").items()
            }
        self._defaults |= {key: Json.of(value) for key, value in endpoint.extra_body.items()}
        refused = {STREAM_OPTIONS} if profile.provider in NO_STREAM_OPTIONS else set[str]()
        self._streams = {key: value for key, value in wire.streams.items() if key not in refused}
        reader = Origin(dialect=dialect.id, provider=profile.provider, model=endpoint.model)
        self._converter = Converter(policy(dialect.id, profile=profile, target=reader))
        self._is_told_by_path = bool(wire.streamed)
        self._told: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def write(self, request: Request, *, stream: bool, on_losses: OnLosses | None = None) -> bytes:
        """Write a body.

        Args:
            request: The request; what it leaves open is filled in.
            stream: Whether the answer shall be streamed, whatever the request says.
            on_losses: Receives what the wire cannot hold, unless it is mere spelling.

        Raises:
            EncodeError: The request cannot be written at all.
        """
        history = self._converter.messages(request.messages)
        model = self._model if request.model is UNSET or request.model is None else request.model
        defaults = {**asked(self._dialect.id, model), **self._defaults, **(self._streams if stream else {})}
        filled = replace(
            request,
            conversation=replace(request.conversation, messages=history.value),
            model=model,
            stream=UNSET if self._is_told_by_path else stream,
            params={**defaults, **request.params},
        )
        encoded = self._dialect.encode_request(filled, self._profile, on_loss="report")
        losses = tuple(loss for loss in (*history.losses, *encoded.losses) if loss.kind != "spelling")
        if losses:
            self._warn(losses)
            if on_losses is not None:
                on_losses(losses)
        return encoded.body

    def _warn(self, losses: Iterable[Loss]) -> None:
        # In a loop the same loss comes with each request; said once it is a warning, said a hundred times it is noise.
        with self._lock:
            if len(self._told) > _REMEMBERED:
                self._told.clear()
            new = {(loss.what, loss.why): loss for loss in losses if (loss.what, loss.why) not in self._told}
            self._told |= set(new)
        for loss in new.values():
            _log.warning("`%s` cannot hold %s (%s): %s", self._dialect.id, loss.what, loss.path, loss.why)
