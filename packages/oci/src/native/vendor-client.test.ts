/** The vendor's client: loaded late, once, silent; and the judge of what our bodies look like. */
import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import type { JsonObject, ModelRequest } from "@locus-sdk/core";
import { models } from "oci-generativeaiinference";
import { expect, test } from "vitest";
import { targetFor } from "../../test/native-encode.ts";
import { startNativeServer } from "../../test/native-server.ts";
import { CODECS } from "./formats.ts";
import { callVendor } from "./vendor-client.ts";

const run = promisify(execFile);
const entry = JSON.stringify(new URL("../../dist/index.js", import.meta.url).href);
const inProcess = (script: string) =>
  run(process.execPath, ["--input-type=module", "-e", script], { env: { PATH: process.env.PATH ?? "" } });

test("importing the package, and making every model, loads neither oci-common nor oci-generativeaiinference", async () => {
  const { stdout } = await inProcess(`
    import { createRequire } from "node:module";
    const { OCIModel, OCIEmbeddings, OCIReranker, OCIGuardrails } = await import(${entry});
    new OCIModel({ model: "cohere.command-a-03-2025" });
    new OCIEmbeddings({ model: "cohere.embed-v4.0" });
    new OCIReranker({ model: "cohere.rerank-v3.5" });
    new OCIGuardrails();
    const cached = Object.keys(createRequire(${entry}).cache);
    process.stdout.write(JSON.stringify(cached.filter((file) => /oci-common|oci-generative/.test(file))));
  `);
  expect(JSON.parse(stdout)).toEqual([]);
});

test("there is one copy of oci-common", () => {
  const ours = createRequire(import.meta.url);
  const theirs = createRequire(ours.resolve("oci-generativeaiinference"));
  expect(realpathSync(theirs.resolve("oci-common"))).toBe(realpathSync(ours.resolve("oci-common")));
});

test("nothing is printed, whatever fails", async () => {
  await using server = await startNativeServer();
  server.script(
    { fail: { status: 500, body: "<html>" } },
    { fail: { status: 404, body: { code: "NotAuthorizedOrNotFound", message: "no" } } },
    { reset: true },
    { contentType: "text/plain", chatResponse: {} },
    { text: "fine" },
  );
  const { stdout, stderr } = await inProcess(`
    import { OCIModel } from ${entry};
    const model = new OCIModel({ model: "openai.gpt-oss-120b", ...${JSON.stringify(server.options)} });
    const request = { messages: [{ role: "user", content: "Hi" }] };
    for (let call = 0; call < 5; call += 1) await model.complete(request).catch(() => undefined);
  `);
  expect(server.calls).toHaveLength(5);
  expect([stdout, stderr]).toEqual(["", ""]);
});

const request: ModelRequest = {
  messages: [
    { role: "system", content: "S" },
    { role: "user", content: [{ type: "text", text: "Q" }] },
    {
      role: "assistant",
      content: [
        { type: "reasoning", text: "R" },
        { type: "text", text: "T" },
        { type: "tool_call", id: "1", name: "f", arguments: '{"a":{"b":[1]}}' },
        {
          type: "provider",
          provider: "oci",
          item: { type: "citations", items: [{ start: 0, sources: [] }] },
        },
      ],
    },
    { role: "tool", callId: "1", name: "f", content: '{"c":1}' },
  ],
  tools: [{ name: "f", description: "F", parameters: { type: "object", properties: { a: { const: 1 } } } }],
  settings: {
    temperature: 0,
    seed: 0,
    stop: ["x"],
    maxOutputTokens: 5,
    extraBody: {
      somethingNew: { deep: [{ a: null }] },
      webSearchOptions: { userLocation: { city: "Oslo" } },
    },
  },
};

test.each(["GENERIC", "COHERE", "COHEREV2"] as const)(
  "its serialiser leaves every field of a %s body as it is, known or not",
  async (apiFormat) => {
    const target = targetFor("cohere.command-a-reasoning-08-2025", true, { documents: [{ id: "1" }] });
    const { chatRequest } = CODECS[apiFormat].encode(request, target);
    const details: JsonObject = {
      compartmentId: "c",
      servingMode: { servingType: "ON_DEMAND", modelId: "m" },
      chatRequest,
    };
    let sent: unknown;
    await callVendor("chat", details, "http://127.0.0.1:1", async ({ url, method, headers, body }) => {
      sent = JSON.parse(body);
      expect([method, url]).toEqual(["POST", "http://127.0.0.1:1/20231130/actions/chat"]);
      expect(headers.get("content-type")).toBe("application/json");
      expect(headers.get("opc-retry-token")).toMatch(/./);
      expect(headers.has("authorization")).toBe(false);
      expect(headers.has("opc-client-retries")).toBe(false);
      return new Response();
    });
    expect(sent).toEqual(details);
    // The same through its reader, which knows every type by its discriminator.
    const read = models.ChatDetails.getDeserializedJsonObj(details as unknown as models.ChatDetails);
    expect(JSON.parse(JSON.stringify(read))).toEqual(details);
  },
);

test("what the exchange rejects with is what the caller gets, and what it resolves with comes whole", async () => {
  const failure = new Error("mine");
  const details = { compartmentId: "c" };
  await expect(
    callVendor("embedText", details, "http://127.0.0.1:1", () => Promise.reject(failure)),
  ).rejects.toBe(failure);
  const response = new Response("not JSON", { headers: { "opc-request-id": "1" } });
  expect(await callVendor("rerankText", details, "http://127.0.0.1:1", async () => response)).toBe(response);
});
