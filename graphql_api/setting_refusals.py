"""What keeps a process from starting although each of its settings can be read."""

from __future__ import annotations

import os
from difflib import get_close_matches
from enum import Enum, auto
from typing import TYPE_CHECKING

from graphql_api.database_url import missing_files
from graphql_api.setting_values import Environment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from graphql_api.settings import Settings


_ALIKE = 0.87
"""A letter lost, doubled or swapped; variables that container platforms make of a service's name stay below it."""


class Need(Enum):
    """What a process needs beside its database, so that none has to be handed a secret that it never uses.

    SEALING: the root key and the log's name, to record and to open what is private
    TOKENS:  the identity provider's keys, to know its callers
    """

    SEALING = auto()
    TOKENS = auto()


def misspellings(given: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence for each name that is no setting but looks like one; what resembles none belongs to others."""
    strange = sorted(name for name in given if name.startswith("SCRIP_") and name not in known)
    meant = ((name, get_close_matches(name, known, n=1, cutoff=_ALIKE)) for name in strange)
    return tuple(f"{name} is no setting; is {close[0]} meant?" for name, close in meant if close)


def contradictions(settings: Settings) -> tuple[str, ...]:
    """Return a sentence for what cannot stand together: two settings, or one and what is on the disk."""
    var = settings.var if settings.environment is Environment.DEVELOPMENT else None
    found = (
        (
            settings.root_key and settings.root_key_file,
            "SCRIP_ROOT_KEY and SCRIP_ROOT_KEY_FILE are both set; keep one.",
        ),
        (
            settings.jwt_jwks_url and not settings.jwt_issuer,
            "SCRIP_JWT_JWKS_URL needs SCRIP_JWT_ISSUER beside it.",
        ),
    )
    return (
        *_not_a_folder("SCRIP_VAR", var),
        *_not_a_folder("SCRIP_LOG_FOLDER", settings.log_folder),
        *(
            f"SCRIP_DATABASE_URL names {each}, which is no file that can be read."
            for each in missing_files(settings.database_url or "")
        ),
        *(sentence for wrong, sentence in found if wrong),
    )


def _not_a_folder(name: str, folder: Path | None) -> tuple[str, ...]:
    """Return a sentence where what stands at the folder's place, or above it, is a file."""
    # Path.is_file raises where a folder above may not be entered.
    files = [each for each in (folder, *folder.parents) if os.path.isfile(each)] if folder else []  # noqa: PTH113
    return tuple(f"{name} must be a folder, and {file} is a file." for file in files)


def production_refusals(settings: Settings, needs: Collection[Need]) -> tuple[str, ...]:
    """Return a sentence for each setting, or lack of one that the process needs, that is not for production."""
    plain_jwks = (settings.jwt_jwks_url or "https:").startswith("http:")
    no_root_key = not (settings.root_key or settings.root_key_file)
    found = (
        (
            not settings.database_url,
            "SCRIP_DATABASE_URL is missing, and the embedded database is not for production.",
        ),
        (
            Need.SEALING in needs and no_root_key,
            "SCRIP_ROOT_KEY_FILE is missing, and a development root key is not for production.",
        ),
        (
            Need.TOKENS in needs and not settings.jwt_jwks_url,
            "SCRIP_JWT_JWKS_URL is missing, and development tokens are not for production.",
        ),
        (
            Need.SEALING in needs and settings.log_origin.split("/")[0] == "localhost",
            "SCRIP_LOG_ORIGIN is missing, and an audit log of no name of its own is not for production.",
        ),
        (plain_jwks, "SCRIP_JWT_JWKS_URL must be https:// in production."),
        (settings.sandbox, "SCRIP_SANDBOX is on, and a clock that callers move is not for production."),
        (settings.graphiql, "SCRIP_GRAPHIQL is on, and GraphiQL is not for production."),
    )
    return tuple(sentence for wrong, sentence in found if wrong)
