"""Dialects: one room a wire protocol, each behind one door, `DIALECT`.

What lives here: reading and writing of requests, responses and streams, sans-IO. What must not: rules of providers
(`retention`), HTTP, and anything that one wire needs and another room would have to know.
"""

from keepthinking.dialects._base import Dialect, StreamDecoder

__all__ = ["Dialect", "StreamDecoder"]
