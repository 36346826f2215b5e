/** Leases among processes: one has the thread, and when it is killed, another does as soon as its time is over. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CheckpointError, LeaseLostError } from "../../errors/errors.ts";
import { eventsAfter } from "../../testing/checkpointer-events.ts";
import type { Lease } from "../types.ts";
import { FileCheckpointer } from "./file.ts";
import { besideOf, fileNameOf } from "./name.ts";

/** Asks for the lease until it has it, says so, and keeps it alive. */
const HOLDER = `
import { writeSync } from "node:fs";
import { FileCheckpointer } from ${JSON.stringify(new URL("./file.ts", import.meta.url).href)};
const [directory, leaseMs] = process.argv.slice(1);
const store = new FileCheckpointer({ directory, leaseMs: Number(leaseMs) });
for (;;) {
  const attempt = await store.acquire("t");
  if ("lease" in attempt) {
    writeSync(1, attempt.lease.fence + "\\n");
    setInterval(() => attempt.lease.renew(), Number(leaseMs) / 4);
    break;
  }
  await new Promise((done) => setTimeout(done, 5));
}`;

let directory: string;
let children: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "locus-leases-"));
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  await rm(directory, { recursive: true, force: true });
});

/** A process that has the lease, and the fence it was given. */
async function holder(
  leaseMs: number,
): Promise<{ readonly fence: number; readonly kill: () => Promise<void> }> {
  const args = ["--input-type=module", "--eval", HOLDER, directory, String(leaseMs)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [line]: unknown[] = await once(createInterface(child.stdout), "line");
  return {
    fence: Number(line),
    kill: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

it("keeps a thread for a process as long as that lives, and gives it to another once it was killed", async () => {
  const store = new FileCheckpointer({ directory, fsync: false });
  const other = await holder(400);
  expect(await store.acquire("t")).toHaveProperty("heldForMs");
  await expect(
    store.append("t", 0, eventsAfter("t", 0, 1), { fence: other.fence - 1 }),
  ).rejects.toBeInstanceOf(LeaseLostError);
  await other.kill();
  const lease = await vi.waitFor(
    async (): Promise<Lease> => {
      const attempt = await store.acquire("t");
      if ("lease" in attempt) return attempt.lease;
      throw new Error("still held");
    },
    { timeout: 10_000, interval: 20 },
  );
  expect(lease.fence).toBeGreaterThan(other.fence);
  const late = store.append("t", 0, eventsAfter("t", 0, 1), { fence: other.fence });
  await expect(late).rejects.toBeInstanceOf(LeaseLostError);
  await store.append("t", 0, eventsAfter("t", 0, 1), { fence: lease.fence });
}, 20_000);

it("has fences that grow although the file that said the last one is gone", async () => {
  const store = new FileCheckpointer({ directory });
  const attempt = await store.acquire("t");
  const file = besideOf(join(directory, fileNameOf("t")), "lease");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  // As a power cut may leave it.
  for (const text of ["", "\u0000\u0000\u0000"]) {
    await writeFile(file, text);
    const next = await store.acquire("t");
    if (!("lease" in attempt && "lease" in next)) throw new Error("nobody holds the thread");
    expect(next.lease.fence).toBeGreaterThanOrEqual(attempt.lease.fence);
  }
});

it("takes nothing else for a lease", async () => {
  const file = besideOf(join(directory, fileNameOf("t")), "lease");
  await writeFile(file, "{}");
  const store = new FileCheckpointer({ directory });
  await expect(store.acquire("t")).rejects.toBeInstanceOf(CheckpointError);
  await expect(store.acquire("t")).rejects.toThrow(`${file} is not a lease`);
});
