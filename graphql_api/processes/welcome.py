"""What a newcomer reads once `scrip run` is up: where it is, a token for each role, and what to paste."""

import time
from typing import Final

from graphql_api.http.development_tokens import development_key, sign_token
from graphql_api.permissions import ROLE_SCOPES, Role, Scope
from graphql_api.processes.demo.cast_file import DemoCast
from graphql_api.processes.examples import examples
from graphql_api.settings import Settings

SHOWN_SCOPES: Final = {
    Role.SERVICE: ROLE_SCOPES[Role.SERVICE] | {Scope.POINTS_SPEND, Scope.POINTS_HOLD, Scope.POINTS_TRANSFER},
    Role.OPERATOR: ROLE_SCOPES[Role.OPERATOR] | {Scope.SANDBOX_ADVANCE},
}
"""More than a role's own, so that every pasted query works: what a bank grants its systems by name."""


def welcome(settings: Settings, cast: DemoCast | None) -> str:
    """The text; its tokens are signed by the development key, last a day and stand for the demo's cast."""
    url = f"http://{settings.host}:{settings.port}/graphql"
    key = development_key(settings.var)
    now = time.time()
    tokens = (
        f"  {role:<11} "
        + sign_token(
            key,
            role=role,
            subject=_subject(role, cast),
            now=now,
            scopes=sorted(SHOWN_SCOPES.get(role, ())),
            programme_id=None if cast is None else str(cast.programme_id),
            merchant_id=str(cast.merchant_id) if cast and role is Role.MERCHANT else None,
            member_external_id=cast.member_external_id if cast and role is Role.MEMBER else None,
        )
        for role in Role
        if role is not Role.ANONYMOUS
    )
    to_paste = (
        f"{example.title} (token: {example.role})\n\n{example.text}\n"
        for example in examples(cast.member_external_id if cast else "1")
    )
    return "\n".join(
        [
            "",
            f"Scrip is up: {url}",
            "",
            "Tokens, for the header Authorization: Bearer …",
            *tokens,
            "",
            "Three documents to paste, in a browser at that address or by any client:",
            "",
            *to_paste,
        ]
    )


def _subject(role: Role, cast: DemoCast | None) -> str:
    return cast.member_external_id if cast and role is Role.MEMBER else f"dev-{role}"
