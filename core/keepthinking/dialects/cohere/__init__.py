"""Cohere, chat of the v2 API: requests and whole responses. Unproven: one recorded exchange, no stream.

Maps to: one wire message is one `Message`. Thinking has two places: parts of the type `thinking` in the content, and
`tool_plan`, a string beside the calls. A plan is read before the content and the calls behind it, since the wire has
no order of its own; a tool message is one `ToolResult`.

Cannot hold: seals (`seal`), several segments in one thought (`grouping`), thinking after the calls (`order`), calls and
results that the provider runs, items and blocks that only another dialect knows (`foreign`), a flag of failure and free
text as arguments (`content`), streams: `stream_decoder` and `encode_stream` raise.

Version notes: read in cohere 7.3.1, `types/`. Whether thinking has to come back is written nowhere.
"""

from keepthinking.dialects.cohere._dialect import Cohere

DIALECT = Cohere()

__all__ = ["DIALECT", "Cohere"]
