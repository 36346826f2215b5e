/** What is rewritten when a model refuses a request, and that it is learned once. */
import type { ModelRequest, ModelStreamPart, RetryNotice } from "@locus-sdk/core";
import { describe, expect, test, vi } from "vitest";
import { startCloud } from "../test/emulator.ts";
import { recordingServer } from "../test/recording-server.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import { withInstructionsFolded } from "./request-repair.ts";
import { flatMapParts, orElse } from "./stream-parts.ts";

const tools = [{ name: "f", description: "F", parameters: { type: "object", properties: {} } }];
const request: ModelRequest = {
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hi" },
  ],
  tools,
};
const onServer = (endpoint: string): OCIOpenAIModel =>
  new OCIOpenAIModel({
    model: "meta.llama-3.3-70b-instruct",
    endpoint,
    apiKey: "sk-1",
    compartmentId: "ocid1.compartment.oc1..c",
    maxRetries: 0,
    env: {},
  });
const drain = async (parts: AsyncIterable<ModelStreamPart>): Promise<void> => {
  for await (const _ of parts);
};

describe("instructions beside tools", () => {
  test("are folded into the user's words after one refusal, and from then on", async () => {
    for (const call of [
      (model: OCIOpenAIModel, sent: ModelRequest) => model.complete(sent).then(() => undefined),
      (model: OCIOpenAIModel, sent: ModelRequest) => drain(model.stream(sent)),
    ]) {
      await using cloud = await startCloud({ strictness: "contested" });
      const model = new OCIOpenAIModel({ model: "meta.llama-3.3-70b-instruct", ...cloud.options });
      const onRetry = vi.fn<(notice: RetryNotice) => void>();
      await call(model, { ...request, onRetry });
      await call(model, { ...request, onRetry });
      const { requests } = cloud.emulator;
      expect(requests.map(({ status }) => status)).toEqual([400, 200, 200]);
      expect(onRetry).toHaveBeenCalledTimes(1);
      const folded = { messages: [{ role: "user", content: "Be brief.\n\nHi" }] };
      expect(requests.map(({ body }) => body)).toMatchObject([{}, folded, folded]);
      expect(cloud.emulator.generations).toBe(2);
    }
  });

  test("another refusal is no reason to fold", async () => {
    await using cloud = await startCloud();
    cloud.emulator.script({ error: "OpenAIInvalidRequest" });
    const model = new OCIOpenAIModel({ model: "meta.llama-3.3-70b-instruct", ...cloud.options });
    await expect(drain(model.stream(request))).rejects.toMatchObject({ name: "InvalidRequestError" });
    expect(cloud.emulator.requests).toHaveLength(1);
  });

  test.each([
    "Invalid value for tools[0]: see the system message docs",
    "Unsupported tool schema: read about system messages elsewhere",
    "tools[0] is not supported. The system prompt was fine.",
  ])("are not what is refused by: %s", async (message) => {
    await using server = await recordingServer((_, response) => {
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ code: "400", message }));
    });
    await expect(onServer(server.url).complete(request)).rejects.toThrow("400");
    expect(server.arrivals).toHaveLength(1);
  });

  test.each([
    "Tool use with a leading system message is not supported for this model.",
    "System messages are not allowed with tools",
    "'system' role cannot be used here",
    "This model does not support system prompts beside tools",
  ])("are what is refused by: %s", async (message) => {
    await using server = await recordingServer((_, response, index) => {
      response.writeHead(index === 0 ? 400 : 500, { "content-type": "application/json" });
      response.end(JSON.stringify({ code: "400", message }));
    });
    await expect(onServer(server.url).complete(request)).rejects.toThrow("500");
    expect(server.arrivals).toHaveLength(2);
  });

  test("stay where they are as long as the folded request has not helped", async () => {
    for (const call of [
      (model: OCIOpenAIModel) => model.complete(request).then(() => undefined),
      (model: OCIOpenAIModel) => drain(model.stream(request)),
    ]) {
      await using server = await recordingServer((_, response) => {
        response.writeHead(400, { "content-type": "application/json" });
        response.end(JSON.stringify({ code: "400", message: "System messages are not supported" }));
      });
      const model = onServer(server.url);
      await expect(call(model)).rejects.toThrow("400");
      await expect(call(model)).rejects.toThrow("400");
      const roles = server.arrivals.map(
        ({ body }) => (JSON.parse(body.toString()) as ModelRequest).messages[0]?.role,
      );
      expect(roles).toEqual(["system", "user", "system", "user"]);
    }
  });

  test("go before parts as before text, alone where nobody has spoken, and stay where there are no tools", () => {
    const fold = (messages: ModelRequest["messages"]) => withInstructionsFolded({ messages, tools }).messages;
    const system = { role: "system", content: "S" } as const;
    const image = { type: "image", url: "https://x/y.png" } as const;
    expect(fold([system, { role: "user", content: [image] }])).toEqual([
      { role: "user", content: [{ type: "text", text: "S" }, image] },
    ]);
    expect(fold([system, { role: "assistant", content: [] }, system])).toEqual([
      { role: "user", content: "S\n\nS" },
      { role: "assistant", content: [] },
    ]);
    expect(withInstructionsFolded({ messages: [system] }).messages).toEqual([system]);
  });
});

describe("streams that are changed on their way", () => {
  const text = (value: string): ModelStreamPart => ({ type: "text_delta", text: value });

  test("leaving while waiting reaches the source at once", async () => {
    for (const wrap of [
      (parts: AsyncIterable<ModelStreamPart>) => flatMapParts(parts, (part) => [part]),
      (parts: AsyncIterable<ModelStreamPart>) => orElse(parts, () => undefined),
    ]) {
      const left = vi.fn(async () => ({ done: true as const, value: undefined }));
      const never = { next: () => new Promise<never>(() => undefined), return: left };
      const iterator = wrap({ [Symbol.asyncIterator]: () => never })[Symbol.asyncIterator]();
      void iterator.next();
      await iterator.return?.();
      expect(left).toHaveBeenCalledTimes(1);
    }
  });

  test("a stream that fails after its first part is not begun again", async () => {
    const again = vi.fn(() => undefined);
    async function* broken(): AsyncGenerator<ModelStreamPart> {
      yield text("a");
      throw new Error("broke off");
    }
    await expect(drain(orElse(broken(), again))).rejects.toThrow("broke off");
    expect(again).not.toHaveBeenCalled();
  });
});
