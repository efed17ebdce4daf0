"""Importers: what agents store of their history, as a conversation.

Each takes bytes and gives a conversation, and what that could not hold by path from the document. A new one is a row.
"""

from collections.abc import Callable, Mapping

from keepthinking._messages import Conversation
from keepthinking._reports import Converted
from keepthinking.convert.importers._pydantic_ai import read_pydantic_ai

Importer = Callable[[bytes], Converted[Conversation]]

IMPORTERS: Mapping[str, Importer] = {"pydantic-ai": read_pydantic_ai}
"""Name to importer."""

__all__ = ["IMPORTERS", "Importer"]
