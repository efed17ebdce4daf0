"""litellm looks for a table of prices on the network when it is imported, unless it is told to use its own."""

import os

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
