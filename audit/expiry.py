"""Expiry: an epoch whose span is over loses its key, and what was sealed in it is gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.act import Acts
from audit.legal_hold import held_classes
from audit.retention import RetentionPolicy, epoch_class

_EPOCHS = "SELECT id, name, now() AS now FROM keys.branches WHERE kind = 'epoch' AND state = 'active' ORDER BY name"
_DESTROY = """
UPDATE keys.branches SET state = 'destroyed', wrapped = NULL, version = version + 1
WHERE id = $1 AND state = 'active' RETURNING version
"""
_SHRED = "WITH gone AS (DELETE FROM audit.parts WHERE epoch = $1 RETURNING 1) SELECT count(*) FROM gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """Expires epochs. `acts` is in the role of the key administrator."""

    acts: Acts
    policy: RetentionPolicy

    async def run(self) -> Sequence[str]:
        """Destroys the keys of every epoch that is over and under no legal hold; returns their names."""
        rows = await self.acts.read(_EPOCHS)
        over = [(row["id"], row["name"]) for row in rows if self._is_over(row["name"], row["now"])]
        return [name for identity, name in over if await self._destroy(identity, name)]

    def _is_over(self, epoch: str, now: datetime) -> bool:
        return self.policy.expires_at(epoch) <= now

    async def _destroy(self, epoch_id: UUID, epoch: str) -> bool:
        async with self.acts.begin() as doing:
            if epoch_class(epoch) in await held_classes(doing):
                return False
            rows = await doing.run(_DESTROY, epoch_id)
            if not rows:
                return False
            facts = {"epoch": epoch, "parts": (await doing.run(_SHRED, epoch))[0][0]}
            doing.record("epoch_key_destroyed", resource_id=epoch_id, version=rows[0]["version"], facts=facts)
            return True
