"""The server: the application on loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

import uvicorn

from keepthinking._adapter import Speech
from keepthinking._errors import UnknownNameError
from keepthinking_conformance.provider._app import App
from keepthinking_conformance.provider._script import Script
from keepthinking_conformance.provider._talk import Talk, Temper
from keepthinking_conformance.scenarios import BESIDE, FAMILIES, PROVIDERS, FamilyName, Scenario
from keepthinking_conformance.scenarios._faults import Fault

_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HOST = "127.0.0.1"
_THREAD = "keepthinking-provider"
_HEADERS = 128 * 1024
"""So many bytes of headers a request may have: as at a gateway in front of a vendor, where h11 would take 16 KiB
(https://developers.cloudflare.com/workers/platform/limits/, read 2026-11-28)."""
_PLAYED = {**PROVIDERS, **BESIDE}


class Provider:
    """A server on loopback that plays models; a context manager.

        with Provider() as provider:
            talk = provider.open(SCENARIOS["loop"], profile="deepseek")
            ...  # run a scaffold against talk.base_url
            audit(talk.exchanges)

    Runs may go on at the same time, and so may the requests of one run. `open` and everything on a run may be used from
    any thread.

    Attributes:
        port: The port; 0 until it has started and none was asked for.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.port = port
        self._app: App | None = None
        self._server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._talks: dict[str, Talk] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The address; each run has a base URL of its own below it."""
        return f"http://{_HOST}:{self.port}"

    def start(self) -> None:
        """Begin to listen. Raises `OSError` where the port is taken, `RuntimeError` where it has been started."""
        if self._thread is not None:
            raise RuntimeError("this provider has been started")
        self._begin(socket.create_server((_HOST, self.port)))

    def _begin(self, listener: socket.socket) -> None:
        self.port = listener.getsockname()[1]
        ready = threading.Event()
        # The socket listens already, so that clients may connect before the thread runs.
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listener, ready)), name=_THREAD, daemon=True
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Stop listening, end every connection and wait for the thread; a second time does nothing."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        self._thread = None
        if thread.is_alive():
            loop.call_soon_threadsafe(self._end)
        thread.join()

    def restart(self, *, after: float) -> threading.Event:
        """Stop, and start again on the same port; the runs stay open, since nothing of them is kept in the server.

        Args:
            after: Seconds until then.

        Returns:
            What is set when it listens again, or could not since somebody else took the port.
        """
        self.stop()
        up = threading.Event()
        held = _held(self.port)

        def start() -> None:
            try:
                with suppress(OSError):
                    if held is None:
                        self.start()
                    else:
                        held.listen()
                        self._begin(held)
            finally:
                up.set()

        later = threading.Timer(after, start)
        later.daemon = True
        later.start()
        return up

    def open(  # noqa: PLR0913 - one keyword an axis of a run
        self,
        scenario: Scenario,
        *,
        profile: str,
        model: str | None = None,
        seed: int = 0,
        token: str | None = None,
        other: str | None = None,
        speech: Speech = "native",
        family: FamilyName | None = None,
        temper: Temper = "lenient",
        cap: int = 60,
        faults: tuple[Fault, ...] = (),
        pace: float = 0.0,
    ) -> Talk:
        """Open a run.

        Args:
            scenario: Who speaks when.
            profile: Who plays the model: a name of `PROVIDERS` or `BESIDE`.
            model: The model's name; by default that of the table.
            seed: The examination's seed.
            token: The run's own name, part of its URL and of every word; by default a random one. With the same
                scenario, profile, seed and token the same is said, in another process, too.
            other: Who plays the model that takes over, likewise; None where none does.
            speech: In which language the model says what it wants done.
            family: Which family of tasks the model does by what it sees alone; None where it plays the scenario, which
                is the family's own otherwise.
            temper: `lenient` answers all that can be read; `strict` refuses what the vendor refuses, in its words.
            cap: How many requests are answered; later ones get HTTP 400.
            faults: What goes wrong on purpose.
            pace: Seconds between two frames of a stream.

        Raises:
            UnknownNameError: No such profile is played.
            ValueError: The token is taken, or no part of a URL; or the scenario cannot be played so.
        """
        for asked in (profile, *(() if other is None else (other,))):
            if asked not in _PLAYED:
                raise UnknownNameError("profile that is played", asked, _PLAYED)
        name = secrets.token_hex(6) if token is None else token
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} cannot be part of a URL: letters, digits, `.`, `_` and `-`")
        second = None if other is None else _PLAYED[other]
        script = Script(
            scenario,
            _PLAYED[profile],
            model=model,
            seed=seed,
            token=name,
            other=second,
            speech=speech,
            family=None if family is None else FAMILIES[family],
        )
        talk = Talk(script, self.url, temper=temper, cap=cap, faults=faults, pace=pace, end=lambda: self._close(name))
        with self._lock:
            if name in self._talks:
                raise ValueError(f"a run of the name {name!r} is open")
            self._talks[name] = talk
        return talk

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _close(self, token: str) -> None:
        with self._lock:
            self._talks.pop(token, None)

    def _end(self) -> None:
        if self._app is not None and self._server is not None:
            self._app.closing.set()
            self._server.should_exit = True

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._app = App(self._talks)
        config = uvicorn.Config(
            self._app,
            http="h11",
            h11_max_incomplete_event_size=_HEADERS,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,  # a client that never ends its request must not keep us from ending
        )
        self._server = uvicorn.Server(config)
        log = logging.getLogger("uvicorn.error")
        log.addFilter(_not_ours)
        ready.set()
        try:
            with listener:  # a server that is told to stop before it has begun closes nothing
                await self._server.serve(sockets=[listener])
        finally:
            log.removeFilter(_not_ours)


def _held(port: int) -> socket.socket | None:
    """Hold a port, so that nobody is given it by chance, and take no connections; None where somebody has it."""
    found = socket.socket()
    try:
        if os.name == "posix":  # as `create_server`: connections that have ended are in nobody's way
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((_HOST, port))
    except OSError:
        found.close()
        return None
    return found


def _not_ours(record: logging.LogRecord) -> bool:
    """Let through what other servers of this process log: an answer that is cut on purpose is no error of ours."""
    return record.threadName != _THREAD
