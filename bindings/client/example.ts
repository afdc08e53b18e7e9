// Makes a flow, publishes it, talks to it and takes it away again: `node example.js ADDRESS TOKEN`.

import { answered, connect, Refused, type Schemas } from "./client.js";

const [baseUrl, bearer] = process.argv.slice(2);
if (baseUrl === undefined || bearer === undefined) throw new Error("usage: example.js ADDRESS TOKEN");
const author = connect({ baseUrl, token: () => bearer });
const visitor = connect({ baseUrl });

function equal(found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(expected)}`);
}

// An author makes a flow from its graph, adds a node to it, and publishes it.
const made = await answered(author.POST("/v1/cms/flows", {
  body: {
    name: "Greeting",
    entry_node_id: "ask",
    flow_data: {
      nodes: [
        { id: "ask", type: "question", content: { question: { text: "Who is it?" }, input_type: "text", variable: "temp.name" } },
      ],
      connections: [],
    },
  },
}));
const path = { flow_id: made.id };
const greet: Schemas["NewNode"] = {
  node_id: "greet",
  node_type: "message",
  content: { messages: [{ type: "text", text: "Hello {{temp.name}}!" }] },
};
await answered(author.POST("/v1/cms/flows/{flow_id}/nodes", { params: { path }, body: greet }));
await answered(author.POST("/v1/cms/flows/{flow_id}/connections", {
  params: { path },
  body: { source_node_id: "ask", target_node_id: "greet", connection_type: "default" },
}));
const published = await answered(author.PUT("/v1/cms/flows/{flow_id}", {
  params: { path },
  body: { publish: true, visibility: "wriveted" },
}));
equal(published.is_published, true);

// A visitor talks to it, without an account.
const started = await answered(visitor.POST("/v1/chat/start", { body: { flow_id: made.id } }));
equal(started.current_node_id, "ask");
const turn = await answered(visitor.POST("/v1/chat/sessions/{session_token}/interact", {
  params: {
    path: { session_token: started.session_token },
    header: { "X-CSRF-Token": started.csrf_token, "Idempotency-Key": "first" },
  },
  body: { input: "Ada", input_type: "text", expected_revision: started.revision },
}));
equal(turn.session_ended, true);
equal(JSON.stringify(turn.messages).includes("Hello Ada!"), true);

// The list has it; refusals come with their code.
const listed = await answered(author.GET("/v1/cms/flows", { params: { query: { search: "Greeting", limit: 10 } } }));
equal(listed.data.some((flow) => flow.id === made.id), true);
const stranger = await answered(visitor.GET("/v1/cms/flows")).catch((error: unknown) => error);
if (!(stranger instanceof Refused)) throw new Error("a stranger reads flows");
equal(stranger.status, 401);
equal(typeof stranger.code, "string");

await author.DELETE("/v1/cms/flows/{flow_id}", { params: { path } });
console.log("The client made, published, talked to and removed a flow.");
