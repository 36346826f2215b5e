/** Wrappers around a real model: it stays one that passes the suite, and a kept conversation stays where it is kept. */
import { Agent, MemoryCheckpointer, withFailover, withPool, withRetry, withTimeouts } from "@locus-sdk/core";
import { describeChatModel } from "@locus-sdk/core/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { play } from "../test/turns.ts";
import { OCIResponsesModel } from "./oci-responses-model.ts";

let clouds: readonly [Cloud, Cloud];
beforeAll(async () => {
  clouds = [await startCloud(), await startCloud()];
});
afterAll(() => Promise.all(clouds.map((cloud) => cloud[Symbol.asyncDispose]())));
beforeEach(() => {
  for (const { emulator } of clouds) emulator.reset();
});

const modelIn = ({ config, options }: Cloud): OCIResponsesModel =>
  new OCIResponsesModel({
    model: "openai.gpt-oss-120b",
    maxRetries: 0,
    project: config.projectId,
    history: "response-id",
    ...options,
  });

describeChatModel("a model in every wrapper", () => {
  const [{ emulator }, other] = clouds;
  emulator.reset();
  const timed = withTimeouts(modelIn(clouds[0]), { firstByteMs: 60_000, idleMs: 60_000, totalMs: 60_000 });
  return {
    // The other one is there to be asked, and never is: each case is about what the first one does.
    model: withRetry(withFailover([withPool([timed]), modelIn(other)], { on: [] }), { maxRetries: 0 }),
    script: (turns) => play(emulator, turns),
    requests: () =>
      emulator.requests.filter(({ path }) => path.endsWith("/responses")).map(({ body }) => body),
    openRequests: () => emulator.requests.filter(({ durationMs }) => durationMs === undefined).length,
    close: () => emulator.idle(),
  };
});

test("a thread goes on in the region that keeps it, in a later process as well", async () => {
  const checkpointer = new MemoryCheckpointer();
  for (const { emulator } of clouds)
    emulator.script(...Array.from({ length: 6 }, () => ({ text: "Indeed." })));
  const ask = async (threads: readonly string[]): Promise<void> => {
    const [chicago, frankfurt] = clouds;
    const pool = withPool(
      { chicago: modelIn(chicago), frankfurt: modelIn(frankfurt) },
      { strategy: "round_robin" },
    );
    await using agent = new Agent({ model: pool, checkpointer });
    for (const threadId of threads) await agent.run("How are you?", { threadId });
  };
  await ask(["one", "two"]);
  await ask(["two", "one", "one", "two"]);
  for (const { emulator } of clouds) {
    const bodies = emulator.requests.map(({ body }) => body);
    expect(bodies).toHaveLength(3);
    expect(bodies[0]).not.toHaveProperty("previous_response_id");
    for (const body of bodies.slice(1))
      expect(body).toHaveProperty("previous_response_id", expect.any(String));
  }
});
