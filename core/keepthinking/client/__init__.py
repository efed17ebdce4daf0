"""Calling a provider: one endpoint, any dialect, plain and streamed, sync and async.

What lives here: HTTP over httpx2, retries, typed errors, and the vendors' addresses. What must not: frameworks. The
model class of each adapter is a thin layer over `Client`.

    from keepthinking.client import Client, endpoint_for

    client = Client(endpoint_for("deepseek-v4-pro"))
    with client.stream(request) as events:
        for event in events:
            ...
    answer = events.response

httpx2 comes with the extra of each framework and of the proxy; `import keepthinking` never loads it.
"""

from keepthinking.client._client import Client
from keepthinking.client._endpoints import MissingKeyError, endpoint_for
from keepthinking.client._stream import AsyncStream, Stream
from keepthinking.client._wires import shown as without_secrets

__all__ = ["AsyncStream", "Client", "MissingKeyError", "Stream", "endpoint_for", "without_secrets"]
