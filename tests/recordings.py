"""Where the recorded provider traffic is, for tests that need it while they are collected."""

import os
from pathlib import Path

VARIABLE = "KEEPTHINKING_CAPTURES"
_HERE = Path(__file__).parent
# A collection that lies beside the checkout may be newer than our copy, so it judges first.
_PLACES = (_HERE.parents[1] / "shared" / "captures", _HERE / "captures")


def directory() -> Path:
    """Return the directory of the recordings.

    Raises:
        FileNotFoundError: There are none. A suite that skipped them would prove nothing.
    """
    named = os.environ.get(VARIABLE)
    places = (Path(named),) if named else _PLACES
    for place in places:
        if any(place.glob("*.jsonl")):
            return place
    message = f"no recorded traffic (*.jsonl) in {', '.join(map(str, places))}; see {VARIABLE}"
    raise FileNotFoundError(message)
