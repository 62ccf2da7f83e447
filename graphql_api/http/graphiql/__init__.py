"""GraphiQL for development: a page and its files out of this package, and the schema; no other host."""

from importlib.resources import files

from graphql import GraphQLSchema, introspection_from_schema
from starlette.types import Receive, Scope, Send

from graphql_api.http.answers import encode, send_answer
from graphql_api.http.request_log import RECORD

_TYPES = {".js": b"text/javascript; charset=utf-8", ".css": b"text/css; charset=utf-8"}
_NAMES = (
    "graphiql.min.css",
    "graphiql.min.js",
    "react-dom.production.min.js",
    "react.production.min.js",
    "start.js",
)


def graphiql_page() -> bytes:
    """The page itself, served at `/graphql` to browsers."""
    return files(__name__).joinpath("page.html").read_bytes()


class GraphiqlFiles:
    """`/graphiql/{name}`: the few files the page loads, by name and never by path."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._loaded: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one file, or 404."""
        scope[RECORD].route = "/graphiql"
        name: str = scope["path_params"]["name"]
        if name == "schema.json":
            content = encode(introspection_from_schema(self._schema))
            await send_answer(send, 200, content, [(b"content-type", b"application/json")])
        elif name in _NAMES:
            kind = _TYPES[name[name.rindex(".") :]]
            await send_answer(send, 200, self._load(name), [(b"content-type", kind), (b"cache-control", b"no-cache")])
        else:
            await send_answer(send, 404, b"", [(b"content-type", b"text/plain")])

    def _load(self, name: str) -> bytes:
        content = self._loaded.get(name)
        if content is None:
            content = self._loaded[name] = files(__name__).joinpath(name).read_bytes()
        return content
