"""Mistral's chat completions: `api.mistral.ai`, and Mistral's own client.

Maps to: one wire message is one `Message`. Its content is a string or a list of chunks, which are the blocks in their
order; tool calls are a member beside it and come after. A `thinking` chunk is one thought: its texts and references
are the segments, `signature` is its seal. The arguments of a call are a string or an object; which one is kept.

Cannot hold: thinking or text behind a call (`order`), several tool results in one message (`grouping`), a tool's error
flag and calls whose arguments are free text (`content`), seals on anything but thinking (`seal`), a thought in a field
or between tags (`spelling`), items that group blocks, tools and blocks that only another dialect knows (`foreign`).

Version notes: all names are those of mistralai 3.7.0. Older clients know no `signature`. A stream says text as strings
and thinking as chunks; chunks go on with the thought before them until a signature closes it. The wire resembles
`openai-chat`, which reads the same bodies under the profile `mistral-chat` for those who speak to Mistral through an
OpenAI client.
"""

from keepthinking.dialects.mistral._dialect import Mistral

DIALECT = Mistral()

__all__ = ["DIALECT", "Mistral"]
