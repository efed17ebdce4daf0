"""Coding agents of other people, as they are published: `nox -s cold` installs them and runs these tests."""
