/*
 * 58. The Responses API on OCI: a conversation that the service keeps
 *
 * Chat completions are sent the whole conversation, each time. Here the service keeps it, and is sent what it has not seen.
 * Your thread is still yours: it is in your checkpointer, and survives what the service forgets.
 *
 *   pnpm tutorial 58
 *
 * Expect: a second request that carries one message; a tool that is called once for the same thing, watched by a hook; the
 * same with nothing kept by the service; a stream; and a conversation that goes on after the service has lost it. On OCI
 * it needs a project, OCI_PROJECT.
 */
import { Agent, type Hook, MemoryCheckpointer, tool } from "locus-sdk";
import { createOciOpenAI, OCIResponsesModel } from "locus-sdk/oci";
import { z } from "zod";

// What is sent, seen where it leaves: Locus signs and sends with the process's own fetch.
interface Sent {
  readonly bytes: number;
  readonly messages: number;
  readonly goesOn: boolean;
}
const sent: Sent[] = [];
const requestBody = z.object({ input: z.array(z.unknown()), previous_response_id: z.string().optional() });
const processFetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  if (init?.body instanceof Uint8Array) {
    const { data } = requestBody.safeParse(JSON.parse(new TextDecoder().decode(init.body)));
    if (data !== undefined) {
      const goesOn = data.previous_response_id !== undefined;
      sent.push({ bytes: init.body.byteLength, messages: data.input.length, goesOn });
    }
  }
  return processFetch(input, init);
};
function show(title: string): void {
  console.log(title);
  for (const { bytes, messages, goesOn } of sent.splice(0)) {
    console.log(
      `  sent ${bytes} bytes: ${messages} of the conversation, ${goesOn ? "behind a response" : "from its beginning"}`,
    );
  }
}

const modelId = "openai.gpt-oss-120b";
const checkpointer = new MemoryCheckpointer();

// ── Two turns ────────────────────────────────────────────────────────────────────────────────────────────────────

const story = "I moved here from Lima three years ago, for the sea and the light. ".repeat(20);
await using agent = new Agent({
  model: new OCIResponsesModel({ model: modelId }),
  systemPrompt: "Keep answers short.",
  checkpointer,
});
agent.on("retry", ({ what }) => console.log(`  retry: ${what}`));
await agent.run(`My name is Ada. ${story}`, { threadId: "ada" });
const second = await agent.run("What is my name?", { threadId: "ada" });
show(`two turns: ${second.text}`);

// ── A tool, once ─────────────────────────────────────────────────────────────────────────────────────────────────

// Tools, idempotency and hooks are the agent's, and the same on every transport. A hook sees the call that was answered
// from the record, too.
let bookings = 0;
const bookHotel = tool({
  name: "book_hotel",
  description: "Books a hotel room in a city.",
  parameters: z.object({ city: z.string() }),
  idempotent: { scope: "thread" },
  execute: ({ city }) => ({ city, booking: `B-${100 + ++bookings}` }),
});
const watcher: Hook = {
  name: "watcher",
  beforeToolCall: ({ call }) => console.log(`  before ${call.name} ${JSON.stringify(call.arguments)}`),
  afterToolCall: ({ call, source }) => console.log(`  after ${call.name}: ${source}`),
};
await using travel = new Agent({
  model: new OCIResponsesModel({ model: modelId }),
  tools: [bookHotel],
  hooks: [watcher],
  checkpointer,
});
await travel.run("Book a hotel in Oslo.", { threadId: "hotel" });
const again = await travel.run("Book a hotel in Oslo.", { threadId: "hotel" });
show(`a tool: ${again.text}`);
console.log(`  bookings made: ${bookings}`);

// ── Nothing kept ─────────────────────────────────────────────────────────────────────────────────────────────────

// `store: false`: zero data retention. The whole conversation is sent, and a reasoning model's thoughts come back sealed, to
// be handed in again.
await using discreet = new Agent({
  model: new OCIResponsesModel({ model: modelId, store: false }),
  checkpointer,
});
await discreet.run("My name is Bob.", { threadId: "bob" });
const remembered = await discreet.run("What is my name?", { threadId: "bob" });
show(`nothing kept: ${remembered.text}`);

// ── Streamed ─────────────────────────────────────────────────────────────────────────────────────────────────────

let pieces = 0;
const stream = agent.stream("What is 17 * 23?", { threadId: "ada" });
for await (const event of stream) if (event.type === "model_chunk" && event.kind === "text") pieces++;
show(`streamed: ${(await stream.result).text} (more than one piece: ${pieces > 1})`);

// ── Forgotten ────────────────────────────────────────────────────────────────────────────────────────────────────

// Responses expire; this one is deleted, which comes to the same. The refusal is recognised, the thread is sent whole
// once, and from there on it is kept again.
const stored = await checkpointer.read("ada");
const last = stored?.events.findLast((event) => event.type === "model_complete");
const state = z
  .object({ data: z.object({ responseId: z.string() }) })
  .parse(last?.type === "model_complete" ? last.providerState : undefined);
await createOciOpenAI().responses.delete(state.data.responseId);
console.log("the service forgets:");
const after = await agent.run("What is my name?", { threadId: "ada" });
show(`and is told again: ${after.text}`);
await agent.run("What is my name?", { threadId: "ada" });
show("and goes on as before:");
