/**
 * 300 orders a store, each worked on by processes that are killed at random writes, and gone on with by fresh ones: in the
 * end every thread, every effect and every answer is as if nothing had happened.
 */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { DurableEvent } from "@locus-sdk/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { answerFor, openWorld } from "../test/crash/order.ts";
import { openStore, type StoreName } from "../test/crash/stores.ts";

const ORDERS = 300;
/** Orders that one process works on at the same time. */
const GROUP = 30;
/** So often each group is killed before it may work to its end. */
const KILLS = 3;
/** What an order takes, at the least: so many writes of a group come before its end. */
const WRITES = GROUP * 5;
const WORKER = new URL("../test/crash/worker.ts", import.meta.url).pathname;
const WHEN = ["before", "during", "after"] as const;
const outcomesSchema = z.array(z.object({ order: z.string(), text: z.string(), stopReason: z.string() }));

const failureSchema = z.object({ signal: z.string().nullable(), stderr: z.string() });

const run = promisify(execFile);

/** Mulberry32: the same kills for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const STORES: readonly (readonly [StoreName, string | undefined, string])[] = [
  ["sqlite", "", "a file"],
  ["postgres", process.env.LOCUS_TEST_POSTGRES_URL, "LOCUS_TEST_POSTGRES_URL"],
  ["redis", process.env.LOCUS_TEST_REDIS_URL, "LOCUS_TEST_REDIS_URL"],
];

describe.each(STORES)("%s", (name, url, needs) => {
  test.skipIf(url === undefined)(
    `${ORDERS} runs killed at random writes end as if nothing had happened (needs ${needs})`,
    async () => {
      const directory = mkdtempSync(join(tmpdir(), "locus-crash-"));
      const scope = `crash_${randomUUID().replaceAll("-", "")}`;
      const place = name === "sqlite" ? join(directory, "threads.db") : (url ?? "");
      const world = join(directory, "world.db");
      const journal = join(directory, "acknowledged.jsonl");
      const random = randomFrom(20_261_121);
      const ids = Array.from({ length: ORDERS }, (_, index) => `order-${index + 1}`);
      const work = async (orders: readonly string[], killAt: number): Promise<string> => {
        const when = WHEN[Math.floor(random() * WHEN.length)] ?? "after";
        const args = [name, place, scope, world, journal, String(killAt), when, ...orders];
        const ran = run(process.execPath, ["--disable-warning=ExperimentalWarning", WORKER, ...args]);
        if (killAt === 0) return (await ran).stdout;
        const { signal, stderr } = await ran.then(
          () => ({ signal: "none: it had no more to write", stderr: "" }),
          (error: unknown) => failureSchema.parse(error),
        );
        expect({ signal, stderr }).toEqual({ signal: "SIGKILL", stderr: "" });
        return "";
      };

      for (let first = 0; first < ORDERS; first += GROUP) {
        const group = ids.slice(first, first + GROUP);
        let left = WRITES;
        for (let kill = 0; kill < KILLS; kill++) {
          const killAt = 1 + Math.floor(random() * (left / (KILLS - kill)));
          await work(group, killAt);
          left -= killAt;
        }
        const outcomes = outcomesSchema.parse(JSON.parse(await work(group, 0)));
        expect(outcomes).toEqual(
          group.map((order) => ({ order, text: answerFor(order), stopReason: "complete" })),
        );
      }

      const store = await openStore(name, place, scope);
      const stored = new Map<string, DurableEvent>();
      for (const id of ids) {
        const events: DurableEvent[] = [];
        for await (const event of store.events(id)) events.push(event);
        expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
        expect(events.filter(({ type }) => type === "terminate")).toHaveLength(1);
        const done = events.flatMap((event) => (event.type === "tool_complete" ? [event.callId] : []));
        const asked = events.flatMap((event) =>
          event.type === "model_complete"
            ? event.message.content.flatMap((part) => (part.type === "tool_call" ? [part.id] : []))
            : [],
        );
        expect(done.toSorted()).toEqual(asked.toSorted());
        for (const event of events) stored.set(`${id}/${event.sequence}`, event);
      }
      await store.close?.();

      // What the store had acknowledged is what it holds.
      const lines = existsSync(journal) ? readFileSync(journal, "utf8").trim().split("\n") : [];
      const acknowledged = lines.map((line) =>
        z.tuple([z.string(), z.number(), z.string(), z.string()]).parse(JSON.parse(line)),
      );
      expect(acknowledged.length).toBeGreaterThan(ORDERS * 5);
      for (const [id, sequence, type, timestamp] of acknowledged) {
        expect(stored.get(`${id}/${sequence}`)).toMatchObject({ type, timestamp });
      }

      using effects = openWorld(world);
      for (const id of ids) {
        for (const what of ["reserve", "charge", "ship"]) {
          expect({ id, what, times: effects.count(id, what) }).toEqual({ id, what, times: 1 });
        }
        expect(effects.count(id, "notify")).toBeGreaterThanOrEqual(1);
      }
      rmSync(directory, { recursive: true, force: true });
    },
    300_000,
  );
});
