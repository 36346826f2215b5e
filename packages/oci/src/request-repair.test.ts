/** What is rewritten when a model refuses a request, and that it is learned once. */
import type { ModelRequest, ModelStreamPart, RetryNotice } from "@locus-sdk/core";
import { describe, expect, test, vi } from "vitest";
import { startCloud } from "../test/emulator.ts";
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
