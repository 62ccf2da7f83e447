"""The API of one process: the HTTP face around an open application, as the settings want it."""

import time
from typing import Final

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from graphql_api.audit_log.downloads import AuditDownloads
from graphql_api.bootstrap import Application
from graphql_api.http.app import HttpOptions, create_app
from graphql_api.http.credentials import ANONYMOUS, Authenticator
from graphql_api.http.development_tokens import RULES, development_key, development_key_set
from graphql_api.http.document_store import TrustedDocumentRefused
from graphql_api.http.key_sets import RemoteKeySet, fetch_over_https
from graphql_api.http.rate_limits import rate_of
from graphql_api.http.tokens import TokenRules, TokenVerifier
from graphql_api.http.trusted_documents import read_trusted_documents
from graphql_api.processes.contexts import context_of
from graphql_api.processes.engine_metrics import PoolMetrics
from graphql_api.registry_api_keys import RegistryApiKeys
from graphql_api.schema.build import build_schema
from graphql_api.settings import Settings, SettingsError

_SCHEMA: Final = build_schema()


def compose_api(application: Application, registry: CollectorRegistry) -> Starlette:
    """Return the ASGI application; raise `SettingsError` where a file that the settings name cannot be used."""
    settings = application.settings
    pool, pool_metrics = application.database.pool, PoolMetrics(registry)
    make_context = context_of(application)
    reader, acts = application.reader, application.audit.acts

    async def ping() -> None:
        await pool.fetchval("SELECT 1")

    authenticator = Authenticator(
        tokens=token_verifier(settings),
        api_keys=RegistryApiKeys(reader),
        merchants=application.merchants,
        failures=application.refused,
        now=time.time,
        anonymous=ANONYMOUS if settings.graphiql else None,
    )
    try:
        return create_app(
            schema=_SCHEMA,
            make_context=make_context,
            authenticator=authenticator,
            ping=ping,
            sample=lambda: pool_metrics.sample(size=pool.get_size(), idle=pool.get_idle_size()),
            downloads=AuditDownloads(reader=reader, acts=acts, context_of=make_context),
            options=http_options(settings),
            registry=registry,
        )
    except TrustedDocumentRefused as error:
        raise SettingsError((f"SCRIP_TRUSTED_DOCUMENTS: {error}.",)) from None


def token_verifier(settings: Settings) -> TokenVerifier:
    """Return what checks tokens: the provider's keys where one is named, else the development key."""
    if settings.jwt_jwks_url and settings.jwt_issuer:
        rules = TokenRules(issuer=settings.jwt_issuer, audience=settings.jwt_audience)
        return TokenVerifier(_provider_keys(settings.jwt_jwks_url), rules, monotonic=time.monotonic)
    keys = development_key_set(development_key(settings.var))
    return TokenVerifier(keys, RULES, monotonic=time.monotonic)


def _provider_keys(url: str) -> RemoteKeySet:
    try:
        return RemoteKeySet(fetch_over_https(url))
    except ValueError as error:
        raise SettingsError((f"SCRIP_JWT_JWKS_URL: {error}.",)) from None


def http_options(settings: Settings) -> HttpOptions:
    """Return the operator's choices in the HTTP room's words."""
    try:
        trusted = read_trusted_documents(settings.trusted_documents) if settings.trusted_documents else {}
    except ValueError as error:
        raise SettingsError((f"SCRIP_TRUSTED_DOCUMENTS: {error}.",)) from None
    return HttpOptions(
        graphiql=settings.graphiql,
        adhoc_for_all=settings.adhoc_documents,
        trusted_documents=trusted,
        allowed_origins=frozenset(settings.allowed_origins),
        trusted_proxies=settings.trusted_proxies,
        deadline_seconds=settings.deadline_seconds,
        rate=rate_of(settings.client_cost_per_second),
    )
