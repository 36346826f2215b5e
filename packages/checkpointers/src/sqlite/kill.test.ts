/** Two processes on one file, killed at any moment: what was acknowledged stays, once, and the file stays whole. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SqliteCheckpointer } from "./index.ts";

const ROUNDS = 12;

/** Appends batches as fast as it can, and says of each, once it is acknowledged, what it wrote and where. */
const WRITER = `
import { writeSync } from "node:fs";
import { SqliteCheckpointer } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
const [path, name] = process.argv.slice(1);
const store = new SqliteCheckpointer({ path });
const versionNow = async () => (await store.read("t"))?.version ?? 0;
let version = await versionNow();
for (let batch = 0; ; batch += 1) {
  const events = Array.from({ length: 1 + (batch % 3) }, (_, index) => ({
    type: "message_added", runId: name, threadId: "t", sequence: version + index + 1,
    timestamp: new Date().toISOString(), origin: "writer",
    message: { role: "user", content: name + " " + batch + "." + index + "x".repeat((batch % 7) * 3000) },
  }));
  try {
    await store.append("t", version, events);
    for (const { sequence } of events) writeSync(1, sequence + " " + name + "\\n");
    version += events.length;
    if (batch % 5 === 4) await store.vacuum();
  } catch (error) {
    if (error.code !== "checkpoint_conflict") throw error;
    version = await versionNow();
  }
}`;

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "locus-sqlite-kill-"));
  path = join(directory, "deep", "threads.db");
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

it("keeps every acknowledged event, once, when its writers are killed at any moment", async () => {
  const acknowledged = new Map<number, string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    // The first two also race for making the file.
    await Promise.all(
      ["a", "b"].map(async (name) => {
        const writer = await writeUntilKilled(`${name}${round}`, 1 + Math.floor(Math.random() * 25));
        for (const [sequence, by] of writer) {
          expect(acknowledged.get(sequence), `${sequence} was acknowledged twice`).toBeUndefined();
          acknowledged.set(sequence, by);
        }
      }),
    );
    const store = new SqliteCheckpointer({ path });
    const events = (await store.read("t"))?.events ?? [];
    await store.close();
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    for (const [sequence, by] of acknowledged) expect(events[sequence - 1]?.runId, `${sequence}`).toBe(by);
  }
  expect(acknowledged.size).toBeGreaterThan(ROUNDS);
  const database = new DatabaseSync(path);
  expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  expect(database.prepare("PRAGMA foreign_key_check").all()).toEqual([]);
  database.close();
}, 120_000);

/** Who wrote which sequence, as far as it was acknowledged when the writer was killed. */
async function writeUntilKilled(
  name: string,
  after: number,
): Promise<readonly (readonly [number, string])[]> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", WRITER, path, name], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exited = new Promise<string | null>((done) => child.once("exit", (_, signal) => done(signal)));
  const lines: (readonly [number, string])[] = [];
  for await (const line of createInterface(child.stdout)) {
    const [sequence = "", by = ""] = line.split(" ");
    lines.push([Number(sequence), by]);
    if (lines.length === after) child.kill("SIGKILL");
  }
  expect(await exited, errors).toBe("SIGKILL");
  return lines;
}
