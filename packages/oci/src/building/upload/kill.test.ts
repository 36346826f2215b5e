/** An upload that is killed at any moment, and whose answers get lost, goes on: nothing lost, nothing there twice. */
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cloud, startCloud } from "../../../test/emulator.ts";
import { createOciOpenAI } from "../../client.ts";
import { pathOfUpload } from "./names.ts";

const FILES = 2000;
const KILLS = 6;
const PROGRAM = new URL("../../../test/programs/upload-folder.mjs", import.meta.url).pathname;

let cloud: Cloud;
let onRequest: (() => void) | undefined;
const root = mkdtempSync(join(tmpdir(), "locus-upload-"));
beforeAll(async () => {
  cloud = await startCloud({ journalSize: 100, onRequest: () => onRequest?.() });
});
afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** The same numbers each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Many of one name, many of one content: neither tells files apart. */
async function writeFolder(directory: string): Promise<readonly string[]> {
  const paths = Array.from(
    { length: FILES },
    (_, n) => `part ${n % 40}/${Math.floor(n / 40) % 10}/readme${n % 7 === 0 ? n : `-${n}`}.md`,
  );
  for (const folder of new Set(paths.map((path) => dirname(path))))
    await mkdir(join(directory, folder), { recursive: true });
  await Promise.all(paths.map((path, n) => writeFile(join(directory, path), `Chapter ${n % 50}.\n`)));
  return paths;
}

interface Ended {
  readonly killed: boolean;
  readonly output: string;
}

/** Runs the program until it ends, or is killed when so many more requests have been answered. */
async function run(upload: object, killAfter: number): Promise<Ended> {
  const [apiKey] = cloud.config.apiKey.secrets;
  // A key, as thousands of signatures would take longer than all else.
  const client = { ...cloud.options, project: cloud.config.projectId, authType: "genai_api_key", apiKey };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify({ client, upload })], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {},
  });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  let answered = 0;
  onRequest = () => {
    answered += 1;
    if (answered === killAfter) child.kill("SIGKILL");
  };
  const [code, signal] = await new Promise<readonly [number | null, string | null]>((done) =>
    child.once("close", (...ended) => done(ended)),
  );
  onRequest = undefined;
  await cloud.emulator.idle();
  expect(signal ?? code, errors).toBe(signal === null ? 0 : "SIGKILL");
  return { killed: signal === "SIGKILL", output };
}

it("2,000 files are in the store once each, after many kills and many lost answers", async () => {
  const random = seeded(20_261_121);
  const { emulator, options, config } = cloud;
  const directory = join(root, "folder");
  const paths = await writeFolder(directory);
  const client = createOciOpenAI({ ...options, project: config.projectId });
  const { id: vectorStoreId } = await client.vectorStores.create({ name: "folder" });
  const upload = { vectorStoreId, directory };

  let kills = 0;
  for (let round = 0; round < KILLS; round += 1) {
    // Uploads that are done and whose answer never comes; errors told of what was done; and plain refusals.
    emulator.fault({
      path: /\/files$/,
      method: "POST",
      reset: true,
      afterEffect: true,
      times: 1 + Math.floor(random() * 3),
    });
    const { killed } = await run(upload, 20 + Math.floor(random() * 1000));
    kills += killed ? 1 : 0;
    emulator.fault({
      path: /v1\/files$/,
      method: "POST",
      status: 500,
      body: { code: "InternalServerError", message: "lost" },
      afterEffect: true,
      times: 2,
    });
    emulator.fault({ path: /v1\/files$/, method: "POST", error: "TooManyRequests" });
  }
  expect(kills).toBe(KILLS);
  const { killed, output } = await run(upload, Number.POSITIVE_INFINITY);
  expect(killed).toBe(false);
  expect(JSON.parse(output)).toMatchObject({ failed: 0, failures: [], total: FILES });

  const { files, vectorStores } = emulator.stored;
  expect(files.map(({ filename }) => pathOfUpload(filename) ?? filename).sort()).toEqual([...paths].sort());
  const inStore = vectorStores.find(({ id }) => id === vectorStoreId)?.files ?? [];
  expect(inStore.map(({ id }) => id).sort()).toEqual(files.map(({ id }) => id).sort());
  expect(inStore.every(({ status }) => status === "completed")).toBe(true);
  expect(emulator.violations).toEqual([]);

  const again = await run(upload, Number.POSITIVE_INFINITY);
  expect(JSON.parse(again.output)).toMatchObject({ uploaded: 0, skipped: FILES, bytes: 0 });
  const manifest = await readFile(join(directory, `.locus-upload.${vectorStoreId}.jsonl`), "utf8");
  expect(manifest.split("\n").length).toBeLessThan(FILES * 5);
}, 120_000);
