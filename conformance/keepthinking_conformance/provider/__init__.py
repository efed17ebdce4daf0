"""The scripted provider: a real HTTP server on loopback that plays a model.

What lives here: the reply, which is a pure function of the request and the script, and a server around it that
records. A lenient one rejects only what it cannot read; a strict one refuses what the vendor refuses (`_strict`), and
tells its own seals (`_seals`). Requests beside the loop are told from it by a table of reasons (`_side`).

What must not: judgement (the audit in `keepthinking` reads `talk.exchanges`), and any memory between two requests.

    from keepthinking_conformance.provider import Provider
    from keepthinking_conformance.scenarios import SCENARIOS

    with Provider() as provider:
        talk = provider.open(SCENARIOS["loop"], profile="deepseek")
        ...  # a scaffold answers talk.turns at talk.base_url, with talk.tools
        print(talk.exchanges)
"""

from keepthinking_conformance.provider._reply import reply
from keepthinking_conformance.provider._script import Called, Script
from keepthinking_conformance.provider._server import Provider
from keepthinking_conformance.provider._talk import Talk, ToolFailure
from keepthinking_conformance.scenarios._faults import Fault

__all__ = ["Called", "Fault", "Provider", "Script", "Talk", "ToolFailure", "reply"]
