"""What the page says of smolagents: the example runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[3] / "docs" / "smolagents.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_example_runs(opened: Any, tmp_path: Path) -> None:
    # The example names a vendor; here it is the scripted provider, so an address and a key are put in.
    def at_home(match: re.Match[str]) -> str:
        talk = opened("single", match[1])
        return f'{match[0]}, base_url="{talk.base_url}", api_key="none"'

    (code,) = EXAMPLES
    # A tool is made of the source of its function, so the example has to stand in a file.
    example = tmp_path / "example.py"
    example.write_text(re.sub(r'profile="(.+?)"', at_home, code), encoding="utf-8")
    done = subprocess.run([sys.executable, example], capture_output=True, check=True, encoding="utf-8")

    assert len([line for line in done.stdout.splitlines() if line.strip()]) >= code.count("print(")
