"""Ollama's own API, `/api/chat`: requests and responses, whole and streamed. No traffic of it was recorded.

What stands for that is the server's own code and pages, named where something is read or written, and the vendor's
client, which reads our streams and sends what it made of them.

Maps to: one wire message is one `Message`. Its members are flat: thinking comes before text, text before images, images
before tool calls, which is the order in which the server fills its templates. Arguments of a call are an object. A
tool message is one result; it names the tool.

Cannot hold: several thoughts or texts in one message (`grouping`), thinking behind text or a call (`order`), seals of
any kind (`seal`), a tool's error flag, media that are no images or come as an address, calls whose arguments are no
JSON object (`content`), items that group blocks, tools and blocks that only another dialect knows (`foreign`).

Version notes: names are those of ollama 0.6.3, `_types.py`. Servers before 0.12.10 give calls no ids; later ones do,
and the Python client drops them (https://github.com/deepset-ai/haystack-core-integrations/pull/3321,
https://github.com/ollama/ollama-python/issues/667). Older clients name the tool of a result `name` and not `tool_name`.
A stream is one JSON object a line (`_stream`); it is the default of the server, so a request without `stream` asks for
one.
"""

from keepthinking.dialects.ollama._dialect import Ollama

DIALECT = Ollama()

__all__ = ["DIALECT", "Ollama"]
