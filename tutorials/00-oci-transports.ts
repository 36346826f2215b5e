/*
 * 0. Three ways to OCI: chat completions, Responses, the native API
 *
 * OCI Generative AI has three APIs for the same models. Locus speaks all of them, and chooses one by the model's id. This
 * is the same conversation over each: what you see of it, what goes over the wire, and what is left behind.
 *
 *   pnpm tutorial 00
 *
 * Expect: which model goes which way, and why; the same two answers three times, with the same events; the bytes that
 * each took; and a conversation that changes its transport in the middle. On OCI, Responses need a project: set
 * OCI_PROJECT, or that part is left out, and says so.
 */
import { Agent, MemoryCheckpointer, ProjectRequiredError, tool } from "locus-sdk";
import { explainRoute, type OciTransport } from "locus-sdk/oci";
import { z } from "zod";

const named = process.env.LOCUS_MODEL ?? "";
const model = named.startsWith("oci:") ? named : "oci:openai.gpt-oss-120b";

// ── Which way, and why ───────────────────────────────────────────────────────────────────────────────────────────

// A table decides, read from the top. Nothing is sent for this.
for (const id of [
  model,
  "brand.new-model",
  "cohere.command-a-03-2025",
  "ocid1.generativeaiendpoint.oc1.us-chicago-1.amaaaaaa",
]) {
  const { transport, servingMode, rule } = explainRoute(id);
  console.log(`${id} → ${transport}${servingMode === undefined ? "" : `, ${servingMode}`}: ${rule}`);
}

// ── What goes over the wire ──────────────────────────────────────────────────────────────────────────────────────

// Everything that Locus sends to OCI goes through one `fetch` that signs it, and that one through the process's. So it
// is enough to listen there.
const sent: number[] = [];
const processFetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const body = init?.body;
  if (body instanceof Uint8Array) sent.push(body.byteLength);
  return processFetch(input, init);
};

// ── The same conversation, three times ───────────────────────────────────────────────────────────────────────────

const getWeather = tool({
  name: "get_weather",
  description: "Current weather for a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, condition: "light rain", temperatureC: 12 }),
});
const systemPrompt = "You are a friendly guide. Answer in one or two sentences.";
const checkpointer = new MemoryCheckpointer();

async function talk(transport: OciTransport): Promise<void> {
  console.log(`\n${transport}`);
  // The transport is one word in the options; the agent, the tool and the events are the same.
  await using agent = new Agent({
    model,
    modelOptions: { transport },
    systemPrompt,
    tools: [getWeather],
    checkpointer,
  });
  for (const question of ["My name is Ada. What is the weather in Oslo?", "What is my name?"]) {
    sent.length = 0;
    const kinds: string[] = [];
    const stream = agent.stream(question, { threadId: transport });
    for await (const event of stream) if (event.type !== "model_chunk") kinds.push(event.type);
    const { text, iterations } = await stream.result;
    console.log(`  answer: ${text}`);
    console.log(`  events: ${kinds.join(", ")}`);
    console.log(`  bytes:  ${sent.join(" + ")} in ${iterations} requests`);
  }
  // What the service keeps, as it is stored with the thread: an id and what it stands for, or nothing at all.
  const stored = await checkpointer.read(transport);
  const last = stored?.events.findLast((event) => event.type === "model_complete");
  const state = last?.type === "model_complete" ? last.providerState : undefined;
  console.log(
    `  state:  ${state === undefined ? "none: the whole conversation is sent" : "a response's id"}`,
  );
}

await talk("v1");
await talk("sdk");
let hasResponses = true;
try {
  await talk("responses");
} catch (error) {
  if (!(error instanceof ProjectRequiredError)) throw error;
  hasResponses = false;
  console.log(`  left out: ${error.hint}`);
}

// ── One thread, another transport ────────────────────────────────────────────────────────────────────────────────

// The thread is in your store, whoever answers. What one transport kept means nothing to another, so the next request
// carries the conversation whole.
await using other = new Agent({ model, modelOptions: { transport: "v1" }, systemPrompt, checkpointer });
const { text } = await other.run("What is my name?", { threadId: hasResponses ? "responses" : "sdk" });
console.log(`\nthe ${hasResponses ? "Responses" : "native"} thread, over chat completions: ${text}`);
