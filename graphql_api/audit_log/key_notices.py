"""Whose keys every process lets go of at once, because they were erased or restricted."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

from audit.keyring import Keyring
from graphql_api.notices import Notices

CHANNEL: Final = "scrip_keys"


class KeyNotices:
    """A channel of `notices` that evicts from the keyring; `on_gone` hears that somebody was erased."""

    def __init__(self, notices: Notices, keyring: Keyring, on_gone: Callable[[], None]) -> None:
        self._notices = notices
        self._keyring = keyring
        self._on_gone = on_gone
        self._pending: dict[UUID, None] = {}
        notices.add(self)

    def publish(self, subjects: Iterable[UUID]) -> None:
        """Evicts here now and in every process within a moment. Never waits, never raises."""
        gone = dict.fromkeys(subjects)
        self._keyring.forget(gone)
        self._on_gone()
        self._pending.update(gone)
        self._notices.wake()

    # -- as a channel ------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """One channel for the deployment: subjects are not a book's."""
        return CHANNEL

    def hear(self, payload: str) -> None:
        """Lets go of the subject's key."""
        try:
            self._keyring.forget([UUID(payload)])
        except ValueError:
            return
        self._on_gone()

    def miss(self) -> None:
        """Anybody's key may be gone."""
        self._keyring.forget_all()
        self._on_gone()

    def take(self) -> Sequence[str]:
        """All that is pending now, one subject a payload: erasures are rare."""
        subjects = [str(subject_id) for subject_id in self._pending]
        self._pending.clear()
        return subjects

    def give_back(self, payloads: Sequence[str]) -> None:
        """These are pending again."""
        self._pending.update(dict.fromkeys(UUID(payload) for payload in payloads))
