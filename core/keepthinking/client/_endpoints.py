"""From a model's name to an endpoint: what is absent is filled in from the tables of profiles and vendors.

How, nearest evidence first:

1. a profile by name decides the dialect and, unless given, the base URL;
2. else the base URL's host decides; a host that nobody claims speaks `openai-chat`, as most servers do;
3. else the model's name, and only where exactly one vendor is known for it: a name says who made a model, not who
   serves it, and the name of a gateway's model (`maker/model`) says even less.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from keepthinking._adapter import Endpoint
from keepthinking._errors import KeepthinkingError, UnknownNameError
from keepthinking._profiles import Profile, profile_for, profiles
from keepthinking._profiles import profile as profile_of
from keepthinking.client._vendors import VENDORS, Vendor, by_address, by_profile
from keepthinking.client._wires import wire
from keepthinking.retention._rules import bare_model, specificity


class MissingKeyError(KeepthinkingError, LookupError):
    """A vendor wants a key, and none was given.

    Attributes:
        variable: The environment variable that may hold it, or several, joined by `or`.
    """

    def __init__(self, vendor: str, variable: str) -> None:
        self.variable = variable
        super().__init__(f"`{vendor}` wants an API key", hint=f"pass api_key, or set the variable {variable}")


def endpoint_for(  # noqa: PLR0913 - one keyword an attribute
    model: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    dialect: str | None = None,
    profile: Profile | str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Endpoint:
    """Make an endpoint from what is known of it.

    Args:
        model: The model's name, as the server knows it.
        base_url: What the vendor's own client takes.
        api_key: The credential. Without it the vendor's environment variable is read, now, if the profile was named
            or the host is the vendor's: a key is not sent to a stranger because of a model's name.
        dialect: The dialect's id.
        profile: The provider's way of speaking, by name or as a value.
        headers: Headers to send with each request.

    Raises:
        MissingKeyError: The vendor wants a key, and neither `api_key` nor its variable holds one.
        EncodeError: `base_url` is no URL.
        UnknownNameError: No such profile or dialect, a profile of another dialect, or no base URL is known.
    """
    if dialect is not None:
        wire(dialect)
    chosen: Profile | None = None
    row: Vendor | None = None
    if profile is not None:
        chosen = _resolve(profile, dialect)
        row = by_profile(chosen.name) or (by_address(base_url, chosen.dialect) if base_url else None)
    elif base_url is not None:
        row = by_address(base_url, dialect)
        speaks = dialect or (row.dialect if row else "openai-chat")
        chosen = profile_for(speaks, host=base_url, model=model)
    else:
        chosen, row = _by_model(model, dialect)
    address = base_url or (row.base_url if row else None)
    if address is None:
        raise _no_address(chosen.name, f"no base URL is known for the profile `{chosen.name}`: pass base_url")
    wire(chosen.dialect)
    key = api_key if api_key is not None else _key(row, required=by_address(address) is not None)
    return Endpoint(
        dialect=chosen.dialect,
        base_url=address,
        model=model,
        api_key=key,
        profile=profile if isinstance(profile, Profile) else chosen.name,
        headers=headers,
    )


def _resolve(profile: Profile | str, dialect: str | None) -> Profile:
    if isinstance(profile, Profile):
        return profile_of(profile, dialect or profile.dialect)
    if dialect is not None:
        return profile_of(profile, dialect)
    for row in profiles():
        if row.name == profile:
            return row
    raise UnknownNameError("profile", profile, (row.name for row in profiles()))


def _by_model(model: str, dialect: str | None) -> tuple[Profile, Vendor]:
    """Find the one vendor whose profile names a model."""
    rows = {row.name: row for row in profiles()}
    found: list[tuple[Profile, Vendor]] = []
    if "/" not in model:
        found = [
            (rows[name], vendor)
            for vendor in VENDORS
            if dialect in {None, vendor.dialect}
            for name in vendor.profiles
            # Tags are never chosen by a name: where the text has none they would cut into what is to be seen.
            if rows[name].tags is None and specificity(rows[name].models, bare_model(model))
        ]
    if len({vendor.name for _, vendor in found}) == 1:
        return found[0]
    if found:
        names = ", ".join(profile.name for profile, _ in found)
        raise _no_address(model, f"several vendors serve it: name a profile ({names})")
    raise _no_address(model, "pass base_url, or name a profile of the vendor that serves it")


def _no_address(name: str, hint: str) -> UnknownNameError:
    error = UnknownNameError("vendor of a model or profile", name, (n for row in VENDORS for n in row.profiles))
    error.hint = f"{hint}; profiles with a base URL: {', '.join(error.known)}"
    return error


def _key(row: Vendor | None, *, required: bool) -> str | None:
    if row is None or not row.variable:
        return None
    for variable in row.variables:
        if value := os.environ.get(variable):
            return value
    if required:
        raise MissingKeyError(row.name, " or ".join(row.variables))
    return None  # a vendor's profile at another address: a proxy or a server that may want none
