// Models around models: in whatever order they are put, what the innermost says comes out as it was.
import fc from "fast-check";
import { expect, it } from "vitest";
import { ScriptedModel } from "../../testing/scripted-model.ts";
import type { ChatModel, ModelRequest, ModelStreamPart } from "../types.ts";
import { withCache } from "./with-cache.ts";
import { withLimits } from "./with-limits.ts";
import { withRateLimit } from "./with-rate-limit.ts";
import { withRetry } from "./with-retry.ts";

const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };
const turn = {
  reasoning: "Let me see.",
  text: "A longer answer in several pieces.",
  toolCalls: [{ name: "find", arguments: { q: "rain" }, id: "c1" }],
  usage: { inputTokens: 6, outputTokens: 4 },
  requestId: "r1",
  warnings: ["careful"],
};
async function read(stream: AsyncIterable<ModelStreamPart>): Promise<readonly ModelStreamPart[]> {
  const parts: ModelStreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
const scripted = (): ScriptedModel => new ScriptedModel([turn], { repeat: true });
const WRAPPERS: readonly ((model: ChatModel) => ChatModel)[] = [
  (model) => withCache(model),
  (model) => withLimits(model, { maxTokens: 100_000 }),
  (model) => withRateLimit(model, { requestsPerMinute: 1000, tokensPerMinute: 1_000_000 }),
  (model) => withRetry(model),
];
const nested = fc.array(fc.constantFrom(...WRAPPERS), { minLength: 1, maxLength: 6 });

it("parts and answers come through any nesting unchanged, one by one", async () => {
  const parts = await read(scripted().stream(request));
  const response = await scripted().complete(request);
  await fc.assert(
    fc.asyncProperty(nested, async (wrappers) => {
      const around = (inner: ChatModel): ChatModel => wrappers.reduce((model, wrap) => wrap(model), inner);
      const inner = scripted();
      expect(await read(around(inner).stream(request))).toEqual(parts);
      expect(inner.openStreams).toBe(0);
      expect(await around(scripted()).complete(request)).toEqual(response);
    }),
    { numRuns: 40 },
  );
});

it("a consumer that leaves closes the innermost stream, and its abort reaches the innermost call", async () => {
  await fc.assert(
    fc.asyncProperty(nested, async (wrappers) => {
      const inner = new ScriptedModel([turn, { ...turn, delayMs: 60_000 }]);
      const model = wrappers.reduce<ChatModel>((each, wrap) => wrap(each), inner);
      for await (const part of model.stream(request)) {
        expect(part.type).toBe("reasoning_delta");
        break;
      }
      expect(inner.openStreams).toBe(0);
      const stop = new AbortController();
      const call = model.complete({ ...request, signal: stop.signal });
      const refused = expect(call).rejects.toThrow();
      await expect.poll(() => inner.requests.length).toBe(2);
      stop.abort();
      await refused;
      await expect.poll(() => inner.requests[1]?.signal?.aborted).toBe(true);
    }),
    { numRuns: 25 },
  );
});
