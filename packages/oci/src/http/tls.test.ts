/** TLS over node:http trusts whom Node's own fetch trusts. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { certificate } from "../../test/certificates.ts";
import { keyPair } from "../../test/profiles.ts";

test("a certificate that is trusted, and one that is not", async () => {
  const { privateKey } = keyPair();
  const cert = certificate({ commonName: "loopback", key: privateKey, loopback: true, authority: true });
  const folder = mkdtempSync(join(tmpdir(), "locus-"));
  const authority = join(folder, "authority.pem");
  writeFileSync(authority, cert);
  const key = privateKey.export({ type: "pkcs8", format: "pem" });
  const server = createServer({ key, cert }, (_, answer) => answer.end("over TLS"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const script = `
    const { nodeFetch } = await import(${JSON.stringify(import.meta.resolve("@locus-sdk/core/http"))});
    const told = async (fetch) => {
      try {
        const text = async () => (await fetch("https://127.0.0.1:${port}/", { redirect: "manual" })).text();
        return [await text(), await text()];
      } catch (error) {
        return [error.message, error.cause.code];
      }
    };
    process.stdout.write(JSON.stringify([await told(nodeFetch), await told(fetch)]));
  `;
  const run = async (env: NodeJS.ProcessEnv): Promise<unknown> => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await once(child, "close");
    return JSON.parse(output);
  };
  try {
    const good = ["over TLS", "over TLS"];
    expect(await run({ NODE_EXTRA_CA_CERTS: authority })).toEqual([good, good]);
    const bad = ["fetch failed", "DEPTH_ZERO_SELF_SIGNED_CERT"];
    expect(await run({})).toEqual([bad, bad]);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  }
});
