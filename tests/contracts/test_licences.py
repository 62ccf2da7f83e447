"""What the product is shipped with may be given on under the Apache License 2.0."""

import re
from importlib.metadata import PackageNotFoundError, metadata

from tests.databases import ROOT

PERMISSIVE = re.compile(r"MIT|BSD|Apache|ISC|PSF|MPL|Mozilla|Python Software", re.IGNORECASE)
COPYLEFT = re.compile(r"GPL|GNU|SSPL|BUSL|Commons Clause", re.IGNORECASE)


def test_no_copyleft_is_shipped() -> None:
    """Every package of the image; the tests may use others, such as pymerkle, which the image lacks."""
    locked = re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE)
    named = {name: _licence_of(name) for name in locked}

    assert [f"{name}: {licence}" for name, licence in named.items() if licence and COPYLEFT.search(licence)] == []
    assert [name for name, licence in named.items() if licence is not None and not PERMISSIVE.search(licence)] == []


def _licence_of(name: str) -> str | None:
    """All that the package says of its licence; None where this platform does not install it."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return None
    classified = [each for each in told.get_all("Classifier", []) if each.startswith("License")]
    stated = [each[:80] for field in ("License-Expression", "License") for each in told.get_all(field, [])]
    return " ".join([*stated, *classified])
