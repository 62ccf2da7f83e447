"""`scrip campaign`: what became of a campaign."""

import typer

from graphql_api.processes.cli.campaign_figures import show_figures

app = typer.Typer(name="campaign", help="Figures of campaigns.", no_args_is_help=True)
app.callback()(lambda: None)
app.command("figures")(show_figures)
