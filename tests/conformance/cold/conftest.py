"""Collects the tests of this folder where their programs are: `nox -s cold` installs these, and says where."""

from __future__ import annotations

import os

collect_ignore_glob = [] if "KEEPTHINKING_COLD" in os.environ else ["test_*.py"]
