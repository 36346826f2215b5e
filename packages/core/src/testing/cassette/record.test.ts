import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../../agent/agent.ts";
import { ModelError, RateLimitError } from "../../errors/errors.ts";
import { isDurable } from "../../events/types.ts";
import { userMessage } from "../../messages/messages.ts";
import type { ChatModel, ModelRequest } from "../../model/types.ts";
import { tool } from "../../tool/tool.ts";
import { collectParts } from "../chat-model-backend.ts";
import { ScriptedModel, type ScriptedStep } from "../scripted-model.ts";
import { recordModel } from "./record.ts";
import { replayModel } from "./replay.ts";

let directory: string;
let count = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "locus-cassettes-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const newFile = (): string => join(directory, `${++count}.jsonl`);
const ask = (text: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [userMessage(text)],
  ...more,
});
const linesOf = async (file: string): Promise<readonly Record<string, unknown>[]> =>
  (await readFile(file, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));

/** A model whose answers come when they are released, in any order. */
function heldModel(): { readonly model: ChatModel; readonly release: (text: string) => void } {
  const held = new Map<string, () => void>();
  const inner = new ScriptedModel(
    [
      async ({ messages }) => {
        const text = String(messages[0]?.content);
        await new Promise<void>((resolve) => held.set(text, resolve));
        return `answer to ${text}`;
      },
    ],
    { repeat: true },
  );
  return { model: inner, release: (text) => held.get(text)?.() };
}

describe("recording a model", () => {
  it("lets answers through as they are, and writes a header and a line for each call", async () => {
    const file = newFile();
    const script: readonly ScriptedStep[] = [{ text: "a whole answer" }, { text: "one in pieces" }];
    const [plain, inner] = [new ScriptedModel(script), new ScriptedModel(script, { modelId: "m-1" })];
    const model = recordModel(inner, file);
    expect(await model.complete(ask("first"))).toEqual({
      ...(await plain.complete(ask("first"))),
      modelId: "m-1",
    });
    const parts = await collectParts(model.stream(ask("second")));
    expect(parts.slice(0, -1)).toEqual((await collectParts(plain.stream(ask("second")))).slice(0, -1));
    const [header, first, second] = await linesOf(file);
    expect(header).toMatchObject({
      format: "locus-cassette",
      version: 1,
      provider: "scripted",
      modelId: "m-1",
      capabilities: inner.capabilities,
    });
    expect(first).toMatchObject({ request: { messages: [userMessage("first")] }, response: {} });
    expect(first).not.toHaveProperty("parts");
    expect(second).toMatchObject({ request: { messages: [userMessage("second")] }, parts });
  });

  it("keeps the order in which calls began, whichever is over first", async () => {
    const file = newFile();
    const { model: inner, release } = heldModel();
    const model = recordModel(inner, file);
    const calls = ["a", "b", "c"].map((text) => model.complete(ask(text)));
    release("c");
    await calls[2];
    expect(await linesOf(file)).toHaveLength(1);
    release("b");
    release("a");
    await Promise.all(calls);
    const [, ...lines] = await linesOf(file);
    expect(lines.map(({ request }) => request)).toEqual(
      ["a", "b", "c"].map((text) => ({ messages: [userMessage(text)] })),
    );
  });

  it("writes what is over when it is closed, and closes the model", async () => {
    const file = newFile();
    const inner = new ScriptedModel(["never read", "whole"]);
    const model = recordModel(inner, file);
    const left = model.stream(ask("left open"))[Symbol.asyncIterator]();
    await left.next();
    await model.complete(ask("over"));
    await model.close?.();
    expect((await linesOf(file)).slice(1)).toMatchObject([{ request: { messages: [userMessage("over")] } }]);
    expect(inner.closed).toBe(true);
  });

  it("closes the stream of a reader who leaves, and records nothing of it", async () => {
    const file = newFile();
    const inner = new ScriptedModel(["an answer in several pieces", "next"]);
    const model = recordModel(inner, file);
    for await (const _ of model.stream(ask("left"))) break;
    expect(inner.openStreams).toBe(0);
    await model.complete(ask("whole"));
    const [, ...lines] = await linesOf(file);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ request: { messages: [userMessage("whole")] } });
  });

  it("records the answer of a reader who leaves with the finish in hand", async () => {
    const file = newFile();
    const model = recordModel(new ScriptedModel(["hi"]), file);
    for await (const part of model.stream(ask("hello"))) if (part.type === "finish") break;
    expect(await linesOf(file)).toHaveLength(2);
  });

  it("records no call that was aborted, and hands the signal on", async () => {
    const file = newFile();
    const model = recordModel(new ScriptedModel([{ text: "late", delayMs: 60_000 }, "next"]), file);
    const controller = new AbortController();
    const call = model.complete(ask("slow", { signal: controller.signal }));
    controller.abort(new ModelError("enough"));
    await expect(call).rejects.toThrow("enough");
    await model.complete(ask("next"));
    expect(await linesOf(file)).toHaveLength(2);
  });

  it("records errors, and what was streamed before them", async () => {
    const file = newFile();
    const error = new RateLimitError("slow down", { status: 429, retryAfterMs: 1500, requestId: "req-1" });
    const model = recordModel(new ScriptedModel([{ error }, { text: "half", error }]), file);
    await expect(model.complete(ask("a"))).rejects.toBe(error);
    await expect(collectParts(model.stream(ask("b")))).rejects.toBe(error);
    const [, first, second] = await linesOf(file);
    expect(first).toEqual({
      request: { messages: [userMessage("a")] },
      error: {
        class: "RateLimitError",
        name: "RateLimitError",
        message: "slow down",
        code: "rate_limit",
        retryable: true,
        status: 429,
        retryAfterMs: 1500,
        requestId: "req-1",
      },
    });
    expect(second).toMatchObject({ parts: [{ type: "text_delta", text: "half" }], error: { status: 429 } });
  });

  it("begins anew in the place of an older cassette, and overwrites nothing else", async () => {
    const file = newFile();
    for (const text of ["old", "new"]) await recordModel(new ScriptedModel([text]), file).complete(ask(text));
    const [, ...lines] = await linesOf(file);
    expect(lines).toMatchObject([{ request: { messages: [userMessage("new")] } }]);
    const notes = join(directory, "notes.txt");
    await writeFile(notes, "do not lose me");
    expect(() => recordModel(new ScriptedModel([]), notes)).toThrow("is no cassette, and is not overwritten");
    expect(await readFile(notes, "utf8")).toBe("do not lose me");
    expect(() => recordModel(new ScriptedModel([]), directory)).toThrow("cannot be written: EISDIR");
  });
});

describe("an agent that was recorded", () => {
  const agentWith = (model: ChatModel): Agent =>
    new Agent({
      model,
      systemPrompt: "You know the weather.",
      tools: [
        tool({
          name: "get_weather",
          description: "Weather of a city.",
          parameters: z.object({ city: z.string() }),
          execute: ({ city }, { progress }) => {
            progress({ city });
            return { city, condition: "rain" };
          },
        }),
      ],
    });
  const volatile = new Set(["runId", "threadId", "timestamp", "durationMs", "idempotencyKey"]);
  /** Durable events without what is different in every run. */
  const comparable = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (name, member: unknown) => (volatile.has(name) ? undefined : member)));
  const script = (): readonly ScriptedStep[] => [
    // Calls without ids of their own are given random ones by the run.
    {
      reasoning: "Two cities.",
      content: [
        { type: "tool_call", id: "", name: "get_weather", arguments: '{"city":"Oslo"}' },
        { type: "tool_call", id: "", name: "get_weather", arguments: '{"city":"Lima"}' },
      ],
      usage: { inputTokens: 10, outputTokens: 5 },
      requestId: "req-1",
    },
    { text: "Rain in both.", usage: { inputTokens: 30, outputTokens: 7 } },
  ];

  it.each(["run", "stream"] as const)("is replayed by %s() with equal durable events", async (how) => {
    const file = newFile();
    const eventsWith = async (model: ChatModel): Promise<unknown> => {
      const agent = agentWith(model);
      if (how === "run") {
        const { messages, usage, text } = await agent.run("Oslo and Lima?");
        return comparable({ roles: messages.map(({ role }) => role), usage, text });
      }
      const events: unknown[] = [];
      for await (const event of agent.stream("Oslo and Lima?")) if (isDurable(event)) events.push(event);
      return comparable(events);
    };
    const recorded = await eventsWith(recordModel(new ScriptedModel(script()), file));
    const model = replayModel(file);
    const replayed = await eventsWith(model);
    model.assertDone();
    const plain = (value: unknown): string => JSON.stringify(value).replace(/call_[0-9a-f]{32}/g, "call_id");
    expect(plain(replayed)).toEqual(plain(recorded));
    expect(plain(replayed)).toContain("Rain in both.");
  });

  it("does not count tokens, which its cassette could not", async () => {
    const counting = Object.assign(new ScriptedModel([]), { countTokens: () => 42 });
    expect("countTokens" in recordModel(counting, newFile())).toBe(false);
  });

  it("tells of retries again, so that they are on record again", async () => {
    const file = newFile();
    const patient: ChatModel = Object.assign(new ScriptedModel(["hi"]), {
      complete: async (request: ModelRequest) => {
        request.onRetry?.({ what: "503 password=hunter2", attempt: 1, delayMs: 5 });
        return new ScriptedModel(["hi"]).complete(request);
      },
    });
    await recordModel(patient, file).complete(ask("hello"));
    const notices: unknown[] = [];
    await replayModel(file).complete(ask("hello", { onRetry: (notice) => notices.push(notice) }));
    expect(notices).toEqual([{ what: "503 password=[redacted]", attempt: 1, delayMs: 5 }]);
  });

  it("goes on from server state that the recorded model took for its own", async () => {
    const file = newFile();
    const state = { provider: "inner", modelId: "m", data: { responseId: "resp_1" } };
    const router = Object.assign(new ScriptedModel([{ text: "one", providerState: state }, "two"]), {
      takesState: () => true,
    });
    const talk = async (model: ChatModel): Promise<void> => {
      const agent = new Agent({ model });
      await agent.run("first", { threadId: "t" });
      await agent.run("second", { threadId: "t" });
    };
    await talk(recordModel(router, file));
    expect((await linesOf(file))[2]).toMatchObject({ request: { providerState: state } });
    const model = replayModel(file);
    await talk(model);
    model.assertDone();
  });
});
