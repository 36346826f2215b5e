/** CPU of signing a 4 KB POST: everything `createOciFetch` does but the sending, beside `oci-common`'s signer. `--json`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOciFetch } from "@locus-sdk/oci";
import { writeTestConfig } from "@locus-sdk/oci-emulator";
import common from "oci-common";
import { measure } from "./rounds.ts";

const BUDGET = 0.4;
const directory = mkdtempSync(join(tmpdir(), "locus-bench-"));
try {
  const config = await writeTestConfig(directory);
  const url = `https://inference.generativeai.${config.region}.oci.oraclecloud.com/openai/v1/chat/completions`;
  const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "x".repeat(4000) }] });

  const provider = new common.ConfigFileAuthenticationDetailsProvider(config.configFile, "DEFAULT");
  const signer = new common.DefaultRequestSigner(provider);
  const vendor = async (): Promise<void> => {
    const headers = new Headers({ "content-type": "application/json" });
    await signer.signHttpRequest({ uri: url, method: "POST", body, headers });
  };

  // The bytes go nowhere: only the work on this side of the socket is measured.
  const answer = new Response(null, { status: 204 });
  globalThis.fetch = () => Promise.resolve(answer);
  const signed = createOciFetch({ configFile: config.configFile, compartmentId: config.compartmentId });
  const ours = async (): Promise<void> => {
    await signed(url, { method: "POST", body, headers: { "content-type": "application/json" } });
  };

  const measured = await measure([
    { name: "oci-common DefaultRequestSigner", run: vendor },
    { name: "@locus-sdk/oci createOciFetch", run: ours },
  ]);
  const [theirs, own] = measured.map(({ cpuMicros }) => cpuMicros);
  const ratio = (own ?? Number.NaN) / (theirs ?? Number.NaN);
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify({ ratio })}\n`);
  else {
    for (const { name, cpuMicros } of measured)
      process.stdout.write(`${name.padEnd(34)} ${cpuMicros.toFixed(0)} µs\n`);
    process.stdout.write(`ratio ${ratio.toFixed(2)}, budget ${BUDGET}\n`);
    process.exitCode = ratio <= BUDGET ? 0 : 1;
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
