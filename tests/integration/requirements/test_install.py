"""What a newcomer reads where the machine lacks something: one clear sentence, and exit code 2."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.databases import ROOT


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A fresh clone's install script, and a PATH with nothing but the shell's own tools."""
    (tmp_path / "clone" / "requirements").mkdir(parents=True)
    for name in ("requirements/install.sh", "requirements/bootstrap.txt", "requirements/dev.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / "clone" / name)
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "dirname", "cat", "cksum", "head", "rm"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    return tmp_path


def install(machine: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the script there."""
    command = [str(machine / "clone" / "requirements" / "install.sh")]
    path = {"PATH": str(machine / "bin"), "HOME": str(machine)}
    return subprocess.run(command, env={**path, **environ}, capture_output=True, text=True, check=False)


def add_python(machine: Path, script: str, name: str = "python3") -> None:
    """Put a pretended Python on that PATH."""
    path = machine / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def working(version: str, wait: str = ":") -> str:
    """A pretended Python that makes an environment, whose tools do nothing."""
    return f"""case "$1" in
        -V) echo "Python {version}" ;;
        -m) mkdir -p "$3/bin"; {wait}
            for tool in python pip uv scrip; do printf '#!/bin/sh\\n' > "$3/bin/$tool" && chmod 755 "$3/bin/$tool"; done ;;
        esac"""


TOO_OLD = '[ "$1" = -V ] && echo "Python 3.9.2" && exit 0; exit 1'


def test_without_a_python_it_says_so(machine: Path) -> None:
    """And how to name one."""
    ended = install(machine)

    assert ended.returncode == 2
    assert ended.stderr == (
        "scrip: Python 3.11 or newer is needed, but no working python3 was found; "
        "install it or set PYTHON=/path/to/python3.\n"
    )


def test_a_python_too_old_is_named(machine: Path) -> None:
    """The version that was found helps to find the cause."""
    add_python(machine, TOO_OLD)

    ended = install(machine)

    assert ended.returncode == 2
    assert ended.stderr.startswith("scrip: Python 3.11 or newer is needed, but Python 3.9.2 was found;")


def test_a_chosen_python_too_old_is_named(machine: Path) -> None:
    """PYTHON is taken at its word, not silently replaced."""
    add_python(machine, TOO_OLD, "oldpython")

    ended = install(machine, PYTHON="oldpython")

    assert ended.returncode == 2
    assert ended.stderr == "scrip: PYTHON=oldpython is not a Python 3.11 or newer (Python 3.9.2).\n"


WITHOUT_VENV = 'case "$*" in -V) echo "Python 3.11.2";; *venv*) exit 1;; esac'


def test_a_python_without_venv_names_the_package(machine: Path) -> None:
    """Debian parts it from Python."""
    add_python(machine, WITHOUT_VENV)

    ended = install(machine)

    assert ended.returncode == 2
    assert ended.stderr == "scrip: python3 cannot make a virtual environment; on Debian install python3-venv.\n"
    assert not (machine / "clone" / ".venv").exists()


def test_the_systems_own_python_goes_before_a_version_managers(machine: Path) -> None:
    """It is the last on PATH; but one that cannot make an environment is passed over."""
    for tool in ("mkdir", "chmod"):
        (machine / "bin" / tool).symlink_to(str(shutil.which(tool)))
    add_python(machine, working("3.12.1"), "python3.12")
    (machine / "system").mkdir()
    add_python(machine, working("3.11.2"), "../system/python3")
    path = f"{machine}/bin:{machine}/system"

    assert "with Python 3.11.2 ..." in install(machine, PATH=path).stdout
    shutil.rmtree(machine / "clone" / ".venv")
    add_python(machine, WITHOUT_VENV, "../system/python3")
    assert "with Python 3.12.1 ..." in install(machine, PATH=path).stdout


@pytest.mark.skipif(shutil.which("flock") is None, reason="without flock nobody waits")
def test_of_two_at_once_the_second_waits_for_the_first(machine: Path) -> None:
    """Such as `make run` and `make test` in a fresh clone: they would remove each other's environment."""
    for tool in ("flock", "mkdir", "sleep", "chmod"):
        (machine / "bin" / tool).symlink_to(str(shutil.which(tool)))
    add_python(machine, working("3.11.2", wait="sleep 0.3"))

    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(lambda _: install(machine), range(2)))

    assert [(each.returncode, each.stderr) for each in ended] == [(0, ""), (0, "")]
    assert sorted(each.stdout for each in ended) == ["", "Installing into .venv with Python 3.11.2 ...\n"]
