/**
 * A run whose process died is gone on with by a fresh process: on every transport, from wherever it was, also when the
 * server has forgotten its part of the conversation in the meantime.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type ChatModel, type DurableEvent, FileCheckpointer, tool } from "@locus-sdk/core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { transports } from "../test/transports.ts";
import { OCIResponsesModel } from "./oci-responses-model.ts";

const STATE_LIFE_MS = 60_000;

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({
    serverState: { responseTtlMs: STATE_LIFE_MS, conversationTtlMs: STATE_LIFE_MS },
  });
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => cloud.emulator.reset());

const WAYS: Readonly<Record<string, () => ChatModel>> = {
  ...transports(() => cloud, { maxRetries: 0 }),
  "responses, in a conversation": () =>
    new OCIResponsesModel({
      ...cloud.options,
      model: "openai.gpt-5.2",
      project: cloud.config.projectId,
      history: "conversation",
      maxRetries: 0,
    }),
};

let payments: string[];
const pay = tool({
  name: "pay",
  description: "Pays.",
  parameters: z.object({ to: z.string() }),
  execute: ({ to }) => {
    payments.push(to);
    return `paid ${to}`;
  },
});

/** A process's agent: its own model, its own store over the same directory. */
function agentOver(directory: string, way: string): Agent {
  const model = WAYS[way]?.();
  if (model === undefined) throw new Error(`there is no way "${way}"`);
  return new Agent({
    model,
    tools: [pay],
    checkpointer: new FileCheckpointer({ directory }),
    systemPrompt: "Pay what is asked for.",
  });
}

/** The thread as a store holds it whose process died right behind the last event of that type. */
async function dieBehind(type: DurableEvent["type"], way: string): Promise<string> {
  const lived = mkdtempSync(join(tmpdir(), "locus-lived-"));
  cloud.emulator.script(
    { text: "Hello Ada." },
    { toolCalls: [{ name: "pay", arguments: { to: "Bob" } }] },
    { text: "Bob is paid." },
  );
  const first = agentOver(lived, way);
  await first.run("I am Ada.", { threadId: "t" });
  await first.run("Pay Bob.", { threadId: "t" });
  const events: DurableEvent[] = [];
  for await (const event of new FileCheckpointer({ directory: lived }).events("t")) events.push(event);
  // The last model call is the answer; what counts is the one that asked for the payment.
  const last = events.findLastIndex(
    (event) => event.type === type && (event.type !== "model_complete" || event.stopReason === "tool_calls"),
  );
  const died = mkdtempSync(join(tmpdir(), "locus-died-"));
  await new FileCheckpointer({ directory: died }).append("t", 0, events.slice(0, last + 1));
  cloud.emulator.reset();
  return died;
}

describe.each(Object.keys(WAYS))("%s", (way) => {
  test.each([
    ["the model's call", "model_complete", 1],
    ["the intent to run it", "tool_start", 1],
    ["its result", "tool_complete", 0],
  ] as const)("dead behind %s: a fresh process goes on, with all that was said", async (_, type, again) => {
    payments = [];
    const directory = await dieBehind(type, way);
    payments = [];
    cloud.emulator.script({ text: "Bob is paid, Ada." });
    const done = await agentOver(directory, way).resume("t");
    expect(done).toMatchObject({ text: "Bob is paid, Ada.", stopReason: "complete" });
    expect(done.toolExecutions).toMatchObject([{ name: "pay", result: "paid Bob", isError: false }]);
    expect(payments).toHaveLength(again);
    expect(done.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
  });
});

describe.each(Object.keys(WAYS).filter((way) => way.startsWith("responses")))("%s", (way) => {
  test("dead for so long that the server has forgotten: everything is sent again, nothing is lost or paid twice", async () => {
    payments = [];
    const directory = await dieBehind("tool_complete", way);
    payments = [];
    cloud.emulator.clock.advance(STATE_LIFE_MS * 2);
    cloud.emulator.script({ text: "Bob is paid, Ada." });
    const done = await agentOver(directory, way).resume("t");
    expect(done).toMatchObject({ text: "Bob is paid, Ada.", stopReason: "complete" });
    expect(payments).toEqual([]);
    const sent = JSON.stringify(cloud.emulator.requests.at(-1)?.body);
    for (const said of ["I am Ada.", "Hello Ada.", "Pay Bob.", "paid Bob"]) expect(sent).toContain(said);
    expect(cloud.emulator.generationsByCall.every(({ generations }) => generations === 1)).toBe(true);
    // And the thread goes on from there as if nothing had been.
    cloud.emulator.script({ text: "You are Ada." });
    const next = await agentOver(directory, way).run("Who am I?", { threadId: "t" });
    expect(next.text).toBe("You are Ada.");
  });
});
