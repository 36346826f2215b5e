/** What many streams leave behind that were left in their middle, over real sockets: nothing, and the process ends. */
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startOciEmulator } from "@locus-sdk/oci-emulator";
import { expect, test } from "vitest";

const PROGRAM = new URL("../test/programs/leave-streams.mjs", import.meta.url).pathname;

test("500 streams left half-way, by signal and by break, leave no socket, timer or listener", async () => {
  await using emulator = await startOciEmulator();
  const { env } = await emulator.writeTestConfig(mkdtempSync(join(tmpdir(), "locus-leaks-")));
  // No stream ever ends by itself.
  emulator.script({
    text: ["Once ", "upon ", "a ", "time"],
    faults: [{ type: "stall", after: 2 }],
    times: 500,
  });
  const child = spawn(process.execPath, [PROGRAM], { env: { ...env, PATH: process.env.PATH ?? "" } });
  let toldAt = 0;
  child.stdout.once("data", () => {
    toldAt = performance.now();
  });
  const [told, complaints, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("exit", resolve)),
  ]);
  const lingeredMs = performance.now() - toldAt;
  expect([complaints, code]).toEqual(["", 0]);
  expect(JSON.parse(told)).toEqual({
    counts: { "broken off": 250, CancelledError: 250 },
    listening: 0,
    warnings: [],
    ours: [],
  });
  expect(lingeredMs).toBeLessThan(1_000);
  await emulator.idle();
  expect(emulator.requests.map(({ aborted }) => aborted)).toEqual(Array(500).fill(true));
}, 60_000);
