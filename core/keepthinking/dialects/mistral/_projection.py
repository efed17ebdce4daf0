"""Which members of a message are the model's memory, each with its source."""

from __future__ import annotations

from keepthinking._projection import Projection, Row

_API = "https://docs.mistral.ai/api (mistralai 3.7.0 client/models/assistantmessage.py, read 2026-11-24)"
_TEXT = "required in mistralai 3.7.0 client/models/textchunk.py (read 2026-11-24)"
_THINK = "mistralai 3.7.0 client/models/thinkchunk.py (read 2026-11-24)"
_SIGNATURE = 'mistralai 3.7.0 client/models/thinkchunk.py: "to replay some reasoning blocks" (read 2026-11-24)'
_CLOSED = 'mistralai 3.7.0 client/models/thinkchunk.py: "currently only used for prefixing" (read 2026-11-24)'
_CALL = "mistralai 3.7.0 client/models/toolcall.py, functioncall.py (read 2026-11-24)"
_RESULT = "mistralai 3.7.0 client/models/toolmessage.py (read 2026-11-24)"
_FILES = "mistralai 3.7.0 client/models/imageurlchunk.py, documenturlchunk.py, filechunk.py (read 2026-11-24)"

PROJECTION = Projection(
    (
        Row("role", "memory", _API),
        Row("content", "memory", _API),
        Row("content[].type", "memory", _TEXT),
        Row("content[].text", "memory", _TEXT),
        Row("content[].thinking", "memory", _THINK),
        Row("content[].signature", "memory", _SIGNATURE),
        Row("content[].closed", "link", _CLOSED),
        Row("content[].image_url", "memory", _FILES),
        Row("content[].document_url", "memory", _FILES),
        Row("content[].file_id", "memory", _FILES),
        Row("tool_calls[].id", "memory", _CALL),
        Row("tool_calls[].type", "link", "optional in " + _CALL),
        Row("tool_calls[].index", "link", "optional in " + _CALL),
        Row("tool_calls[].function", "memory", _CALL),
        Row("tool_call_id", "memory", _RESULT),
        Row("name", "link", "optional in " + _RESULT),
        Row("prefix", "link", 'an instruction for the next answer: "to condition the model response"; ' + _API),
    ),
    homes={
        "text": "content[]",
        "media": "content[]",
        "opaque": "content[]",
        "thinking": "content[]",
        "item": "",
        "tool_call": "tool_calls[]",
        "tool_result": "",
    },
)
