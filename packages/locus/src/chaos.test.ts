/** A thousand runs over two servers of which three requests in ten fail: each ends right or with one typed error. */
import { Agent, ConnectionError, LocusError, tool, withFailover, withRetry } from "@locus-sdk/core";
import { OpenAIModel } from "@locus-sdk/openai";
import { expect, it } from "vitest";
import { z } from "zod";
import {
  answerTo,
  type ChaosServer,
  type Fault,
  PAID_FAULTS,
  startChaosServer,
  UNPAID_FAULTS,
} from "../test/support/chaos.ts";

const RUNS = 1_000;
const AT_ONCE = 32;

type Outcome = { readonly text: string } | { readonly error: unknown };

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, one) => total + one, 0);
const staged = (servers: readonly ChaosServer[], faults: readonly Fault[]): readonly number[] =>
  faults.map((fault) => sum(servers.map((server) => server.faults.get(fault) ?? 0)));

it("no run is lost, none ends wrong, and no generation is paid for twice", { timeout: 60_000 }, async () => {
  await using first = await startChaosServer("first", 0.3);
  await using second = await startChaosServer("second", 0.3);
  const servers = [first, second];
  const [a, b] = servers.map(
    ({ url }, index) => new OpenAIModel({ model: `m${index}`, apiKey: "none", baseURL: url, maxRetries: 0 }),
  );
  if (a === undefined || b === undefined) throw new Error("two models are needed");

  const looked = new Map<string, number>();
  let notices = 0;
  let moves = 0;
  const agent = new Agent({
    model: withFailover([withRetry(a, { baseMs: 1 }), b], { downMs: 2 }),
    tools: [
      tool({
        name: "look_up",
        description: "Looks a nonce up.",
        parameters: z.object({ nonce: z.string() }),
        execute: ({ nonce }) => {
          looked.set(nonce, (looked.get(nonce) ?? 0) + 1);
          return `<${nonce}>`;
        },
      }),
    ],
    hooks: [
      {
        name: "counts",
        onEvent: (event) => {
          if (event.type !== "retry") return;
          notices += 1;
          if (event.what.endsWith("is asked")) moves += 1;
        },
      },
    ],
  });

  const runOne = async (index: number): Promise<Outcome> => {
    const nonce = `nonce-${index}`;
    try {
      if (index % 2 === 0) return { text: (await agent.run(nonce)).text };
      const stream = agent.stream(nonce);
      let text = "";
      for await (const event of stream)
        if (event.type === "model_chunk" && event.kind === "text") text += event.text;
      // What was seen is what the result says.
      expect((await stream.result).text).toBe(text);
      return { text };
    } catch (error) {
      return { error };
    }
  };
  const outcomes: Outcome[] = [];
  let begun = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (begun < RUNS) {
        const index = begun++;
        outcomes[index] = await runOne(index);
      }
    }),
  );

  // Each run ended, and in one of two ways.
  expect(outcomes.filter(() => true)).toHaveLength(RUNS);
  const wrong = outcomes.filter((outcome, index) =>
    "text" in outcome
      ? outcome.text !== answerTo(`nonce-${index}`, `<nonce-${index}>`)
      : !(outcome.error instanceof LocusError),
  );
  expect(wrong).toEqual([]);
  const right = outcomes.filter((outcome) => "text" in outcome);
  expect(right.length).toBeGreaterThan(RUNS / 2);

  // Nothing was paid for twice: not by one server, and not by both together.
  const paid = new Map<string, number>();
  for (const server of servers)
    for (const [key, times] of server.begun) paid.set(key, (paid.get(key) ?? 0) + times);
  expect([...paid].filter(([, times]) => times !== 1)).toEqual([]);
  expect([...looked].filter(([, times]) => times !== 1)).toEqual([]);
  const whole = outcomes.flatMap((outcome, index) => ("text" in outcome ? [`nonce-${index}`] : []));
  expect(whole.filter((nonce) => !paid.has(`${nonce}/1`) || !paid.has(`${nonce}/2`))).toEqual([]);

  // Every generation that was spoilt failed one run; the other failures are of runs that both models refused.
  const errors = outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error] : []));
  const refused = errors.filter(
    (error) =>
      error instanceof ConnectionError || (error instanceof LocusError && error.status !== undefined),
  );
  expect(errors.length - refused.length).toBe(sum(staged(servers, PAID_FAULTS)));
  // All of it happened, or the test would show nothing.
  expect(Math.min(...staged(servers, [...PAID_FAULTS, ...UNPAID_FAULTS]))).toBeGreaterThan(0);
  expect(notices).toBeGreaterThan(moves);
  expect(moves).toBeGreaterThan(0);
  expect(second.begun.size).toBeGreaterThan(0);
});
