/** What importing the package loads, and what a line of the request log costs. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { recordingServer } from "../test/recording-server.ts";

const run = promisify(execFile);
const entry = JSON.stringify(new URL("../dist/index.js", import.meta.url).href);
const inProcess = (script: string) =>
  run(process.execPath, ["--input-type=module", "-e", script], { env: { PATH: process.env.PATH ?? "" } });

test("importing it, and signing, load neither oci-common nor the native SDK nor pino", async () => {
  const { stdout } = await inProcess(`
    import { createRequire, registerHooks } from "node:module";
    const loaded = new Set();
    registerHooks({ load(url, context, next) { loaded.add(url); return next(url, context); } });
    const { createOciFetch } = await import(${entry});
    await createOciFetch({ apiKey: "sk-1", endpoint: "http://127.0.0.1:1", env: {} })("http://127.0.0.1:1").catch(() => 0);
    const files = [...loaded];
    const cached = Object.keys(createRequire(${entry}).cache);
    process.stdout.write(JSON.stringify([...files, ...cached].filter((file) => /oci-common|oci-generative|pino/.test(file))));
  `);
  expect(JSON.parse(stdout)).toEqual([]);
});

test("without a logger, OCI_LOG_REQUESTS=1 writes to standard error, and nothing to standard output", async () => {
  await using server = await recordingServer();
  const { stdout, stderr } = await inProcess(`
    import { createOciFetch } from ${entry};
    const env = { OCI_LOG_REQUESTS: "1" };
    await createOciFetch({ apiKey: "sk-secret", endpoint: "${server.url}", env })("${server.url}/x?q=hidden");
  `);
  expect(stdout).toBe("");
  expect(JSON.parse(stderr)).toMatchObject({
    method: "GET",
    target: `${new URL(server.url).host}/x`,
    status: 200,
  });
  expect(stderr).not.toMatch(/secret|hidden/);
});
