"""Options and arguments that several commands have, said once."""

from pathlib import Path
from typing import Annotated

import typer

ProgrammeCode = Annotated[
    str | None, typer.Option("--programme", help="The programme's code; needed where there are several.")
]
MemberId = Annotated[str, typer.Argument(help="The member's external id.")]
CampaignCode = Annotated[str, typer.Argument(help="The campaign's code.")]
TableFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A .csv or .txt file.")]
Refused = Annotated[Path | None, typer.Option(help="Where refused lines go.", show_default="FILE.refused.jsonl")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
