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
        self._keys: dict[K, bytes] = {}
        self._until_s: dict[K, float] = {}

    def get(self, name: K) -> bytes | None:
        """The key, unless it is too old."""
        if name in self._keys and self._until_s[name] <= self._monotonic_s():
            self.drop(name)
        return self._keys.get(name)

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
        self.drop(name)
        while len(self._keys) >= self._keys_max:
            self.drop(next(iter(self._keys)))
        self._keys[name] = key
        self._until_s[name] = self._monotonic_s() + AGE_S_MAX

    def drop(self, name: K) -> None:
        """Lets go of one key."""
        self._keys.pop(name, None)
        self._until_s.pop(name, None)

    def clear(self) -> None:
        """Lets go of all."""
        self._keys.clear()
        self._until_s.clear()
