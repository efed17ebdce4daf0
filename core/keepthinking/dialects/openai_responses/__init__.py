"""OpenAI Responses, and everything that speaks it.

Maps to: the flat list of items, grouped. A maximal run of items that the model made is one assistant `Message`; each
item is an `Item` of it (its type, id, phase, status and what nobody here knows), and its blocks point to it. What the
caller gave is one message an item: results of the role `tool`, `instructions` a message of its own at the head, with
the carrier `instructions`, and an `input` of one string the user's only message. All items of an answer are one
message. History that the server holds (`previous_response_id`, `conversation`) is `Request.state`.

Cannot hold: seals on texts, calls and results, and seals of thinking under another name (`seal`), the flag of a failed
tool, sound and video (`content`), items and blocks of another wire (`foreign`), thinking whose own words stand before
its summary (`order`), several parts of the caller in one message where one is a result (`grouping`).

Version notes: thinking in plain words goes into `content` of a reasoning item as `reasoning_text`, which DeepSeek
demands and open servers read; OpenAI reads the encrypted form alone. An id that an item came without is never made up:
what a provider makes of its absence is its rule's word. `/responses/compact` answers with the caller's messages and a
`compaction` item: the former are items without blocks, since the model did not say them.
"""

from keepthinking.dialects.openai_responses._dialect import OpenAIResponses

DIALECT = OpenAIResponses()

__all__ = ["DIALECT", "OpenAIResponses"]
