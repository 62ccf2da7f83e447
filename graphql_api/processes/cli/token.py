"""`scrip token`."""

import os
import time
from typing import Annotated

import typer

from graphql_api.permissions import Role, Scope


def token(
    role: Annotated[Role, typer.Option(help="Whose rights the token carries.")],
    subject: Annotated[str, typer.Option(help="Who calls: the token's `sub`.")] = "",
    scope: Annotated[list[Scope] | None, typer.Option(help="Scopes instead of the role's own; repeat it.")] = None,
    programme: Annotated[str | None, typer.Option(help="The programme the caller belongs to.")] = None,
    merchant: Annotated[str | None, typer.Option(help="The merchant the caller acts for.")] = None,
    member: Annotated[str | None, typer.Option(help="The member's external id.")] = None,
    ttl_seconds: Annotated[int, typer.Option("--ttl", min=1, max=31_536_000, help="Seconds it lasts.")] = 86_400,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print a token signed by the development key; refused in production.

    Where the demo is loaded, a caller that is not named is one of its cast, as `scrip run` shows them.

    Examples:
        scrip token --role member --member 1

        scrip token --role service --scope points:earn --scope points:spend --json
    """
    from graphql_api.http.development_tokens import development_key, sign_token
    from graphql_api.processes.cli.output import print_json, print_line
    from graphql_api.processes.demo.cast_file import remembered_cast
    from graphql_api.setting_values import Environment
    from graphql_api.settings import SettingsError, read_settings

    settings = read_settings(os.environ)
    if settings.environment is Environment.PRODUCTION or settings.jwt_jwks_url:
        raise SettingsError(
            ("`scrip token` signs with the development key, which this configuration does not accept.",)
        )
    cast = remembered_cast(settings.var, None)
    if cast is not None and programme is None:
        programme = str(cast.programme_id)
        merchant = merchant or (str(cast.merchant_id) if role is Role.MERCHANT else None)
        member = member or (cast.member_external_id if role is Role.MEMBER else None)
    signed = sign_token(
        development_key(settings.var),
        role=role,
        subject=subject or member or f"dev-{role}",
        now=time.time(),
        ttl_seconds=ttl_seconds,
        scopes=scope or (),
        programme_id=programme,
        merchant_id=merchant,
        member_external_id=member,
    )
    if as_json:
        print_json({"token": signed, "role": str(role), "expiresInSeconds": ttl_seconds})
    else:
        print_line(signed)
