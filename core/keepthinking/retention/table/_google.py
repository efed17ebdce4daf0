"""Google: Gemini."""

from __future__ import annotations

from keepthinking.retention._forms import Flaw
from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, GEMINI, TODAY

_GEMINI_DOCS = "https://ai.google.dev/gemini-api/docs/thought-signatures"
_GEMINI_FORUM = "https://discuss.ai.google.dev/t/openai-api-compatibility-broken-due-to-thought-signature-on-gemini-3-pro-preview/109823"
_GEMINI_PLACE = (
    "The seal stands on the tool call, in `extra_content.google.thought_signature`; of parallel calls mostly the "
    "first has "
    "one. What came goes back on the call it came with."
)
_GEMINI_PARTS = (
    "Every step of the running turn needs the signature on its first `functionCall` part; some answers sign more of "
    "their parallel calls. What came goes back on the part it came with, an empty text too; parts are not joined. "
    "Signatures of texts are recommended and not checked."
)
_MISSING = (
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, "
    "and missing thought_signature may lead to degraded model performance. Additional data, function call "
    "`default_api:{name}` , position {index}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures "
    "for more details."
)
_VERTEX_MISSING = (
    "Unable to submit request because function call `default_api:{name}` in the {index}. content block is missing "
    "a `thought_signature`. Learn more: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures"
)
_VERTEX_REFUSED = (
    "Unable to submit request because Thought signature is not valid.. Learn more: "
    "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"
)
_VERTEX_SEEN = "https://github.com/RooCodeInc/Roo-Code/issues/11716"
_VERTEX_DOCS = "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures"
_FLAWS = (
    Flaw(
        kind="unanswered",
        status=400,
        text="Please ensure that the number of function response parts is equal to the number of function call parts "
        "of the function call turn.",
    ),
)
_FLAWS_SEEN = "https://github.com/google-gemini/gemini-cli/issues/3814"
"""One of many reports, for the Gemini API and its clients (read 2026-11-28)."""

_NATIVE = "2026-11-24"
_DAY = "2026-11-28"

ROWS: tuple[Rule, ...] = (
    Rule(
        id="google.gemini-3.chat",
        provider="google",
        dialects=CHAT,
        models=("gemini-3*", "gemini-4*"),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(
            status=400,
            text=_MISSING,
            checks="loop",
            asks="first-call",
        ),
        refused=Missing(status=400, text="Invalid thought signature."),
        carrier="call",
        bound="block",
        domain="google-gemini-api",
        standing="documented",
        source=f"{_GEMINI_DOCS}; {_GEMINI_FORUM}; https://github.com/manthanabc/paws/issues/103",
        verified=_DAY,
        note=f"{_GEMINI_PLACE} A damaged seal may also be called `Corrupted thought signature.`",
    ),
    Rule(
        id="google.gemini-2-5.chat",
        provider="google",
        dialects=CHAT,
        models=("gemini-2.5*",),
        in_loop="should",
        cross_turn="may",
        boundary="user-message",
        carrier="call",
        bound="block",
        domain="google-gemini-api",
        standing="observed",
        source="https://github.com/Gitlawb/openclaude/issues/583",
        verified=TODAY,
        note="The vendor calls it optional for this family, but users report the error of Gemini 3 for it too.",
    ),
    Rule(
        id="google-vertex.gemini-3.chat",
        provider="google-vertex",
        dialects=CHAT,
        models=("gemini-3*", "gemini-4*"),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(
            status=400,
            text=_VERTEX_MISSING,
            checks="loop",
            asks="first-call",
        ),
        carrier="call",
        bound="block",
        domain="google-vertex",
        standing="observed",
        source="https://github.com/openai/codex/issues/7519",
        verified=TODAY,
        note=f"{_GEMINI_PLACE} Signatures of the Gemini API are not good here, nor the other way round.",
    ),
    Rule(
        id="google-vertex.gemini-2-5.chat",
        provider="google-vertex",
        dialects=CHAT,
        models=("gemini-2.5*",),
        in_loop="should",
        cross_turn="may",
        boundary="user-message",
        missing=Missing(effect="the model goes on without what it thought; no error"),
        carrier="call",
        bound="block",
        domain="google-vertex",
        standing="observed",
        source=f"{_VERTEX_DOCS}; https://github.com/crazy-goat/nexos-provider/tree/main/known-bugs/gemini3-tools",
        verified=_DAY,
        note="The vendor calls signatures optional for this family; that this route asks for none either was seen "
        "behind a gateway that drops them.",
    ),
    Rule(
        id="google.gemini-3.native",
        provider="google",
        dialects=GEMINI,
        models=("gemini-3*", "gemini-4*"),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(status=400, text=_MISSING, checks="loop", asks="first-call"),
        refused=Missing(status=400, text="Invalid thought signature."),
        carrier="call",
        bound="block",
        domain="google-gemini-api",
        flaws=_FLAWS,
        standing="documented",
        source=f"{_GEMINI_DOCS}; google-genai 3.4.0; https://github.com/manthanabc/paws/issues/103; {_FLAWS_SEEN}",
        verified=_DAY,
        note=f"{_GEMINI_PARTS} A damaged seal may also be called `Corrupted thought signature.`",
    ),
    Rule(
        id="google.gemini-2-5.native",
        provider="google",
        dialects=GEMINI,
        models=("gemini-2.5*",),
        in_loop="should",
        cross_turn="may",
        boundary="user-message",
        missing=Missing(effect="the model goes on without what it thought; no error"),
        carrier="call",
        bound="block",
        domain="google-gemini-api",
        flaws=_FLAWS,
        standing="documented",
        source=f"{_GEMINI_DOCS}; {_FLAWS_SEEN}",
        verified=_NATIVE,
        note="Optional for this family, where the first part of an answer is signed whatever it is.",
    ),
    Rule(
        id="google-vertex.gemini-3.native",
        provider="google-vertex",
        dialects=GEMINI,
        models=("gemini-3*", "gemini-4*"),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(status=400, text=_VERTEX_MISSING, checks="loop", asks="first-call"),
        refused=Missing(status=400, text=_VERTEX_REFUSED),
        carrier="call",
        bound="block",
        domain="google-vertex",
        standing="documented",
        source=f"{_VERTEX_DOCS}; https://github.com/openai/codex/issues/7519; {_VERTEX_SEEN}",
        verified=_DAY,
        note=f"{_GEMINI_PARTS} Signatures of the Gemini API are not good here, nor the other way round.",
    ),
    Rule(
        id="google-vertex.gemini-3-image.native",
        provider="google-vertex",
        dialects=GEMINI,
        models=("gemini-3-pro-image*",),
        in_loop="should",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(effect="the model loses the context of earlier turns; no error"),
        carrier="call",
        bound="block",
        domain="google-vertex",
        standing="documented",
        source=_VERTEX_DOCS,
        verified=_NATIVE,
        note="This model does not check signatures, but needs them all the same.",
    ),
    Rule(
        id="google-vertex.gemini-2-5.native",
        provider="google-vertex",
        dialects=GEMINI,
        models=("gemini-2.5*",),
        in_loop="should",
        cross_turn="may",
        boundary="user-message",
        missing=Missing(effect="the model goes on without what it thought; no error"),
        carrier="call",
        bound="block",
        domain="google-vertex",
        standing="documented",
        source=_VERTEX_DOCS,
        verified=_NATIVE,
        note="Optional for this family.",
    ),
)
