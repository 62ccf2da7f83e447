"""CPU time by group of processes: servers, PostgreSQL, load generator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psutil


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time so far of these processes and all their living descendants."""
    total = 0.0
    for process in with_descendants(pids):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


class CpuMeter:
    """Reads the groups' CPU time when made, and afterwards says what was used since."""

    def __init__(self, groups: Mapping[str, Iterable[int]]) -> None:
        self._groups = {name: tuple(pids) for name, pids in groups.items()}
        self._begun = {name: cpu_seconds(pids) for name, pids in self._groups.items()}

    def seconds(self) -> dict[str, float]:
        """CPU seconds by group since the meter was made; processes that have ended meanwhile do not count."""
        return {name: cpu_seconds(pids) - self._begun[name] for name, pids in self._groups.items()}


def with_descendants(pids: Iterable[int]) -> set[psutil.Process]:
    """These processes and all their living descendants."""
    processes: set[psutil.Process] = set()
    for pid in pids:
        try:
            process = psutil.Process(pid)
            processes.update([process, *process.children(recursive=True)])
        except psutil.NoSuchProcess:
            continue
    return processes
