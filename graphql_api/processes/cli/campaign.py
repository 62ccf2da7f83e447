"""`scrip campaign`: what operators do with campaigns, what would become of a draft, and what became of a campaign."""

import typer

from graphql_api.processes.cli.campaign_acts import end, pause, start, submit, top_up
from graphql_api.processes.cli.campaign_figures import show_figures
from graphql_api.processes.cli.campaign_members import load_members
from graphql_api.processes.cli.campaign_reads import list_campaigns, show_campaign
from graphql_api.processes.cli.campaign_simulation import simulate_campaign

app = typer.Typer(name="campaign", help="Run campaigns, simulate them, read their figures.", no_args_is_help=True)
app.command("list")(list_campaigns)
app.command("show")(show_campaign)
app.command("submit")(submit)
app.command("members")(load_members)
app.command("top-up")(top_up)
app.command("start")(start)
app.command("pause")(pause)
app.command("end")(end)
app.command("simulate")(simulate_campaign)
app.command("figures")(show_figures)
