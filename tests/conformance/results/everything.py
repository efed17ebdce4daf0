"""Results that hold everything that results can hold, hostile words among them."""

from __future__ import annotations

from msgspec.structs import replace

from keepthinking_conformance.results import (
    CellResult,
    Control,
    Difference,
    Environment,
    Found,
    Incident,
    Results,
    summarise,
)

HOSTILE = (
    "<script>alert(1)</script>",
    "</pre></textarea></style></title><img src=x onerror=alert(1)>",
    "\" autofocus onfocus='alert(1)' x=`${1}`",
    "javascript:alert(1)",
    "{{ 7 * 7 }} {% raw %} ${7*7} #{7*7}",
    "]]> <![CDATA[ &amp; &#0; -->",
    "| pipe | `tick` ``` fence ~~~ </details>",
    "\x00\x08\x1b[31m\x7f\x85",
    "\u202eright to left\u2066\u200b\ufeff\ufffe\uffff",
    "half a character \ud83d, and the other \ude00",
    "line\nline\r\nline\ttab\u2028line",
    "\U0001f600 \U0010ffff",
    "",
)
"""What a model or a user may write."""

FOUND = Found(
    check="thinking.kept.in-loop",
    status="fail",
    level="MUST",
    fate="altered",
    what="the words differ",
    request=2,
    response=1,
    path="$.messages[2].reasoning_content",
    origin="$.choices[0].message.reasoning_content",
    at=17,
    rule="deepseek.v4.chat",
    source="https://api-docs.deepseek.com/guides/thinking_mode",
    verified="2026-11-23",
    scope="s",
    requests=3,
    lost_in="client",
    said='"reasoning_content":"First Oslo, then Rome."',
    sent='"reasoning_content":"First Rome, then Oslo."',
    fix="Use `ChatKeepThinking`.",
)

CELL = CellResult(
    id="agents.chat.stock/deepseek/loop/plain",
    subject="agents.chat.stock",
    title="Chat",
    framework="agents",
    variant="stock",
    dialect="openai-chat",
    profile="deepseek",
    provider="DeepSeek",
    model="deepseek-v4-pro",
    scenario="loop",
    mode="plain",
    temper="lenient",
    status="fail",
    fates={"altered": 3, "preserved": 1},
    findings=(FOUND,),
    checks={"thinking.kept.in-loop": "fail", "arguments.verbatim": "pass"},
    held={"thinking": 4, "seals": 0, "calls": 4, "texts": 1},
    requests=5,
    seconds=0.25,
    replay="keepthinking check agents --id agents.chat.stock/deepseek/loop/plain",
)

RAISED = replace(
    CELL,
    id="agents.chat.stock/deepseek/loop/sync+strict@gpt-5",
    mode="sync",
    temper="strict",
    name="gpt-5",
    model="gpt-5",
    environments=("1", "2"),
    status="error",
    reason="turn 1: KeyError: 'reasoning'",
    incident=Incident(kind="KeyError", message="'reasoning'", where="turn 1", culprit="scaffold"),
    findings=(),
    checks={},
    fates={},
    gate="scorecard",
    differences=(Difference(what="status", recorded="fail", found="error"),),
)

EVERYTHING = Results(
    keepthinking="0.1",
    seed=7,
    strict=True,
    chosen="core",
    environments=(
        Environment(id="1", python="3.11.7", platform="Linux x86_64", distributions={"agents": "1.4"}),
        Environment(id="2", python="3.13.1", platform="Windows AMD64", distributions={"agents": "2.0"}),
    ),
    absent={"crews": "'keepthinking[crews]'"},
    controls=(Control(id="control.forgetful/deepseek/loop/plain", expected="fail", status="fail", reason="r"),),
    cells=(CELL, RAISED),
    summary=summarise((CELL, RAISED), seconds=1.5, interrupted=False, code=1),
)


def said(words: str) -> Results:
    """Give results that hold these words wherever words can stand that a model or a user chose."""
    found = replace(
        FOUND,
        what=words,
        path=words,
        origin=words,
        source=words,
        verified=words,
        rule=words,
        scope=words,
        said=words,
        sent=words,
        fix=words,
        check=words,
    )
    cell = replace(
        CELL,
        id=f"{words}/deepseek/loop/plain",
        subject=words,
        title=words,
        framework=words,
        profile=words,
        provider=words,
        model=words,
        scenario=words,
        name=words,
        findings=(found,),
        checks={words: "fail", f"{words}.kept": "pass"},
        fates={words: 1},
        replay=words,
    )
    raised = replace(
        RAISED,
        id=f"{words}/deepseek/loop/sync",
        subject=words,
        title=words,
        reason=words,
        incident=Incident(kind=words, message=words, where=words, culprit="harness"),
        differences=(Difference(what=words, recorded=words, found=words),),
        environments=("1",),
    )
    skipped = replace(raised, id=f"{words}/deepseek/loop/stream", status="unsupported", differences=(), gate="rule")
    environment = Environment(python=words, platform=words, distributions={words: words})
    cells = (cell, raised, skipped)
    return replace(
        EVERYTHING,
        keepthinking=words,
        environments=(environment,),
        absent={words: words},
        controls=(Control(id=words, expected="fail", status="pass", reason=words),),
        cells=cells,
        summary=summarise(cells, seconds=1.5, interrupted=False, code=1),
    )
