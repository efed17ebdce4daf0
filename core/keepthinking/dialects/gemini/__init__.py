"""Gemini `generateContent`, of the Gemini API and of Vertex AI.

Maps to: one wire content is one `Message`, its parts are its blocks, in their order; the role is kept as sent (`model`,
`user`). `systemInstruction` is a message of its own at the head, with the carrier `systemInstruction`. A part with
`thought` is a thinking block, which holds a summary; a `thoughtSignature` is a seal on the part that it stands on: a
call, a text, an empty text. A candidate is a message. The model and whether to stream are in the URL: `model_of`.

Cannot hold: seals of other providers (`seal`), arguments that are no JSON object and names of participants (`content`),
several segments in one thought and several texts in one result (`grouping`), items that group blocks, server tools and
blocks that only another dialect knows (`foreign`), thinking in a field or between tags and thinking that is no summary
(`spelling`).

Version notes: proto JSON takes both spellings of a member, `thoughtSignature` and `thought_signature`; each goes back
as it came. Calls had no `id` before Gemini 3, and on Vertex AI have none still; an answer is then matched by its order
and name. Vertex AI alone streams arguments of calls piece by piece (`partialArgs`): a stream joins them. A call
that was cut, or that a body holds in pieces, keeps them and has no arguments, not even `{}`, so that nobody runs it.
"""

from keepthinking.dialects.gemini._dialect import Gemini
from keepthinking.dialects.gemini._names import model_of

DIALECT = Gemini()

__all__ = ["DIALECT", "Gemini", "model_of"]
