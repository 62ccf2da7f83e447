"""`scrip-audit-verify.pyz`: the verifier as one file that any Python ≥ 3.11 runs, with nothing installed beside it.

Ed25519 is verified by `audit.ed25519`, so no compiled library is needed. The same sources give the same bytes, so an
auditor may build the file from the published source and compare.
"""

import io
import zipfile
from importlib.resources import files
from typing import Final

MODULES: Final = (
    "__init__",
    "bundle",
    "checkpoint",
    "csv_text",
    "ed25519",
    "entries",
    "entry_reading",
    "merkle",
    "note",
    "plain_archive",
    "plain_record",
    "policy",
    "side_by_side",
    "sparse_tree",
    "stream_versions",
    "verdict",
    "verifier",
    "verify",
    "verify_entries",
)
"""What `audit.verifier` imports; a test compares."""
_SHEBANG: Final = b"#!/usr/bin/env python3\n"
_MAIN: Final = """import sys
from datetime import datetime, timezone

if sys.version_info < (3, 11):
    sys.exit("scrip-audit-verify needs Python 3.11 or newer")

from audit.verifier import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], datetime.now(timezone.utc)))
"""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
"""The system that an archive says it was made on, wherever it is (APPNOTE 4.4.2)."""


def build_verifier() -> bytes:
    """The file's bytes."""
    sources = {f"audit/{module}.py": (files("audit") / f"{module}.py").read_bytes() for module in MODULES}
    target = io.BytesIO()
    target.write(_SHEBANG)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"__main__.py": _MAIN.encode(), **sources}.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = _UNIX
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return target.getvalue()
