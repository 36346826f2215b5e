/*
 * 40. A dedicated AI cluster: an endpoint of your own
 *
 * A model on a dedicated cluster is reached by the OCID of its endpoint, over OCI's native API. What is different: you name
 * the compartment, the OCID does not say which model is behind it, and some endpoints do not stream.
 *
 *   pnpm tutorial 40
 *   OCI_DAC_ENDPOINT_OCID=ocid1.generativeaiendpoint… OCI_COMPARTMENT=ocid1.compartment… pnpm tutorial 40
 *
 * Expect: where a request with such an OCID goes, and what it refuses before it goes anywhere; a streamed question to an
 * endpoint that does not stream, asked once in vain and never again; a tool call that stands in the model's text. Without an
 * endpoint of yours, one is played on this machine.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, ConfigurationError, type ModelOptions, tool, userMessage } from "locus-sdk";
import { startOciEmulator } from "locus-sdk/emulator";
import { explainRoute, OCIModel } from "locus-sdk/oci";
import { z } from "zod";

/** The endpoint, the way to it, and what has to be put away afterwards. */
interface Endpoint extends AsyncDisposable {
  readonly id: string;
  readonly way: ModelOptions;
}

const baseModel = "meta.llama-3.3-70b-instruct";
await using endpoint = await openEndpoint(process.env.OCI_DAC_ENDPOINT_OCID);

// ── Where it goes ────────────────────────────────────────────────────────────────────────────────────────────────

const { transport, servingMode, rule } = explainRoute(endpoint.id);
console.log(`route: ${transport}, ${servingMode}: ${rule}`);

// Nothing can be read off the OCID. `baseModel` says whose rules apply: which parameters it takes, which schemas.
const model = new OCIModel({ ...endpoint.way, model: endpoint.id, baseModel });
console.log(`vision: ${model.capabilities.vision}, parallel calls: ${model.capabilities.parallelToolCalls}`);

// The compartment is the endpoint's, and is not guessed: a wrong one would be a 404 that does not say so.
const { compartmentId: _, ...wayWithout } = endpoint.way;
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.includes("COMPARTMENT")));
try {
  await new OCIModel({ ...wayWithout, env, model: endpoint.id }).complete({
    messages: [userMessage("Hello?")],
  });
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.log(`refused: ${error.message}. ${error.hint}`);
}

// ── Streams, or none ─────────────────────────────────────────────────────────────────────────────────────────────

// Some containers refuse `isStream`. That refusal is understood, the answer is asked for whole, and the model remembers.
await using agent = new Agent({ model, systemPrompt: "Keep answers short." });
agent.on("retry", ({ what }) => console.log(`  retry: ${what}`));
for (const question of ["My name is Ada.", "What is my name?"]) {
  let pieces = 0;
  const stream = agent.stream(question, { threadId: "ada" });
  for await (const event of stream) if (event.type === "model_chunk") pieces++;
  const { text } = await stream.result;
  console.log(`${question} → ${text} (pieces: ${pieces})`);
}

// ── Calls in the text ────────────────────────────────────────────────────────────────────────────────────────────

// Fine-tunes of Qwen and Hermes write their calls into the text: <tool_call>{"name": …}</tool_call>. With `textToolCalls`
// they are calls like any other, streamed or whole; without it, text is text. It does no harm to a model that does not.
const checkStock = tool({
  name: "check_stock",
  description: "How many pieces of a product are in stock.",
  parameters: z.object({ product: z.string() }),
  execute: ({ product }) => ({ product, pieces: 12 }),
});
const talkative = new OCIModel({ ...endpoint.way, model: endpoint.id, textToolCalls: true });
await using clerk = new Agent({ model: talkative, tools: [checkStock] });
const result = await clerk.run('Check the stock of the product "lamp".');
for (const { name, arguments: args, result: got } of result.toolExecutions) {
  console.log(`called ${name} ${JSON.stringify(args)} → ${JSON.stringify(got)}`);
}
console.log(`answer: ${result.text}`);

/** Yours, as the environment has it; or one that is played here: a cluster costs money by the hour. */
async function openEndpoint(ocid: string | undefined): Promise<Endpoint> {
  if (ocid !== undefined && ocid !== "") {
    return { id: ocid, way: {}, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const id = "ocid1.generativeaiendpoint.oc1.us-chicago-1.amaaaaaaplayed";
  const emulator = await startOciEmulator({ endpoints: { [id]: { streaming: false } } });
  const directory = await mkdtemp(join(tmpdir(), "locus-dac-"));
  const { configFile, compartmentId, region } = await emulator.writeTestConfig(directory);
  console.log("OCI_DAC_ENDPOINT_OCID is not set: the endpoint is played on this machine");
  return {
    id,
    way: {
      configFile,
      profile: "DEFAULT",
      authType: "api_key",
      region,
      compartmentId,
      endpoint: emulator.url,
    },
    [Symbol.asyncDispose]: async () => {
      await emulator.close();
      await rm(directory, { recursive: true });
    },
  };
}
