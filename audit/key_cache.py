"""Keys that were unwrapped, kept for a bounded time and in a bounded number."""

from collections.abc import Callable, Collection, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

AGE_S_MAX: Final = 60
"""Erasure evicts at once by a notice; where notices are lost, a destroyed key leaves memory this much later."""
KEYS_MAX: Final = 10_000


class KeyCache(Generic[K]):
    """The oldest go first; `monotonic_s` gives seconds that never step back."""

    def __init__(self, monotonic_s: Callable[[], float], *, keys_max: int = KEYS_MAX) -> None:
        self._monotonic_s = monotonic_s
        self._keys_max = keys_max
        self._kept: dict[K, tuple[bytes, float]] = {}

    def get(self, name: K) -> bytes | None:
        """The key, unless it is too old."""
        found = self._kept.get(name)
        if found is None:
            return None
        if found[1] <= self._monotonic_s():
            del self._kept[name]
            return None
        return found[0]

    def find(self, names: Collection[K]) -> tuple[dict[K, bytes], list[K]]:
        """The kept keys among `names`, and the names of the others."""
        kept: dict[K, bytes] = {}
        missing: list[K] = []
        for name in names:
            key = self.get(name)
            if key is None:
                missing.append(name)
            else:
                kept[name] = key
        return kept, missing

    def put(self, name: K, key: bytes) -> None:
        """Keeps a key from now on."""
        self._kept.pop(name, None)
        while len(self._kept) >= self._keys_max:
            del self._kept[next(iter(self._kept))]
        self._kept[name] = (key, self._monotonic_s() + AGE_S_MAX)

    def drop(self, name: K) -> None:
        """Lets go of one key."""
        self._kept.pop(name, None)

    def clear(self) -> None:
        """Lets go of all."""
        self._kept.clear()
