"""What a newcomer reads once `scrip run` is up: where it is, and a token for each role."""

import time

from graphql_api.http.development_tokens import development_key, sign_token
from graphql_api.permissions import Role
from graphql_api.settings import Settings


def welcome(settings: Settings) -> str:
    """Return the text; its tokens are signed by the development key and last a day."""
    url = f"http://{settings.host}:{settings.port}/graphql"
    key = development_key(settings.var)
    now = time.time()
    roles = [role for role in Role if role is not Role.ANONYMOUS]
    tokens = (f"  {role:<11} {sign_token(key, role=role, subject=f'dev-{role}', now=now)}" for role in roles)
    return "\n".join(["", f"Scrip is up: {url}", "", "Tokens, for the header Authorization: Bearer …", *tokens, ""])
