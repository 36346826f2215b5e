/** Every feature on every transport, end to end; what is missing says why, and the documentation says the same. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bench, TRANSPORTS, type Transport } from "../test/features/bench.ts";
import { anthropic, ollama } from "../test/features/direct-benches.ts";
import { featureMarkdown } from "../test/features/markdown.ts";
import { oci } from "../test/features/oci-benches.ts";
import { openaiChat, openaiResponses } from "../test/features/openai-benches.ts";
import { FEATURES } from "../test/features/table.ts";

const BENCHES: Readonly<Record<Transport, () => Promise<Bench>>> = {
  "OpenAI chat": openaiChat,
  "OpenAI Responses": openaiResponses,
  Anthropic: anthropic,
  Ollama: ollama,
  "OCI chat": () => oci("chat"),
  "OCI Responses": () => oci("responses"),
  "OCI native": () => oci("native"),
  "OCI native, COHERE": () => oci("cohere"),
  "OCI dedicated": () => oci("dedicated"),
};

describe.each(TRANSPORTS)("%s", (transport) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await BENCHES[transport]();
  });
  afterEach(async () => {
    await bench.model.close?.();
    await bench[Symbol.asyncDispose]();
  });

  for (const { name, capability, cells } of FEATURES) {
    const cell = cells[transport];
    const has = typeof cell === "function";
    const check = has ? cell : cell.check;
    if (check !== undefined) it(has ? name : `${name}, missing: ${cell.no}`, () => check(bench));
    if (capability === undefined) continue;
    it(`${name}: the model itself says ${has ? "yes" : "no"}`, () => {
      expect(bench.model.capabilities[capability]).toBe(has);
    });
  }
});

it("the documentation's table is this one", () => {
  const page = readFileSync(new URL("../../../docs/models.md", import.meta.url), "utf8");
  expect(page).toContain(featureMarkdown(FEATURES));
});
