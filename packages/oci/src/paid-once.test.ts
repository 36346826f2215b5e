/** Whatever goes wrong once a generation is paid for, it is never paid for again: the emulator counts. */
import { LocusError } from "@locus-sdk/core";
import type { Fault } from "@locus-sdk/oci-emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { type Transport, transports } from "../test/transports.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => cloud.emulator.reset());

// Retries are on: none of these faults may use them.
const MODELS = transports(() => cloud, { maxRetries: 2, timeoutMs: 300 });
const FAULTS: readonly Fault[] = [
  { type: "reset", after: "headers" },
  { type: "reset", after: 1 },
  { type: "reset", after: 2, midEvent: true },
  { type: "stall", after: 1 },
  { type: "truncate", after: 2 },
  { type: "missing_finish" },
  { type: "error_event", after: 1 },
];
const request = { messages: [{ role: "user", content: "Hello" }] } as const;

describe.each(Object.keys(MODELS) as Transport[])("%s", (transport) => {
  test.each(FAULTS.map((fault) => [JSON.stringify(fault), fault] as const))(
    "streamed, %s",
    async (_name, fault) => {
      cloud.emulator.script({ text: ["one ", "two ", "three"], faults: [fault] }, { text: "paid again" });
      const reading = async (): Promise<void> => {
        for await (const _part of MODELS[transport]().stream(request));
      };
      await expect(reading()).rejects.toThrow(LocusError);
      expect(cloud.emulator.generations).toBe(1);
    },
  );

  test.each([
    ["reset after the headers", { type: "reset", after: "headers" }],
    ["reset in the body", { type: "reset", after: 1 }],
    ["stall in the body", { type: "stall", after: 1 }],
  ] as const)("plain, %s", async (_name, fault) => {
    cloud.emulator.script({ text: "one two three", faults: [fault] }, { text: "paid again" });
    await expect(MODELS[transport]().complete(request)).rejects.toThrow(LocusError);
    expect(cloud.emulator.generations).toBe(1);
  });
});
