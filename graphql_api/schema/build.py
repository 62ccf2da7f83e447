"""The schema, put together from its nouns."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from graphql_api.scalars import SCALAR_MAP
from graphql_api.schema import earn, member, spend, wallet
from graphql_api.schema.descriptions import object_type
from graphql_api.schema.refusals import ERROR_TYPES


@object_type
class Query:
    """Reads. Root fields run concurrently, each at its own instant."""

    me = member.ME
    wallet = wallet.WALLET


@object_type
class Mutation:
    """Writes. Each answers with its success or with a `UserError`; nothing is done by halves."""

    earn_points = earn.EARN_POINTS
    spend_points = spend.SPEND_POINTS


def build_schema() -> strawberry.Schema:
    """The schema of this release."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=list(ERROR_TYPES.values()),
        config=StrawberryConfig(scalar_map=dict(SCALAR_MAP)),
    )
