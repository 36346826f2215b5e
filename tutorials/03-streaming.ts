/*
 * 3. Streaming: a run as events, while it happens
 *
 * A run is a sequence of events, and everything else follows from them: the result, what is stored, what a user
 * interface shows. `agent.stream()` gives you the events themselves.
 *
 *   pnpm tutorial 03
 *
 * Expect: text that appears as it is written, the tool's progress in between, the same run as a list of events, and an
 * answer that is cut off after a few words because nobody wants the rest.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, CancelledError, isDurable, tool } from "locus-sdk";
import { z } from "zod";

const searchFlights = tool({
  name: "search_flights",
  description: "Searches flights from one city to another.",
  parameters: z.object({ from: z.string(), to: z.string() }),
  execute: async ({ from, to }, { progress, signal }) => {
    for (const airline of ["Northern Air", "Condor", "Blue Sky"]) {
      progress({ searching: airline });
      await sleep(20, undefined, { signal });
    }
    return { from, to, flights: [{ id: "NA 417", departs: "09:40", priceUsd: 312 }] };
  },
});

await using agent = new Agent({
  model: process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b",
  systemPrompt: "You find flights. Name the flight, its time and its price.",
  tools: [searchFlights],
});
const question = "Find me a flight from Chicago to Oslo.";

// ── What a chat window needs ─────────────────────────────────────────────────────────────────────────────────────

// `event` is a union told apart by `type`: in each case TypeScript knows the fields.
for await (const event of agent.stream(question)) {
  switch (event.type) {
    case "model_chunk":
      if (event.kind === "text") process.stdout.write(event.text);
      break;
    case "tool_start":
      console.log(`[${event.name} ${JSON.stringify(event.arguments)}]`);
      break;
    case "tool_progress":
      console.log(`  … ${JSON.stringify(event.progress)}`);
      break;
    case "tool_complete":
      console.log(`[${event.name} took ${event.durationMs >= 50 ? "a moment" : "no time"}]`);
      break;
    case "terminate":
      console.log(`\n[${event.reason}, ${event.iterations} iterations, ${event.usage.totalTokens} tokens]`);
      break;
    default:
  }
}

// ── What is kept ─────────────────────────────────────────────────────────────────────────────────────────────────

// Durable events are the truth of a run: numbered without gaps, stored, enough to rebuild its state. Chunks and
// progress are for people who watch, and are not stored.
const kept: string[] = [];
let passing = 0;
for await (const event of agent.stream(question)) {
  if (isDurable(event)) kept.push(`${event.sequence} ${event.type}`);
  else passing++;
}
console.log("durable:  ", kept.join(", "));
console.log("transient:", passing > 0 ? "chunks and progress came by as well" : "none");

// ── Only the text, and the result afterwards ─────────────────────────────────────────────────────────────────────

const stream = agent.stream(question);
let pieces = 0;
for await (const _text of stream.textStream) pieces++;
const result = await stream.result;
console.log(`the text came in ${pieces > 1 ? "many pieces" : "one piece"}; the result: ${result.stopReason}`);

// ── Enough ───────────────────────────────────────────────────────────────────────────────────────────────────────

// Leaving the loop cancels the run, down to the model's socket: what nobody reads is not generated.
const cut = agent.stream("Tell me about Oslo in ten sentences.");
let heard = "";
for await (const text of cut.textStream) {
  heard += text;
  if (heard.split(/\s+/).length > 3) break;
}
console.log(`heard: "${heard.trim()} …"`);
await cut.result.catch((error: unknown) => {
  if (!(error instanceof CancelledError)) throw error;
  console.log("the run ended:", error.code);
});
