"""Amazon Bedrock, Converse.

Maps to: one wire message is one `Message`, its content blocks are its blocks, in their order. A block is a union by
key: `{"text": ...}`, `{"toolUse": {...}}`; a member that nobody here knows is a block whose `kind` is the key. The
top-level `system` is a message of its own at the head, with the carrier `system`. The model stands in the URL, and so
does whether the answer is streamed; a body holds neither.

Cannot hold: thinking in a field or between tags (`spelling`), several segments in one thought (`grouping`), arguments
that are no JSON object (`content`), seals on texts, calls and results (`seal`), media by an address other than S3
(`content`), items that group blocks and blocks that only another dialect knows (`foreign`).

Version notes: botocore 1.37 is the first that knows `reasoningContent`; members of unions that came later are kept
whole. Redacted thinking is base64 of bytes here, and those bytes are the text of Anthropic's `data`
(pydantic-ai-slim 2.68.0, `models/bedrock.py`, `_map_thinking_part`, read 2026-11-24; recorded values of both wires), so
it goes both ways. Streams are binary (`application/vnd.amazon.eventstream`) and read by botocore, which the extra
`bedrock` installs.
"""

from keepthinking.dialects.bedrock_converse._dialect import BedrockConverse

DIALECT = BedrockConverse()

__all__ = ["DIALECT", "BedrockConverse"]
