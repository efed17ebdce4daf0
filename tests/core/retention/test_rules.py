"""The rules as data, and how the right row is found."""

import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

import keepthinking as kt
from keepthinking._errors import PluginError, UnknownNameError
from keepthinking._json import Json
from keepthinking._messages import Origin
from keepthinking._profiles import Profile, profile, profiles
from keepthinking.retention._paths import steps
from keepthinking.retention._rules import (
    Missing,
    Rule,
    bare_model,
    check,
    discard_rules,
    matches,
    register_rules,
    rule,
    rule_for,
    rules,
    seal_domain,
    seals_travel,
    specificity,
)

TODAY = "2026-11-24"
ROWS = [pytest.param(row, id=row.id) for row in rules()]
PACKAGE = re.compile(r"[a-z][a-z0-9-]* \d+(?:\.\d+)*")
URL = re.compile(r"https://[a-z0-9.-]+/\S+")
CHAT = profile(None, "openai-chat")


def row(**changes: object) -> Rule:
    known: dict[str, object] = {
        "id": "acme.one.chat",
        "provider": "acme",
        "dialects": ("openai-chat",),
        "in_loop": "must",
        "cross_turn": "may",
        "boundary": "user-message",
        "standing": "documented",
        "source": "https://acme.example/docs",
        "verified": TODAY,
    }
    return Rule(**{**known, **changes})  # type: ignore[arg-type]  # a helper of the tests


def found(name: str, dialect: str = "openai-chat", **request: object) -> str | None:
    got = rule_for(profile(name, dialect), **{"on": TODAY, **request})  # type: ignore[arg-type]  # same
    return got.id if got else None


class TestRows:
    @pytest.mark.parametrize("row", ROWS)
    def test_is_right(self, row: Rule) -> None:
        check(row)

    @pytest.mark.parametrize("row", ROWS)
    def test_names_its_sources(self, row: Rule) -> None:
        for source in row.source.split("; "):
            assert PACKAGE.fullmatch(source) or URL.fullmatch(source) or row.standing == "unverified"

    @pytest.mark.parametrize("row", ROWS)
    def test_was_verified_on_a_day_that_has_been(self, row: Rule) -> None:
        assert date.fromisoformat(row.verified) <= datetime.now(UTC).date()

    @pytest.mark.parametrize("row", ROWS)
    def test_that_was_executed_or_read_names_code(self, row: Rule) -> None:
        code = [PACKAGE.fullmatch(s) or "/blob/" in s or "huggingface.co" in s for s in row.source.split("; ")]

        assert any(code) or row.standing not in {"executed", "read"}

    @pytest.mark.parametrize("row", [r for r in rules() if r.standing == "unverified"], ids=lambda r: r.id)
    def test_that_is_unverified_raises_no_must(self, row: Rule) -> None:
        assert replace(row, in_loop="must", cross_turn="must").level(in_loop=True) == "SHOULD"
        assert "MUST" not in {row.level(in_loop=True), row.level(in_loop=False)}

    @pytest.mark.parametrize("row", ROWS)
    def test_replaces_a_row_of_the_same_dialect_and_servers(self, row: Rule) -> None:
        if row.alternative_to is not UNSET:
            other = rule(row.alternative_to)
            assert other.dialects == row.dialects
            assert (other.provider, other.served_by) == (row.provider, row.served_by)
            assert not other.when

    @pytest.mark.parametrize("row", ROWS)
    def test_that_replaces_another_without_a_condition_says_from_which_day(self, row: Rule) -> None:
        if row.alternative_to is not UNSET and not row.when:
            assert row.since is not UNSET

    @pytest.mark.parametrize("row", ROWS)
    def test_that_demands_thinking_says_what_happens_without(self, row: Rule) -> None:
        if row.level(in_loop=True) == "MUST":
            assert row.missing.status is not UNSET or row.missing.effect is not UNSET

    @pytest.mark.parametrize("row", ROWS)
    def test_with_a_seal_bound_to_something_names_its_domain(self, row: Rule) -> None:
        assert (row.bound == "nothing") == (row.domain is UNSET)

    @pytest.mark.parametrize("row", ROWS)
    def test_prints_only_what_an_error_can_print(self, row: Rule) -> None:
        for missing in (row.missing, row.refused):
            if missing.text is not UNSET:
                assert set(re.findall(r"\{(.*?)\}", missing.text)) <= {"index", "block", "found", "name", "seal"}

    @pytest.mark.parametrize("row", ROWS)
    def test_names_models_in_lower_case_and_without_a_gateway(self, row: Rule) -> None:
        assert list(row.models) == [bare_model(pattern) for pattern in row.models]

    def test_ids_are_unique(self) -> None:
        assert len({row.id for row in rules()}) == len(rules())

    def test_all_six_boundaries_are_there(self) -> None:
        kinds = {"user-message", "user-query", "final-answer", "final-channel", "tools-absent", "never"}

        assert {row.boundary for row in rules()} == kinds

    def test_a_provider_has_its_rows_and_those_of_the_weights_it_serves(self) -> None:
        ids = {row.id for row in rules("groq")}

        assert ids == {"groq.any.chat", "template.gpt-oss.chat"}
        assert rules("nobody") == ()

    def test_no_two_rows_of_one_model_hold_on_one_day_with_equal_right(self) -> None:
        for spoken in profiles():
            held = [r for r in rules(spoken.provider) if spoken.dialect in r.dialects and not r.when]
            for one in held:
                for other in held:
                    overlap = set(one.models) & set(other.models) if one is not other else set()
                    apart = max(one.since or "", other.since or "") > min(one.until or "9", other.until or "9")
                    assert not overlap or apart or one.provider != other.provider, (one.id, other.id)


class TestFind:
    @pytest.mark.parametrize(
        ("name", "model", "params", "expected"),
        [
            ("minimax", "MiniMax-M2", {}, "minimax.m2.chat"),
            ("minimax", "MiniMax-M2.7-highspeed", {"reasoning_split": True}, "minimax.m2.split"),
            ("minimax", "MiniMax-M3", {"reasoning_split": False}, "minimax.m3.chat"),
            ("minimax-split", "MiniMax-M3", None, "minimax.m3.split"),
            ("kimi", "kimi-k2-thinking-turbo", {}, "moonshot.k2-thinking.chat"),
            ("kimi", "kimi-k2.5", {}, "moonshot.k2-5.chat"),
            ("kimi", "kimi-k2.6", {"thinking": {"type": "enabled", "keep": None}}, "moonshot.k2-6.chat"),
            ("kimi", "kimi-k2.6", {"thinking": {"type": "enabled", "keep": "all"}}, "moonshot.k2-6.chat.keep-all"),
            ("kimi", "kimi-k2.6", {"thinking": {"type": "disabled"}}, "moonshot.k2-6.chat.disabled"),
            ("kimi", "kimi-k2.7-code-highspeed", {}, "moonshot.k2-7-code.chat"),
            ("kimi", "kimi-k3", {}, "moonshot.k3.chat"),
            ("kimi", "moonshot-v1-8k", {}, None),
            ("glm", "glm-4.5-air", {}, "zai.glm.chat"),
            ("glm", "glm-5.3", {"thinking": {"clear_thinking": True}}, "zai.glm.chat"),
            ("glm", "glm-5.3", {"thinking": {"clear_thinking": False}}, "zai.glm.chat.preserved"),
            ("glm-coding", "glm-5.3", {}, "zai.glm.coding"),
            ("glm-coding", "glm-5.3", {"thinking": {"clear_thinking": True}}, "zai.glm.coding.cleared"),
            ("qwen", "qwen3.6-plus", {}, "alibaba.qwen3.chat"),
            ("qwen", "qwen3.6-plus", {"preserve_thinking": True}, "alibaba.qwen3.chat.preserved"),
            ("vllm", "Qwen/Qwen3.6-27B", {}, "template.qwen3.chat"),
            (
                "vllm",
                "Qwen/Qwen3.6-27B",
                {"chat_template_kwargs": {"preserve_thinking": True}},
                "template.qwen3.chat.preserved",
            ),
            (
                "vllm",
                "Qwen/Qwen3-8B",
                {"chat_template_kwargs": {"preserve_thinking": True}},
                "template.qwen3.chat",
            ),
            ("vllm", "Qwen/Qwen3.8-27B", {}, "template.qwen3-8.chat"),
            ("vllm", "MiniMaxAI/MiniMax-M2", {}, "template.minimax-m2.chat"),
            ("vllm", "mine", {}, "vllm.any.chat"),
            ("vllm-0.16", "mine", {}, "vllm.any.chat"),
            ("sglang", "zai-org/GLM-5.3", {}, "template.glm-5-3.chat"),
            ("sglang", "mine", {}, "sglang.any.chat"),
            ("openrouter", "anthropic/claude-sonnet-4.6", {}, "openrouter.claude.chat"),
            ("openrouter", "google/gemini-3-flash-preview:free", {}, "openrouter.gemini-3.chat"),
            ("openrouter", "minimax/minimax-m3", {}, "openrouter.any.chat"),
            ("groq", "openai/gpt-oss-120b", {}, "template.gpt-oss.chat"),
            ("fireworks", "accounts/fireworks/models/kimi-k2p6", {}, "fireworks.any.chat"),
            ("fireworks", "glm-5p2", {"reasoning_history": "preserved"}, "fireworks.any.chat.preserved"),
            ("fireworks", "glm-5p2", {"reasoning_history": "interleaved"}, "fireworks.any.chat.interleaved"),
            ("groq", "qwen/qwen3-32b", {}, "groq.any.chat"),
            ("cerebras", "gpt-oss-120b", {}, "template.gpt-oss.chat"),
            ("cerebras", "zai-glm-4.7", {"clear_thinking": False}, "cerebras.any.chat.kept"),
            ("cerebras", "zai-glm-4.7", {"clear_thinking": True}, "cerebras.any.chat.cleared"),
            ("ollama", "gpt-oss:20b", {}, "template.gpt-oss.chat"),
            ("ollama", "llama5:8b", {}, "ollama.any.chat"),
            ("gemini-openai", "gemini-3-pro-preview", {}, "google.gemini-3.chat"),
            ("gemini-openai", "models/gemini-2.5-flash", {}, "google.gemini-2-5.chat"),
            ("vertex-openai", "google/gemini-3-pro-preview", {}, "google-vertex.gemini-3.chat"),
            ("mistral-chat", "mistral-small-latest", {}, "mistral.any.chat"),
            ("mistral-chat", "devstral-small-latest", {}, "mistral.devstral-small.chat"),
            ("vertex-openai", "google/gemini-2.5-pro", {}, "google-vertex.gemini-2-5.chat"),
            ("together", "MiniMaxAI/MiniMax-M2.7", {}, "template.minimax-m2.chat"),
            ("openai-chat", "deepseek-ai/DeepSeek-V4", {}, "template.deepseek-v4.chat"),
            ("openai-chat", "gpt-4o", {}, None),
        ],
    )
    def test_in_chat(self, name: str, model: str, params: dict[str, object] | None, expected: str | None) -> None:
        assert found(name, model=model, request_params=params) == expected

    @pytest.mark.parametrize(
        ("name", "model", "params", "expected"),
        [
            ("minimax-anthropic", "MiniMax-M2.1", {}, "minimax.m2.anthropic"),
            ("minimax-anthropic", "MiniMax-M3", {}, "minimax.m3.anthropic"),
            ("deepseek-anthropic", "deepseek-v4.1-flash", {}, "deepseek.v4.anthropic"),
            ("deepseek-anthropic", "deepseek-v4-pro", {}, "deepseek.v4-pro.anthropic"),
            (
                "deepseek-anthropic",
                "deepseek-v4-pro",
                {"thinking": {"type": "disabled"}},
                "deepseek.v4-pro.anthropic.disabled",
            ),
            ("vllm-anthropic", "mine", {}, "vllm.any.anthropic"),
            ("sglang-anthropic", "mine", {}, "sglang.any.anthropic"),
            ("anthropic", "claude-3-7-sonnet-20250219", {}, "anthropic.claude-4.messages"),
            ("anthropic", "claude-opus-4-20250514", {}, "anthropic.claude-4.messages"),
            ("anthropic", "claude-opus-4-1-20250805", {}, "anthropic.claude-4.messages"),
            ("anthropic", "claude-sonnet-4-5", {}, "anthropic.claude-4.messages"),
            ("anthropic", "claude-haiku-4-5-20251001", {}, "anthropic.claude-4.messages"),
            ("anthropic", "claude-opus-4-5-20251101", {}, "anthropic.claude-kept.messages"),
            ("anthropic", "claude-sonnet-4-6", {}, "anthropic.claude-kept.messages"),
            ("anthropic", "claude-opus-5", {}, "anthropic.claude-kept.messages"),
            ("anthropic", "claude-sonnet-5", {}, "anthropic.claude-kept.messages"),
            ("anthropic", "claude-opus-5-5", {}, "anthropic.claude-bound.messages"),
            ("anthropic", "claude-haiku-5-5-20261001", {}, "anthropic.claude-bound.messages"),
            ("anthropic", "claude-fable-5-1", {}, "anthropic.claude-bound.messages"),
            (
                "anthropic",
                "claude-sonnet-4-5",
                {"thinking": {"type": "disabled"}},
                "anthropic.claude-4.messages.disabled",
            ),
            (
                "anthropic",
                "claude-sonnet-4-5",
                {"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}},
                "anthropic.claude-4.messages.keep-all",
            ),
            (
                "anthropic",
                "claude-opus-5",
                {
                    "context_management": {
                        "edits": [{"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns"}}]
                    }
                },
                "anthropic.claude-kept.messages.keep-n",
            ),
            (
                "anthropic",
                "claude-opus-5-5",
                {"thinking": {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}},
                "anthropic.claude-bound.messages.drop",
            ),
            ("bedrock-anthropic", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", {}, "anthropic.claude-4.messages"),
            ("kimi-anthropic", "kimi-k2.6", {}, "moonshot.any.anthropic"),
            ("vertex-anthropic", "claude-sonnet-4-5@20250929", {}, "anthropic.claude-4.messages"),
            ("anthropic-messages", "claude-opus-5", {}, None),
        ],
    )
    def test_in_messages(self, name: str, model: str, params: dict[str, object], expected: str | None) -> None:
        assert found(name, "anthropic-messages", model=model, request_params=params) == expected

    @pytest.mark.parametrize(
        ("model", "expected"),
        [
            ("mistral-medium-3-5", "mistral.any.native"),
            ("devstral-small-2507", "mistral.devstral-small.native"),
            ("devstral-medium-latest", "mistral.any.native"),
        ],
    )
    def test_in_mistrals_own(self, model: str, expected: str) -> None:
        assert found("mistral", "mistral", model=model) == expected

    @pytest.mark.parametrize(
        ("day", "expected", "in_loop"),
        [
            ("2025-06-01", "deepseek.r1.chat", "must-not"),
            ("2025-11-30", "deepseek.r1.chat", "must-not"),
            ("2025-12-01", "deepseek.v3-2.chat", "must"),
            ("2026-04-24", "deepseek.v4.chat.called", "must"),
            ("2026-08-25", "deepseek.v4.chat", "must"),
        ],
    )
    def test_a_rule_that_flipped_is_found_by_its_day(self, day: str, expected: str, in_loop: str) -> None:
        assert found("deepseek", model="deepseek-reasoner", on=day) == expected
        assert rule(expected).in_loop == in_loop

    def test_a_model_is_bound_to_its_prefix_from_a_day_on(self) -> None:
        before = found("anthropic", "anthropic-messages", model="claude-fable-5-1", on=date(2026, 8, 30))

        assert before == "anthropic.claude-kept.messages"

    def test_today_is_the_day_where_none_is_given(self) -> None:
        got = rule_for(profile("deepseek", "openai-chat"), model="deepseek-v4-pro")

        assert got is not None
        assert got.until is UNSET

    def test_a_day_that_is_none_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="soon"):
            rule_for(CHAT, on="soon")

    def test_a_name_that_tells_nothing_falls_to_the_rule_that_the_profile_names(self) -> None:
        assert found("deepseek", model="neutral-1") == "deepseek.v4.chat"
        assert found("deepseek", model="neutral-1", request_params={"thinking": {"type": "disabled"}}) == (
            "deepseek.v4.chat.disabled"
        )
        assert found("minimax", model="claude-opus-5") == "minimax.m3.chat"
        assert found("minimax-split") == "minimax.m3.split"

    def test_the_rule_that_a_profile_names_is_there_today(self) -> None:
        for spoken in profiles():
            if spoken.default_rule is not UNSET:
                assert found(spoken.name, spoken.dialect, model="neutral-1", request_params={}) == spoken.default_rule

    def test_parameters_may_be_opaque_json(self) -> None:
        params = {"thinking": Json(b'{"type":"enabled","keep":"all"}')}

        assert found("kimi", model="kimi-k2.6", request_params=params) == "moonshot.k2-6.chat.keep-all"

    def test_true_is_not_one(self) -> None:
        assert found("minimax", model="MiniMax-M2", request_params={"reasoning_split": 1}) == "minimax.m2.chat"

    def test_a_request_that_leaves_a_default_out_does_not_have_it(self) -> None:
        assert found("minimax-split", model="MiniMax-M2", request_params={}) == "minimax.m2.chat"

    def test_an_unknown_id_suggests_the_near_ones(self) -> None:
        with pytest.raises(UnknownNameError, match=r"did you mean 'deepseek\.v4\.chat'"):
            rule("deepseek.v4.caht")


class TestWhatOneRowSays:
    def test_an_error_text_is_exact(self) -> None:
        assert rule("deepseek.v4.chat").missing == Missing(
            status=400,
            text="The `reasoning_content` in the thinking mode must be passed back to the API.",
            effect="missing on an earlier user turn: accepted, and an empty think block is rendered",
            checks="loop",
            asks="message",
            asks_toolless="calling",
        )

    def test_the_level_is_that_of_the_place(self) -> None:
        kimi = rule("moonshot.k2-6.chat")

        assert kimi.level(in_loop=True) == "MUST"
        assert kimi.level(in_loop=False) == "MAY"
        assert rule("moonshot.k2-7-code.chat").level(in_loop=False) == "MUST"

    def test_only_new_claude_models_bind_a_seal_to_what_stands_before_it(self) -> None:
        assert {r.id for r in rules() if r.bound == "prefix"} == {
            "anthropic.claude-bound.messages",
            "anthropic.claude-bound.messages.drop",
            "bedrock.claude-bound.converse",
            "bedrock.claude-bound.converse.drop",
        }


class TestSealDomains:
    @pytest.mark.parametrize(
        ("one", "other", "expected"),
        [
            ("anthropic", "bedrock", "same"),
            ("anthropic", "anthropic", "same"),
            ("vertex-claude", "bedrock", "same"),
            ("vertex-claude", "google-vertex", "different"),
            ("openrouter", "openrouter", "same"),
            ("anthropic", "openrouter", "unknown"),  # whose seals it passes on, only the model behind it tells
            ("openrouter", "anthropic", "unknown"),
            ("openrouter", "google-vertex", "unknown"),
            ("minimax", "openrouter", "unknown"),
            ("google", "google-vertex", "different"),
            ("anthropic", "vllm", "unknown"),
            ("vllm", "anthropic", "different"),
            ("minimax", "anthropic", "different"),
            ("deepseek", "bedrock", "different"),
            ("minimax", "openai", "unknown"),
            ("unknown", "anthropic", "unknown"),
            ("somebody", "anthropic", "unknown"),
            ("unknown", "unknown", "unknown"),
        ],
    )
    def test_of_two_providers(self, one: str, other: str, expected: str) -> None:
        assert seals_travel(Origin(provider=one), Origin(provider=other)) == expected

    def test_of_an_origin_without_a_provider_is_not_known(self) -> None:
        assert seal_domain(Origin()) is UNSET

    def test_a_profile_says_what_its_rules_say(self) -> None:
        for spoken in profiles():
            domains = {r.domain for r in rules(spoken.provider) if r.domain is not UNSET}
            assert domains == (set() if spoken.domain is UNSET else {spoken.domain}), spoken.name


class TestNames:
    @pytest.mark.parametrize(
        ("model", "bare"),
        [
            ("MiniMax-M2", "minimax-m2"),
            ("openai/gpt-oss-120b", "gpt-oss-120b"),
            ("anthropic/claude-3.7-sonnet:thinking", "claude-3.7-sonnet"),
            ("us.anthropic.claude-opus-5-v1:0", "claude-opus-5-v1"),
            ("Qwen/Qwen3.6-27B", "qwen3.6-27b"),
            ("accounts/fireworks/models/kimi-k2.6", "kimi-k2.6"),
            ("", ""),
        ],
    )
    def test_lose_what_a_gateway_puts_around_them(self, model: str, bare: str) -> None:
        assert bare_model(model) == bare

    def test_match_the_closest_pattern(self) -> None:
        assert specificity(("claude-opus-5*", "claude-opus-5-5*"), "claude-opus-5-5") == 1 + len("claude-opus-5-5")
        assert specificity(("claude-opus-4-[5-9]*",), "claude-opus-4-6") == 1 + len("claude-opus-4-")
        assert specificity(("glm-*",), "kimi-k3") == 0
        assert matches(("glm-*",), "glm-5")
        assert not matches((), "glm-5")


class TestPaths:
    def test_are_names_and_indices(self) -> None:
        assert steps("$.context_management.edits[0].keep") == ["context_management", "edits", 0, "keep"]

    @pytest.mark.parametrize("path", ["", "$", "thinking", "$.a..b", "$.a[*]", "$['a']", "$.a[-1]", "$.a b"])
    def test_are_nothing_else(self, path: str) -> None:
        with pytest.raises(ValueError, match="not a path"):
            steps(path)

    @pytest.mark.parametrize(
        "params",
        [{}, {"a": None}, {"a": [1]}, {"a": {"b": 1}}, {"a": {"b": []}}, {"a": {"b": [{"d": 1}]}}, {"a": "b"}],
    )
    def test_that_lead_nowhere_are_no_condition_met(self, params: dict[str, object]) -> None:
        spoken = Profile(name="acme", dialect="openai-chat", provider="acme")
        register_rules(
            [row(), row(id="acme.one.chat.on", when={"$.a.b[0].c": "1"}, alternative_to="acme.one.chat")], plugin="p"
        )
        try:
            got = rule_for(spoken, request_params=params)
            met = rule_for(spoken, request_params={"a": {"b": [{"c": 1}]}})
        finally:
            discard_rules("p")

        assert got is not None
        assert met is not None
        assert (got.id, met.id) == ("acme.one.chat", "acme.one.chat.on")

    def test_lead_to_json(self) -> None:
        for held in rules():
            for path, text in held.when.items():
                assert steps(path)
                json.loads(text)


class TestPlugins:
    def test_add_rows(self) -> None:
        register_rules([row()], plugin="keepthinking-acme")
        try:
            assert rule("acme.one.chat").provider == "acme"
            register_rules([row()], plugin="keepthinking-acme")  # once more is no claim
            assert rules("acme") == (row(),)
        finally:
            discard_rules("keepthinking-acme")

        assert rules("acme") == ()

    def test_two_claims_of_one_id_are_an_error_that_names_both(self) -> None:
        with pytest.raises(PluginError, match=r"'deepseek\.v4\.chat'.*keepthinking.*keepthinking-acme") as caught:
            register_rules([row(), row(id="deepseek.v4.chat")], plugin="keepthinking-acme")

        assert caught.value.plugins == ("keepthinking", "keepthinking-acme")
        assert rules("acme") == ()  # all or nothing

    def test_two_claims_of_one_plugin_are_one_too(self) -> None:
        with pytest.raises(PluginError, match="keepthinking-acme"):
            register_rules([row(), row(cross_turn="must")], plugin="keepthinking-acme")

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"id": "acme"}, "an id is"),
            ({"id": "Acme.one.chat"}, "an id is"),
            ({"source": " "}, "no source"),
            ({"dialects": ()}, "no dialect"),
            ({"when": {"$.a": "1"}}, "the row that holds without"),
            ({"when": {"a": "1"}, "alternative_to": "x"}, "not a path"),
            ({"when": {"$.a": "one"}, "alternative_to": "x"}, "Expecting value"),
            ({"verified": "2026-1-1"}, "2026-1-1"),
            ({"since": "20260101"}, "YYYY-MM-DD"),
        ],
    )
    def test_a_row_that_cannot_be_right_is_refused(self, changes: dict[str, object], why: str) -> None:
        with pytest.raises(PluginError, match=why):
            register_rules([row(**changes)], plugin="keepthinking-acme")

    def test_ours_stay(self) -> None:
        before = rules()
        discard_rules("keepthinking")

        assert rules() == before


def test_the_page_of_the_rules_is_up_to_date() -> None:
    script = Path(__file__).parents[3] / "docs" / "generate.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, check=False, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["openai-completions", "xai-completions"])
def test_where_chat_has_no_field_for_thinking_it_is_a_loss_and_unseen(name: str) -> None:
    thinking = kt.Message.assistant(kt.Thinking.of("t"), kt.ToolCall.of("f", {}, id="c"))
    request = kt.Request(conversation=kt.Conversation.of(kt.Message.user("q"), thinking))
    encoded = kt.dialect("openai-chat").encode_request(request, name, on_loss="report")
    found = kt.rule_for(profile(name, "openai-chat"))

    assert [loss.path for loss in encoded.losses] == ["messages[1].blocks[0]"]
    assert b'"t"' not in encoded.body
    assert found is not None
    assert [hidden.reason for hidden in kt.retention.visible(request, found).hidden] == ["unread"]
    assert kt.retention.refusals(kt.dialect("openai-chat").decode_request(encoded.body), found) == ()


@pytest.mark.parametrize(
    ("edits", "rule", "refused"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "anthropic.claude-kept.messages", True),
        ({"thinking": {"type": "adaptive"}}, "anthropic.claude-kept.messages.adaptive", False),
        (
            {
                "thinking": {"type": "adaptive"},
                "context_management": {
                    "edits": [{"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 2}}]
                },
            },
            "anthropic.claude-kept.messages.adaptive-keep-n",
            False,
        ),
    ],
)
def test_an_adaptive_turn_of_claude_may_begin_without_thinking(
    edits: dict[str, object], rule: str, *, refused: bool
) -> None:
    call = kt.Message.assistant(kt.ToolCall.of("f", {}, id="c"))
    request = kt.Request(
        conversation=kt.Conversation.of(kt.Message.user("q"), call),
        params={name: Json.of(value) for name, value in edits.items()},
    )
    found = kt.rule_for(profile("anthropic", "anthropic-messages"), model="claude-opus-4-6", request_params=edits)

    assert found is not None
    assert (found.id, found.in_loop) == (rule, "must")
    assert bool(kt.retention.refusals(request, found)) is refused
