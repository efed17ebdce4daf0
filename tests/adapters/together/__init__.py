"""All frameworks in one process; `nox -s together` collects this folder, and no other session does."""
