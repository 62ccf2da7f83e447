"""How the schema's resolvers reach an open application: a context for each request, over one ledger."""

import secrets
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from audit.keyring import KeyGone, SubjectRestricted
from audit.parts import Parts
from audit.record import SealedPart
from graphql_api.audit_log.desk import AuditDesk
from graphql_api.bootstrap import Application
from graphql_api.caller import Caller
from graphql_api.loaders import BatchLoader
from graphql_api.request_record import RequestRecord
from graphql_api.schema.context import Context, Ledger, WalletKey
from graphql_api.schema.directory import Directory
from ledger.control.queries import SealedReason
from ledger.engine.reader import Reader
from ledger.points.wallet_query import WalletView, load_wallets

_LOG = structlog.get_logger("scrip.audit")


def context_of(application: Application) -> Callable[[Caller, RequestRecord], Context]:
    """How each request's context is made."""
    ledger = _ledger_of(application)

    def make(caller: Caller, record: RequestRecord) -> Context:
        record.on_denied = partial(application.refused.deny, caller)
        return Context(caller=caller, request=record, ledger=ledger)

    return make


def _ledger_of(application: Application) -> Ledger:
    reader = application.reader
    return Ledger(
        engine=application.engine,
        reader=reader,
        units=application.units,
        sealer=application.sealer,
        random=secrets.token_bytes,
        open_reason=partial(_open_reason, application.audit.parts),
        sandbox=application.settings.sandbox,
        directory=Directory(reader, application.member_ids),
        wallets=_wallet_loader(reader),
        approvables=application.approvables,
        guesses=application.guesses,
        changes=application.changes,
        audit=AuditDesk(url=application.database.url, acts=application.audit.acts, parts=application.audit.parts),
    )


async def _open_reason(parts: Parts, reason: SealedReason) -> str | None:
    """One that was altered is left out too, or it would keep everybody from the others; the audit log's daily round tells."""
    try:
        return await parts.open(SealedPart(*reason))
    except (KeyGone, SubjectRestricted):
        return None
    except ValueError:
        _LOG.error("reason_unreadable", event_id=str(reason.event_id))
        return None


def _wallet_loader(reader: Reader) -> BatchLoader[WalletKey, WalletView | None]:
    """Wallets that many requests ask for at once, one statement for each programme among them."""

    async def load(keys: Sequence[WalletKey]) -> Sequence[WalletView | None]:
        found: dict[WalletKey, WalletView | None] = {}
        for programme_id in {key[0] for key in keys}:
            mine = [key for key in keys if key[0] == programme_id]
            views = await load_wallets(reader, programme_id, [(member, asset) for _, member, asset in mine])
            found.update(zip(mine, views, strict=True))
        return [found[key] for key in keys]

    return BatchLoader(load)
