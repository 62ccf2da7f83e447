// The schema comes from a file of its own, so the documentation shows before a token has been pasted.
const socket = (location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/graphql";
const fetcher = GraphiQL.createFetcher({ url: "/graphql", subscriptionUrl: socket });
const welcome = `# Paste a token beside "Bearer" under Headers, below.
# \`scrip token --role operator\` prints one.

query WhoAnswers {
  __typename
}
`;

fetch("/graphiql/schema.json")
  .then((answer) => answer.json())
  .then((schema) => {
    const root = ReactDOM.createRoot(document.getElementById("graphiql"));
    root.render(
      React.createElement(GraphiQL, {
        fetcher,
        schema,
        defaultQuery: welcome,
        defaultHeaders: '{\n  "Authorization": "Bearer "\n}',
        isHeadersEditorEnabled: true,
        defaultEditorToolsVisibility: "headers",
        shouldPersistHeaders: true,
        visiblePlugin: GraphiQL.React.DOC_EXPLORER_PLUGIN,
      }),
    );
  });
