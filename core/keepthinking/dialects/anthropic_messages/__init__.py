"""Anthropic Messages, and everything that speaks it.

Maps to: one wire message is one `Message`, its content blocks are its blocks, in their order. The top-level `system`
is a message of its own at the head, with the carrier `system`. The wire has an order, so nothing has to be guessed.

Cannot hold: thinking in a field or between tags (`spelling`), several segments in one thought (`grouping`), arguments
that are no JSON object (`content`), seals on texts, calls and results (`seal`), items that group blocks and blocks that
only another dialect knows (`foreign`), a message of the role `tool` (`grouping`).

Version notes: Anthropic demands the signature of a thinking block; MiniMax and DeepSeek take a block without one on
their routes for this dialect, and SGLang drops it. A thought that has none is therefore written without one: what a
provider makes of it is its rule's word. Newest models take messages of the role `system` after the first turn
(anthropic 2.12.0, `types/system_message_param.py`).
"""

from keepthinking.dialects.anthropic_messages._dialect import AnthropicMessages

DIALECT = AnthropicMessages()

__all__ = ["DIALECT", "AnthropicMessages"]
