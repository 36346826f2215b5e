/*
 * 57. Chat completions on OCI, by name: OCIOpenAIModel
 *
 * `"oci:openai.gpt-oss-120b"` makes this model for you. By name you have it in hand: what it rests on, what it can do, one
 * call of it without an agent, answers bound to a schema, and errors you can tell apart.
 *
 *   pnpm tutorial 57
 *
 * Expect: who is calling, and where each of its settings was read; a streamed answer in pieces; an answer that is JSON of
 * a given shape; a setting that the model's family does not take; and three failures, each of its own class.
 */
import {
  AuthenticationError,
  ConfigurationError,
  jsonObjectSchema,
  LocusError,
  messageText,
  PermissionOrNotFoundError,
  userMessage,
} from "locus-sdk";
import { OCIOpenAIModel, resolveOciConfig } from "locus-sdk/oci";
import { z } from "zod";

// ── Who is calling ───────────────────────────────────────────────────────────────────────────────────────────────

// The environment decides: a key on a laptop, the instance's or the pod's identity on OCI. The code below is the same.
const config = resolveOciConfig({});
console.log(`auth type: ${config.authType}, from ${config.sources.authType}`);
console.log(`compartment from ${config.sources.compartmentId}`);

const model = new OCIOpenAIModel({ model: "openai.gpt-oss-120b", maxRetries: 1 });
const { streaming, structuredOutput, serverState } = model.capabilities;
console.log(`streams: ${streaming}, schemas: ${structuredOutput}, keeps state on the server: ${serverState}`);

// ── One call, streamed ───────────────────────────────────────────────────────────────────────────────────────────

// A model holds no conversation: everything comes with the request. The last part carries the whole response.
let pieces = 0;
for await (const part of model.stream({ messages: [userMessage("My name is Ada. Say hello.")] })) {
  if (part.type === "text_delta") pieces++;
  if (part.type === "finish") {
    const { message, usage, requestId } = part.response;
    console.log(`streamed: ${messageText(message)}`);
    console.log(
      `  more than one piece: ${pieces > 1}, ${usage.totalTokens} tokens, request id: ${requestId !== undefined}`,
    );
  }
}

// ── An answer of a given shape ───────────────────────────────────────────────────────────────────────────────────

// The schema goes out as JSON Schema, in the dialect that the model's family reads. What comes back is checked with the
// same zod schema: a model may be bound to a shape, and still be cut short.
const Trip = z.object({ city: z.string(), days: z.number().int(), museums: z.boolean() });
const answer = await model.complete({
  messages: [userMessage("Plan a trip: 3 days in Oslo, with museums.")],
  outputSchema: { name: "trip", schema: jsonObjectSchema.parse(z.toJSONSchema(Trip)), strict: true },
});
const trip = Trip.parse(JSON.parse(messageText(answer.message)));
console.log(`trip: ${Object.keys(trip).join(", ")}; days is a ${typeof trip.days}`);

// ── What a family does not take ──────────────────────────────────────────────────────────────────────────────────

// Quirks of families are a table. What it knows to be refused is not sent, and you are told; what it does not know is
// learned from the refusal, once.
const careful = new OCIOpenAIModel({ model: "openai.gpt-5" });
try {
  const warned = await careful.complete({
    messages: [userMessage("My name is Ada.")],
    settings: { temperature: 0.2, maxOutputTokens: 300 },
  });
  console.log(`warning: ${warned.warnings?.join("; ")}`);
} catch (error) {
  // Not every region has it.
  if (!(error instanceof PermissionOrNotFoundError)) throw error;
  console.log("warning: none to show, openai.gpt-5 is not offered here");
}

// ── Failures, each of its kind ───────────────────────────────────────────────────────────────────────────────────

async function fails(name: string, attempt: () => Promise<unknown>): Promise<LocusError> {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof LocusError)) throw error;
    console.log(
      `${name}: ${error.name} (${error.code}), retryable: ${error.retryable}, status ${error.status}`,
    );
    console.log(`  hint: ${error.hint}`);
    return error;
  }
  throw new Error(`${name} was expected to fail`);
}
const hello = { messages: [userMessage("Hello?")] };

// OCI answers 404 for three things; the hint names them, with the compartment and where it was read.
const missing = await fails("no such model", () =>
  new OCIOpenAIModel({ model: "nobody.no-such-model" }).complete(hello),
);
console.log(
  `  for support: ${missing instanceof PermissionOrNotFoundError && missing.requestId !== undefined}`,
);

const { region } = config;
const refused = await fails("a wrong key", () =>
  new OCIOpenAIModel({
    model: "openai.gpt-oss-120b",
    apiKey: "sk-not-a-key",
    ...(region === undefined ? {} : { region }),
  }).complete(hello),
);
console.log(`  an AuthenticationError: ${refused instanceof AuthenticationError}`);

// What can be known beforehand is refused beforehand: this one never leaves the machine.
const elsewhere = await fails("another API's model", async () =>
  new OCIOpenAIModel({ model: "openai.gpt-5.5-pro" }).complete(hello),
);
console.log(`  a ConfigurationError: ${elsewhere instanceof ConfigurationError}`);
