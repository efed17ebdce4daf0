"""What a command finds around it: nothing of the caller's but what a table names."""

from __future__ import annotations

from pathlib import Path

from keepthinking import Endpoint
from keepthinking.plugins import dialects
from keepthinking_conformance.command import PLACEHOLDERS, Folder, environment, filled, values_of
from keepthinking_conformance.command._environment import POINTS
from keepthinking_conformance.scenarios import PROVIDERS

OUTER = {
    "PATH": "/bin",
    "Path": "C:\\Windows",
    "LC_ALL": "C",
    "HOME": "/home/somebody",
    "OPENAI_API_KEY": "sk-real",
    "ANTHROPIC_AUTH_TOKEN": "real",
    "AWS_SECRET_ACCESS_KEY": "real",
    "HTTPS_PROXY": "http://corporate",
    "NVM_DIR": "/home/somebody/.nvm",
    "PYTHONPATH": "/home/somebody/code",
}


def folder(at: Path) -> Folder:
    return Folder(at / "home", at / "workspace")


def test_no_variable_of_the_caller_comes_in_but_those_of_the_table(tmp_path: Path) -> None:
    made = environment(OUTER, folder(tmp_path), "openai-chat")

    assert {name for name, value in made.items() if OUTER.get(name) == value} == {"PATH", "Path", "LC_ALL"}
    assert "real" not in str(made)
    assert "somebody" not in str(made)


def test_what_the_user_names_comes_in(tmp_path: Path) -> None:
    made = environment(OUTER, folder(tmp_path), "openai-chat", inherit=("NVM_DIR", "GONE"))

    assert made["NVM_DIR"] == "/home/somebody/.nvm"
    assert "GONE" not in made


def test_each_folder_that_programs_write_to_is_one_of_the_run(tmp_path: Path) -> None:
    made = environment(OUTER, folder(tmp_path), "gemini")
    folder(tmp_path).make()

    homes = ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "APPDATA", "TMPDIR", "TEMP")
    for name in homes:
        assert Path(made[name]).is_dir()
        assert Path(made[name]).is_relative_to(tmp_path)


def test_the_dialect_that_is_spoken_is_the_only_one_that_points_anywhere(tmp_path: Path) -> None:
    made = environment({}, folder(tmp_path), "anthropic-messages")

    assert made["ANTHROPIC_BASE_URL"] == "{base_url}"
    assert [name for name in made if name.startswith(("OPENAI", "GEMINI", "OLLAMA", "GOOGLE"))] == []


def test_each_dialect_that_is_played_has_variables() -> None:
    assert POINTS.keys() == {row.dialect for row in PROVIDERS.values()}
    assert POINTS.keys() <= set(dialects())


def test_each_placeholder_but_the_words_has_a_value(tmp_path: Path) -> None:
    endpoint = Endpoint(
        dialect="openai-chat", base_url="http://127.0.0.1:1/t/v1", model="m", api_key="k", profile="deepseek"
    )

    values = values_of(endpoint, folder(tmp_path), tmp_path)

    assert {*values, "prompt"} == set(PLACEHOLDERS)
    assert filled("{root_url} {key} {profile}", values) == "http://127.0.0.1:1/t k deepseek"
