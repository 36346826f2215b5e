import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RateLimitError } from "../../errors/errors.ts";
import { toJson } from "../../json/json.ts";
import { userMessage } from "../../messages/messages.ts";
import type { AssistantPart } from "../../messages/types.ts";
import type { ChatModel, ModelRequest, ModelResponse, ModelStreamPart } from "../../model/types.ts";
import { ScriptedModel } from "../scripted-model.ts";
import { recordModel } from "./record.ts";
import { replayModel } from "./replay.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "locus-cassettes-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("the round trip", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 12 });
  // As JSON has it: fast-check makes zeros that are below zero.
  const json = fc.jsonValue({ maxDepth: 2 }).map(toJson);
  const content: fc.Arbitrary<AssistantPart> = fc.oneof(
    fc.record({ type: fc.constant("text" as const), text }),
    fc.record({ type: fc.constant("refusal" as const), text }),
    fc.record({ type: fc.constant("provider" as const), provider: text, item: json }),
    fc.record(
      { type: fc.constant("reasoning" as const), text, signature: text },
      { requiredKeys: ["type", "text"] },
    ),
    fc.record({
      type: fc.constant("tool_call" as const),
      id: fc.string({ minLength: 1 }),
      name: text,
      arguments: fc.oneof(
        text,
        json.map((value) => JSON.stringify(value)),
      ),
    }),
  );
  const tokens = fc.nat(9999);
  const responses: fc.Arbitrary<ModelResponse> = fc.record(
    {
      message: fc.record({
        role: fc.constant("assistant" as const),
        content: fc.array(content, { maxLength: 4 }),
      }),
      usage: fc.record({ inputTokens: tokens, outputTokens: tokens, totalTokens: tokens }),
      stopReason: fc.constantFrom("stop", "tool_calls", "length", "content_filter"),
      modelId: text,
      requestId: text,
      warnings: fc.array(text, { maxLength: 2 }),
      providerState: fc.record({ provider: text, modelId: text, data: json }),
      rawOutput: fc.array(json, { maxLength: 2 }),
    },
    { requiredKeys: ["message", "usage", "stopReason", "modelId"] },
  );
  const deltas: fc.Arbitrary<ModelStreamPart> = fc.oneof(
    fc.record({ type: fc.constantFrom("text_delta" as const, "reasoning_delta" as const), text }),
    fc.record(
      {
        type: fc.constant("tool_call_delta" as const),
        index: fc.nat(3),
        id: text,
        name: text,
        argumentsDelta: text,
      },
      { requiredKeys: ["type", "index", "argumentsDelta"] },
    ),
  );
  const failures = fc
    .record({ message: text, status: fc.integer({ min: 400, max: 599 }), retryAfterMs: tokens })
    .map(({ message, ...rest }) => new RateLimitError(message, rest));
  const outcomes = fc.oneof(
    fc.record({ response: responses }),
    fc.record(
      { parts: fc.array(deltas, { maxLength: 8 }), response: responses, error: failures },
      { requiredKeys: ["parts"] },
    ),
    fc.record({ error: failures }),
  );
  type Outcome = Partial<Readonly<{ parts: ModelStreamPart[]; response: ModelResponse; error: Error }>>;
  type Settled = Readonly<{ parts?: ModelStreamPart[]; response?: ModelResponse; error?: unknown }>;

  const settle = async (
    outcome: Outcome,
    model: Pick<ChatModel, "complete" | "stream">,
    request: ModelRequest,
  ): Promise<Settled> => {
    const parts: ModelStreamPart[] = [];
    try {
      if (outcome.parts === undefined) return { response: await model.complete(request) };
      for await (const part of model.stream(request)) parts.push(part);
      return { parts };
    } catch (error) {
      return { parts, error: JSON.stringify(error) };
    }
  };
  const modelOf = (outcome: Outcome): ScriptedModel =>
    Object.assign(new ScriptedModel([]), {
      complete: async () => {
        if (outcome.response !== undefined) return outcome.response;
        throw outcome.error;
      },
      async *stream(): AsyncGenerator<ModelStreamPart> {
        yield* outcome.parts ?? [];
        if (outcome.error !== undefined) throw outcome.error;
        if (outcome.response !== undefined) yield { type: "finish", response: outcome.response };
      },
    });

  it("gives arbitrary responses, streams and errors back as they were", async () => {
    const file = join(directory, "calls.jsonl");
    const request = fc
      .array(text, { minLength: 1, maxLength: 3 })
      .map((texts) => ({ messages: texts.map(userMessage) }));
    await fc.assert(
      fc.asyncProperty(outcomes, request, async (outcome: Outcome, asked) => {
        const recording = recordModel(modelOf(outcome), file);
        const live = await settle(outcome, recording, asked);
        const model = replayModel(file);
        expect(await settle(outcome, model, asked)).toEqual(live);
        model.assertDone();
      }),
      { numRuns: 200 },
    );
  });
});
