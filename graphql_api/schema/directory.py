"""The directory: what a credential's names mean in the registry, remembered where it never changes.

Programmes, their codes, assets' codes and campaigns' versions are never given to another; only "there is no such" is
asked again each time.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final
from uuid import UUID

from graphql_api.caller import Caller
from graphql_api.errors import Forbidden
from ledger.campaigns.campaign_query import VersionName, version_name
from ledger.engine.reader import Reader
from ledger.members.queries import MemberIds
from ledger.programme.queries import code_of_asset, programme_by_id, programme_named
from ledger.vouchers.template_query import template_by_id

_ONLY_SECONDS: Final = 10.0


class Directory:
    """Names to ids, for one process; those of members in `members`."""

    def __init__(self, reader: Reader, members: MemberIds, *, now: Callable[[], float] = monotonic) -> None:
        self.members = members
        self._reader = reader
        self._now = now
        self._programmes: dict[str, UUID] = {}
        self._codes: dict[UUID, str] = {}
        self._assets: dict[UUID, str] = {}
        self._kinds: dict[UUID, str] = {}
        self._versions: dict[UUID, VersionName] = {}
        self._only: tuple[float, UUID] | None = None

    async def programme_of(self, caller: Caller) -> UUID:
        """The programme that the caller's credential names, by id or code, or the deployment's only one."""
        named = caller.programme_id
        if named is None:
            return await self._only_programme()
        return self._programmes.get(named) or await self._named_programme(named)

    async def _named_programme(self, named: str) -> UUID:
        found = await programme_named(self._reader, named)
        if found is None:
            raise Forbidden("The credential names a programme that does not exist here.")
        self._programmes[named] = found.id
        self._codes[found.id] = found.code
        return found.id

    async def _only_programme(self) -> UUID:
        """Asked again now and then: a second programme may have been created."""
        if self._only is not None and self._now() < self._only[0]:
            return self._only[1]
        found = await programme_named(self._reader, None)
        if found is None:
            raise Forbidden("The credential names no programme.")
        self._only = (self._now() + _ONLY_SECONDS, found.id)
        self._codes[found.id] = found.code
        return found.id

    async def code_of(self, programme_id: UUID) -> str:
        """The programme's code."""
        code = self._codes.get(programme_id)
        if code is None:
            found = await programme_by_id(self._reader, programme_id)
            assert found is not None
            code = self._codes[programme_id] = found.code
        return code

    async def asset_code(self, programme_id: UUID, asset_id: UUID) -> str:
        """The code of the programme's asset, of whatever kind."""
        code = self._assets.get(asset_id)
        if code is None:
            code = await code_of_asset(self._reader, programme_id, asset_id)
            assert code is not None
            self._assets[asset_id] = code
        return code

    async def voucher_kind(self, programme_id: UUID, template_id: UUID) -> str:
        """What vouchers of the programme's template give; it never changes."""
        kind = self._kinds.get(template_id)
        if kind is None:
            found = await template_by_id(self._reader, programme_id, template_id)
            assert found is not None
            kind = self._kinds[template_id] = found.template.kind
        return kind

    async def campaign_version(self, programme_id: UUID, version_id: UUID) -> VersionName:
        """The code of the programme's campaign, and the version's number."""
        name = self._versions.get(version_id)
        if name is None:
            found = await version_name(self._reader, programme_id, version_id)
            assert found is not None
            name = self._versions[version_id] = found
        return name
