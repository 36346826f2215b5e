import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as errors from "../../errors/errors.ts";
import { userMessage } from "../../messages/messages.ts";
import type { ModelRequest, ModelResponse, ModelStreamPart } from "../../model/types.ts";
import { collectParts } from "../chat-model-backend.ts";
import { ScriptedModel } from "../scripted-model.ts";
import { CassetteError, ReplayMismatchError } from "./errors.ts";
import { recordModel } from "./record.ts";
import { replayModel } from "./replay.ts";

const { CancelledError, IncompleteStreamError, LocusError, RateLimitError, ServerStateLostError } = errors;

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
const textOf = ({ message }: ModelResponse): string =>
  message.content.map((part) => ("text" in part ? part.text : "")).join("");
/** A cassette in which each question was answered by one line. */
async function recorded(...turns: readonly (readonly [question: string, answer: string])[]): Promise<string> {
  const file = newFile();
  const model = recordModel(new ScriptedModel(turns.map(([, answer]) => answer)), file);
  for (const [question] of turns) await model.complete(ask(question));
  return file;
}

describe("replaying a cassette", () => {
  it("answers without the model, by its name and with its abilities", async () => {
    const file = newFile();
    const inner = new ScriptedModel(["Oslo."], {
      provider: "acme",
      modelId: "big-1",
      capabilities: { vision: false, contextWindow: 8192 },
    });
    const response = await recordModel(inner, file).complete(ask("Capital?"));
    const model = replayModel(pathToFileURL(file));
    expect([model.provider, model.modelId, model.capabilities]).toEqual([
      "acme",
      "big-1",
      inner.capabilities,
    ]);
    expect(await model.complete(ask("Capital?"))).toEqual(response);
    expect(model.unused).toEqual([]);
    model.assertDone();
  });

  it("streams in the recorded pieces, and gives the same response whole", async () => {
    const file = newFile();
    const turn = { text: "several pieces of it", toolCalls: [{ name: "t", arguments: { a: [1, "two"] } }] };
    const recording = recordModel(new ScriptedModel([turn], { chunkSize: 3 }), file);
    const parts = await collectParts(recording.stream(ask("go")));
    expect(parts.length).toBeGreaterThan(8);
    expect(await collectParts(replayModel(file).stream(ask("go")))).toEqual(parts);
    expect({ type: "finish", response: await replayModel(file).complete(ask("go")) }).toEqual(parts.at(-1));
  });

  it("makes a stream of a response that came whole", async () => {
    const file = newFile();
    const turn = {
      reasoning: "hm",
      text: "whole",
      toolCalls: [{ name: "a", arguments: { x: 1 } }, { name: "b" }],
    };
    const response = await recordModel(new ScriptedModel([turn]), file).complete(ask("go"));
    expect(await collectParts(replayModel(file).stream(ask("go")))).toEqual([
      { type: "reasoning_delta", text: "hm" },
      { type: "text_delta", text: "whole" },
      { type: "tool_call_delta", index: 0, id: "call_1", name: "a", argumentsDelta: '{"x":1}' },
      { type: "tool_call_delta", index: 1, id: "call_2", name: "b", argumentsDelta: "{}" },
      { type: "finish", response },
    ]);
  });

  it("finds calls by what they ask, in whatever order they come, and equal ones in the order recorded", async () => {
    const file = await recorded(["a", "first a"], ["b", "the b"], ["a", "second a"]);
    const model = replayModel(file);
    const answers = await Promise.all(["b", "a", "a"].map((text) => model.complete(ask(text))));
    expect(answers.map(textOf)).toEqual(["the b", "first a", "second a"]);
  });

  it("compares what is asked, not how it is written or who waits for it", async () => {
    const file = newFile();
    const settings = { temperature: 0, maxOutputTokens: 9 };
    await recordModel(new ScriptedModel(["hi"]), file).complete(ask("a", { settings, tools: [] }));
    const model = replayModel(file);
    const { signal } = new AbortController();
    await model.complete(ask("a", { settings: { maxOutputTokens: 9, temperature: 0 }, signal }));
    model.assertDone();
  });

  it("in order, whatever is asked; by a function, whatever it takes for equal", async () => {
    const file = await recorded(["a", "1"], ["b", "2"]);
    const ordered = replayModel(file, { match: "order" });
    expect(textOf(await ordered.complete(ask("x")))).toBe("1");
    expect(textOf(await ordered.complete(ask("a")))).toBe("2");
    await expect(ordered.complete(ask("b"))).rejects.toThrow("holds 2 recorded calls, all made already");
    const last = replayModel(file, {
      match: (before, now) => JSON.stringify(before.messages) < JSON.stringify(now.messages),
    });
    expect(textOf(await last.complete(ask("b")))).toBe("1");
  });
});

describe("errors on a cassette", () => {
  it("are thrown again as they were, by streams behind what they had sent", async () => {
    const file = newFile();
    const error = new RateLimitError("slow down", {
      code: "quota",
      status: 429,
      retryAfterMs: 1500,
      retryable: false,
      hint: "Wait.",
      requestId: "r",
    });
    const recording = recordModel(new ScriptedModel([{ text: "half", error }]), file);
    await expect(collectParts(recording.stream(ask("a")))).rejects.toBe(error);
    const heard: ModelStreamPart[] = [];
    const replayed = await (async () => {
      for await (const part of replayModel(file).stream(ask("a"))) heard.push(part);
    })().catch((thrown: unknown) => thrown);
    expect(heard).toEqual([{ type: "text_delta", text: "half" }]);
    expect(replayed).toBeInstanceOf(RateLimitError);
    expect(JSON.stringify(replayed)).toBe(JSON.stringify(error));
    await expect(replayModel(file).complete(ask("a"))).rejects.toBeInstanceOf(RateLimitError);
  });

  it("of every class of Locus come back as that class, others as what they extend", async () => {
    const classes = Object.values(errors).filter(
      (one): one is typeof LocusError => "prototype" in one && one.prototype instanceof LocusError,
    );
    class ContainerLost extends ServerStateLostError {}
    for (const made of [...classes, ContainerLost].map((one) => new one("no"))) {
      const file = newFile();
      await recordModel(new ScriptedModel([{ error: made }]), file)
        .complete(ask("a"))
        .catch(() => undefined);
      const thrown = await replayModel(file)
        .complete(ask("a"))
        .catch((error: unknown) => error);
      const wanted = made instanceof ContainerLost ? ServerStateLostError : made.constructor;
      expect(thrown).toMatchObject({ constructor: wanted, name: made.name, code: made.code });
    }
    expect(classes.length).toBeGreaterThan(20);
  });

  it("that were no LocusErrors are none", async () => {
    const file = newFile();
    const recording = recordModel(new ScriptedModel([{ error: new TypeError("x is not a function") }]), file);
    await expect(recording.complete(ask("a"))).rejects.toThrow(TypeError);
    const thrown = await replayModel(file)
      .complete(ask("a"))
      .catch((error: unknown) => error);
    expect(thrown).not.toBeInstanceOf(LocusError);
    expect(thrown).toMatchObject({ name: "TypeError", message: "x is not a function" });
  });

  it("a stream without its finish ends so again, and is no response", async () => {
    const file = newFile();
    const recording = recordModel(new ScriptedModel([{ text: "cut off", truncated: true }]), file);
    const parts = await collectParts(recording.stream(ask("a")));
    expect(await collectParts(replayModel(file).stream(ask("a")))).toEqual(parts);
    await expect(replayModel(file).complete(ask("a"))).rejects.toThrow(IncompleteStreamError);
  });
});

describe("a call that was not recorded", () => {
  it("is told apart from the nearest one that was, member by member", async () => {
    const file = newFile();
    const model = recordModel(new ScriptedModel(["1", "2"]), file);
    const tools = [{ name: "t", description: "d", parameters: { type: "object" } }];
    await model.complete(ask("What is the weather in Oslo?", { tools, settings: { temperature: 0 } }));
    await model.complete({ messages: [userMessage("Hi"), userMessage("What is the weather in Oslo?")] });
    const replay = replayModel(file);
    const thrown: unknown = await replay
      .complete(ask("What is the weather in Lima?", { tools }))
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ReplayMismatchError);
    expect(thrown).toMatchObject({
      code: "replay_mismatch",
      line: 2,
      retryable: false,
      hint: "Record it with recordModel(model, file).",
      message: [
        `${count}.jsonl has no answer for this call; the nearest one recorded is line 2:`,
        '  messages[0].content: recorded "What is the weather in Oslo?", received "What is the weather in Lima?"',
        '  settings: recorded {"temperature":0}, received nothing',
      ].join("\n"),
    });
    expect(replay.unused.map(({ line }) => line)).toEqual([2, 3]);
  });

  it("shows of long texts the place where they part, and of many differences the first", async () => {
    const long = "All work and no play. ".repeat(20);
    const file = await recorded([`${long}Oslo ${long}`, "1"]);
    await expect(replayModel(file).complete(ask(`${long}Lima ${long}`))).rejects.toThrow(
      /recorded "…l work and no play\. Oslo All work.{10,60}…", received "…l work and no play\. Lima All/,
    );
    const many = { messages: Array.from({ length: 9 }, (_, index) => userMessage(`m${index}`)) };
    await expect(replayModel(file).complete(many)).rejects.toThrow(/messages\[4\].*\n {2}… and 4 more$/);
  });

  it("is one too many where all of its kind were made, and says so", async () => {
    const model = replayModel(await recorded(["a", "1"], ["b", "2"]));
    await model.complete(ask("a"));
    await expect(model.complete(ask("a"))).rejects.toThrow(
      'has an answer for this call, and it was given already: line 2, 1 message, the last of role user: "a"',
    );
  });

  it("leaves those that were recorded and not made to be asked after", async () => {
    const model = replayModel(await recorded(["a", "1"], ["b", "2"], ["c", "3"]));
    await model.complete(ask("b"));
    expect(model.unused.map(({ line }) => line)).toEqual([2, 4]);
    expect(() => model.assertDone()).toThrow(
      `2 of the 3 recorded calls in ${count}.jsonl were not made:\n  line 2: 1 message, the last of role user: "a"\n  line 4:`,
    );
  });
});

describe("replay and signals", () => {
  it("rejects what is aborted, and uses no recording up for it", async () => {
    const model = replayModel(await recorded(["a", "1"]));
    const aborted = AbortSignal.abort(new CancelledError("enough"));
    await expect(model.complete(ask("a", { signal: aborted }))).rejects.toThrow("enough");
    await expect(collectParts(model.stream(ask("a", { signal: AbortSignal.abort() })))).rejects.toThrow(
      CancelledError,
    );
    expect(model.unused).toHaveLength(1);
  });

  it("stops a stream between its parts", async () => {
    const file = newFile();
    await collectParts(recordModel(new ScriptedModel(["many small pieces"]), file).stream(ask("a")));
    const controller = new AbortController();
    const heard: string[] = [];
    const reading = (async () => {
      for await (const { type } of replayModel(file).stream(ask("a", { signal: controller.signal }))) {
        heard.push(type);
        controller.abort();
      }
    })();
    await expect(reading).rejects.toThrow(CancelledError);
    expect(heard).toEqual(["text_delta"]);
  });
});

describe("a cassette that cannot be used", () => {
  const wrong = (file: string): CassetteError => {
    try {
      replayModel(file);
    } catch (error) {
      if (error instanceof CassetteError) return error;
      throw error;
    }
    throw new Error("it was read");
  };

  it("is missing, which says how it is made", () => {
    expect(wrong(join(directory, "none.jsonl"))).toMatchObject({
      code: "cassette_missing",
      message: `there is no cassette ${join(directory, "none.jsonl")}`,
      hint: "Record it with recordModel(model, file).",
    });
  });

  it("breaks off in its last line, wherever it was cut", async () => {
    const file = await recorded(["a", "1"], ["b", "2"]);
    const text = await readFile(file, "utf8");
    const last = text.lastIndexOf("\n", text.length - 2) + 1;
    for (const end of [last + 1, last + 20, text.length - 2]) {
      await writeFile(file, text.slice(0, end));
      expect(wrong(file).message).toBe(
        `${file}, line 3 is damaged: it breaks off; whoever recorded it ended before it was written`,
      );
    }
    // Editors take the last new-line character away; the line is whole.
    await writeFile(file, text.slice(0, -1));
    expect(replayModel(file).unused).toHaveLength(2);
    await writeFile(file, text.replaceAll("\n", "\r\n"));
    expect(replayModel(file).unused).toHaveLength(2);
  });

  it("is damaged in a line, which is named with what is wrong", async () => {
    const file = await recorded(["a", "1"]);
    const text = await readFile(file, "utf8");
    await writeFile(file, `${text}nonsense\n${text.split("\n")[1]}\n`);
    expect(wrong(file)).toMatchObject({
      code: "cassette_damaged",
      message: `${file}, line 3 is damaged: it is not JSON`,
    });
    await writeFile(file, text);
    await appendFile(file, '{"request":{"messages":[]},"response":{"message":{"role":"user"}}}\n');
    expect(wrong(file).message).toContain("line 3 is damaged: response: ");
    await writeFile(file, '{"name":"something else"}\n');
    expect(wrong(file).message).toContain("line 1 is damaged: it is not the header of a cassette");
    await writeFile(file, text.slice(0, 30));
    expect(wrong(file).message).toContain("line 1 is damaged: its header is not whole");
  });

  it.each([
    [0, /has format 0, and this version of Locus reads format 1/, /^Record it/],
    [2, /has format 2, and this version of Locus reads format 1/, /^Update @locus-sdk\/core/],
  ])("has format %d", async (version, message, hint) => {
    const file = await recorded(["a", "1"]);
    await writeFile(file, (await readFile(file, "utf8")).replace('"version":1', `"version":${version}`));
    const error = wrong(file);
    expect(error.code).toBe("cassette_version");
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });
});
