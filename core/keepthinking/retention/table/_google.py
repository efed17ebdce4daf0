"""Google: Gemini."""

from __future__ import annotations

from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, TODAY

_GEMINI_DOCS = "https://ai.google.dev/gemini-api/docs/thought-signatures"
_GEMINI_FORUM = "https://discuss.ai.google.dev/t/openai-api-compatibility-broken-due-to-thought-signature-on-gemini-3-pro-preview/109823"
_GEMINI_PLACE = (
    "The seal stands on the tool call, in `extra_content.google.thought_signature`; of parallel calls mostly the "
    "first has "
    "one. What came goes back on the call it came with."
)

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
            text="Function call is missing a thought_signature in functionCall parts. This is required for tools "
            "to work "
            "correctly, and missing thought_signature may lead to degraded model performance. Additional data, "
            "function call "
            "`default_api:{name}`, position {index}.",
            checks="loop",
            asks="first-call",
        ),
        refused=Missing(status=400, text="Invalid thought signature."),
        carrier="call",
        bound="block",
        domain="google-gemini-api",
        standing="documented",
        source=f"{_GEMINI_DOCS}; {_GEMINI_FORUM}",
        verified=TODAY,
        note=f"{_GEMINI_PLACE} The error goes on with a link; a damaged seal may also be called `Corrupted "
        f"thought signature.`",
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
            text="Unable to submit request because function call `default_api:{name}` in the {index}. content "
            "block is missing "
            "a `thought_signature`. Learn more: "
            "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures",
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
)
