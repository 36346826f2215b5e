/**
 * One table: every transport × every way a user may hand something over. What goes over the wire is read from the
 * emulator's journal; what cannot go is refused before anything is sent, or left out where it is history.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Agent,
  type AgentInput,
  assistantMessage,
  type ChatModel,
  type InputPart,
  InvalidRequestError,
  isRecord,
  type JsonObject,
  type ModelRequest,
  type UserPart,
  userMessage,
} from "@locus-sdk/core";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { createOciOpenAI } from "./client.ts";
import { OCIModel } from "./native/oci-model.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import { OCIResponsesModel } from "./oci-responses-model.ts";

let cloud: Cloud;
let directory: string;
beforeAll(async () => {
  cloud = await startCloud();
  directory = mkdtempSync(join(tmpdir(), "locus-kinds-"));
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await cloud[Symbol.asyncDispose]();
});
/** Ids of files that the service has; of one that it has not, where none is needed. */
let fileIds: readonly string[] = ["file-1"];
beforeEach(() => {
  cloud.emulator.reset();
  fileIds = ["file-1"];
});
async function uploadFiles(count: number): Promise<void> {
  const { files } = createOciOpenAI({ ...options(), project: cloud.config.projectId });
  const file = new File(["%PDF-1.7\n"], "a.pdf");
  const made = Array.from({ length: count }, () => files.create({ file, purpose: "user_data" }));
  fileIds = (await Promise.all(made)).map(({ id }) => id);
}

const options = () => ({ ...cloud.options, maxRetries: 0 });
const responses = (model: string, more: object = {}) =>
  new OCIResponsesModel({ ...options(), project: cloud.config.projectId, model, ...more });

const MODELS = {
  "chat completions": () => new OCIOpenAIModel({ ...options(), model: "google.gemini-2.5-pro" }),
  responses: () => responses("openai.gpt-5.2"),
  "responses, Gemini": () => responses("google.gemini-2.5-pro"),
  "native GENERIC": () => new OCIModel({ ...options(), model: "google.gemini-2.5-pro" }),
  "native COHERE": () =>
    new OCIModel({ ...options(), model: "cohere.command-r-plus-08-2024", apiFormat: "COHERE" }),
  "native COHEREV2": () => new OCIModel({ ...options(), model: "cohere.command-a-vision-07-2025" }),
} as const satisfies Readonly<Record<string, () => ChatModel>>;
type Way = keyof typeof MODELS;

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1);
const PDF = Buffer.from("%PDF-1.7\n");
const WAV = Buffer.from("RIFF\x04\0\0\0WAVEfmt ");
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const png = `data:image/png;base64,${base64(PNG)}`;
const pdf = `data:application/pdf;base64,${base64(PDF)}`;
const csv = `data:text/csv;base64,${base64(Buffer.from("a,b\n"))}`;
const address = "https://example.com/a";

const path = (name: string, content: Uint8Array | string): string => {
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
};

const KINDS = {
  "image by path": () => ({ type: "image", path: path("a.png", PNG), detail: "high" }),
  "image by bytes": () => ({ type: "image", data: PNG }),
  "image by URL": () => ({ type: "image", url: address }),
  "image by data URL": () => ({ type: "image", url: png }),
  "PDF by path": () => ({ type: "file", path: path("a.pdf", PDF) }),
  "text file by path": () => ({ type: "file", path: path("a.csv", "a,b\n") }),
  "file by data URL": () => ({ type: "file", url: pdf, filename: "a.pdf" }),
  "file by URL": () => ({ type: "file", url: address }),
  "file by id": () => ({ type: "file", fileId: fileIds[0] ?? "" }),
  "audio by path": () => ({ type: "audio", path: path("a.wav", WAV) }),
} as const satisfies Readonly<Record<string, () => InputPart>>;
type Kind = keyof typeof KINDS;

const chatImage = (url: string, more: object = {}) => ({ type: "image_url", image_url: { url, ...more } });
const chatFile = (filename: string, file_data: string) => ({ type: "file", file: { filename, file_data } });
const inputImage = (image_url: string, more: object = {}) => ({ type: "input_image", image_url, ...more });
const inputFile = (filename: string, file_data: string) => ({ type: "input_file", filename, file_data });
const image = (url: string, more: object = {}) => ({ type: "IMAGE", imageUrl: { url, ...more } });
const imageV2 = (url: string, more: object = {}) => ({ type: "IMAGE_URL", imageUrl: { url, ...more } });
const document = (url: string) => ({ type: "DOCUMENT", documentUrl: { url } });

/** What the part is on the wire, or what the error and its hint say. */
type Cell = object | readonly [message: string, hint: string];

const RESPONSES_CELLS = {
  "image by path": inputImage(png, { detail: "high" }),
  "image by bytes": inputImage(png),
  "image by URL": inputImage(address),
  "image by data URL": inputImage(png),
  "PDF by path": inputFile("a.pdf", pdf),
  "text file by path": inputFile("a.csv", csv),
  "file by data URL": inputFile("a.pdf", pdf),
  "file by URL": { type: "input_file", file_url: address },
} as const;

const GEMINI_ONLY = "File ids are taken by Gemini models on the Responses API. Send the bytes";
const TEXT_ONLY = "Send its text, or use a model that reads files.";
const V2_FILES = ["takes no files as data", "Send a file of text."] as const;
const HEARS = "Use a model that hears audio, or put it in words.";

const TABLE: Readonly<Record<Way, Readonly<Record<Kind, Cell>>>> = {
  "chat completions": {
    "image by path": chatImage(png, { detail: "high" }),
    "image by bytes": chatImage(png),
    "image by URL": chatImage(address),
    "image by data URL": chatImage(png),
    "PDF by path": chatFile("a.pdf", pdf),
    "text file by path": chatFile("a.csv", csv),
    "file by data URL": chatFile("a.pdf", pdf),
    "file by URL": ["takes no files by URL", "Files by URL are taken by the Responses API. Send the bytes."],
    "file by id": ["takes no files by id", `${GEMINI_ONLY}.`],
    "audio by path": { type: "input_audio", input_audio: { data: base64(WAV), format: "wav" } },
  },
  responses: {
    ...RESPONSES_CELLS,
    "file by id": ["takes no files by id", `${GEMINI_ONLY}, or a URL.`],
    "audio by path": ["takes no audio", HEARS],
  },
  "responses, Gemini": {
    ...RESPONSES_CELLS,
    "file by id": { type: "input_file", file_id: "file-1" },
    "audio by path": { type: "input_audio", input_audio: { data: base64(WAV), format: "wav" } },
  },
  "native GENERIC": {
    "image by path": image(png, { detail: "HIGH" }),
    "image by bytes": image(png),
    "image by URL": image(address),
    "image by data URL": image(png),
    "PDF by path": document(pdf),
    "text file by path": document(csv),
    "file by data URL": document(pdf),
    "file by URL": document(address),
    "file by id": ["takes no files by id", `${GEMINI_ONLY}, or a URL.`],
    "audio by path": { type: "AUDIO", audioUrl: { url: `data:audio/wav;base64,${base64(WAV)}` } },
  },
  "native COHERE": {
    "image by path": ["takes no images", "The format COHEREV2 takes images"],
    "image by bytes": ["takes no images", "The format COHEREV2 takes images"],
    "image by URL": ["takes no images", "The format COHEREV2 takes images"],
    "image by data URL": ["takes no images", "The format COHEREV2 takes images"],
    "PDF by path": ["takes no files as data", TEXT_ONLY],
    "text file by path": ["takes no files as data", TEXT_ONLY],
    "file by data URL": ["takes no files as data", TEXT_ONLY],
    "file by URL": ["takes no files by URL", TEXT_ONLY],
    "file by id": ["takes no files by id", TEXT_ONLY],
    "audio by path": ["takes no audio", HEARS],
  },
  "native COHEREV2": {
    "image by path": imageV2(png, { detail: "HIGH" }),
    "image by bytes": imageV2(png),
    "image by URL": imageV2(address),
    "image by data URL": imageV2(png),
    "PDF by path": V2_FILES,
    "text file by path": {
      type: "DOCUMENT",
      document: { id: "a.csv", data: { title: "a.csv", snippet: "a,b\n" } },
    },
    "file by data URL": V2_FILES,
    "file by URL": ["takes no files by URL", "Send a file of text."],
    "file by id": ["takes no files by id", "Send a file of text."],
    "audio by path": ["takes no audio", HEARS],
  },
};

/** Everything of the last request that a user sent, whichever the transport calls it. */
function sentParts(): readonly unknown[] {
  const body = cloud.emulator.requests.at(-1)?.body;
  const request = isRecord(body) && isRecord(body.chatRequest) ? body.chatRequest : body;
  const list = isRecord(request) ? (request.messages ?? request.input) : undefined;
  const messages: readonly unknown[] = Array.isArray(list) ? list : [];
  return messages.flatMap((message: unknown) => {
    if (!isRecord(message) || !/^user$/i.test(String(message.role))) return [];
    return Array.isArray(message.content) ? message.content : [];
  });
}

describe.each(Object.keys(MODELS) as Way[])("%s", (way) => {
  describe.each([false, true])("streamed: %s", (streamed) => {
    test.each(Object.keys(KINDS) as Kind[])("%s", async (kind) => {
      cloud.emulator.script({ text: "Seen." });
      if (way === "responses, Gemini" && kind === "file by id") await uploadFiles(1);
      const agent = new Agent({ model: MODELS[way]() });
      const input: AgentInput = ["What is it?", KINDS[kind]()];
      const run = () => (streamed ? agent.stream(input).result : agent.run(input));
      const cell = TABLE[way][kind];
      if (!Array.isArray(cell)) {
        expect((await run()).text).toBe("Seen.");
        const sent = JSON.stringify(sentParts()[1]).replace(fileIds[0] ?? "", "file-1");
        expect(JSON.parse(sent)).toEqual(cell);
        return;
      }
      const error: unknown = await run().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InvalidRequestError);
      expect(error).toMatchObject({
        code: "unsupported_input",
        retryable: false,
        message: expect.stringContaining(`${cell[0]}, and part 2 of the user's message is`),
        hint: expect.stringContaining(cell[1]),
      });
      expect(cloud.emulator.requests).toEqual([]);
    });
  });
});

test("a thread whose input was refused goes on without it, with whatever is said next", async () => {
  cloud.emulator.script({ text: "Hello." }, { text: "Fine." });
  const agent = new Agent({ model: MODELS["native COHERE"]() });
  const thread = { threadId: "refused" };
  await agent.run("Hello.", thread);
  const refused: unknown = await agent
    .run(["Look.", { type: "image", data: PNG }], thread)
    .catch((error) => error);
  expect(refused).toMatchObject({ code: "unsupported_input", result: { stopReason: "error" } });
  const { text, messages } = await agent.run("It is a cat.", thread);
  expect(text).toBe("Fine.");
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
  expect(JSON.stringify(cloud.emulator.requests.at(-1)?.body)).not.toContain("Look.");
});

const older = (part: UserPart): ModelRequest => ({
  messages: [userMessage([part]), assistantMessage("Seen."), userMessage("And now?")],
});

describe("what another model was told before", () => {
  test.each<[Way, UserPart, RegExp]>([
    ["chat completions", { type: "file", fileId: "file-1" }, /no file by id/],
    ["chat completions", { type: "file", url: address }, /no file by URL/],
    ["responses", { type: "file", fileId: "file-1" }, /no file by id/],
    ["responses", { type: "audio", data: "AAAA", format: "wav" }, /no audio/],
    ["native GENERIC", { type: "file", fileId: "file-1" }, /no uploaded files/],
    ["native COHERE", { type: "image", url: address }, /no image input/],
    ["native COHEREV2", { type: "audio", data: "AAAA", format: "wav" }, /no audio/],
  ])("is left out on %s with a warning: %j", async (way, part, warning) => {
    cloud.emulator.script({ text: "Fine." });
    const { warnings } = await MODELS[way]().complete(older(part));
    expect(warnings?.join("\n")).toMatch(warning);
    expect(JSON.stringify(cloud.emulator.requests[0]?.body)).not.toMatch(/file_id|input_audio|file_url/);
  });
});

describe("how much one request may carry", () => {
  const ids = (count: number): readonly UserPart[] =>
    Array.from({ length: count }, (_, index) => ({
      type: "file",
      fileId: fileIds[index] ?? `file-${index}`,
    }));

  test("is ten files by id, and is told before anything is sent", async () => {
    cloud.emulator.script({ text: "Ten." });
    await uploadFiles(10);
    const model = MODELS["responses, Gemini"]();
    await model.complete({ messages: [userMessage(ids(10))] });
    await expect(model.complete({ messages: [userMessage(ids(11))] })).rejects.toMatchObject({
      code: "unsupported_input",
      message: expect.stringContaining("at most 10 files by id in one request, and this one has 11"),
    });
    expect(cloud.emulator.requests.filter(({ path }) => path.endsWith("/responses"))).toHaveLength(1);
  });

  test("is counted over all that is sent: with history: client also what was said before", async () => {
    const messages = [userMessage(ids(6)), assistantMessage("Six."), userMessage(ids(5))];
    const model = responses("google.gemini-2.5-pro", { history: "client" });
    await expect(model.complete({ messages })).rejects.toThrow("this one has 11");
    expect(cloud.emulator.requests).toEqual([]);
  });

  test("is 50 MB of files, data URLs among them", async () => {
    const half = Buffer.alloc(26 * 1024 * 1024).toString("base64");
    const request: ModelRequest = {
      messages: [
        userMessage([
          { type: "file", data: half, mediaType: "application/pdf" },
          { type: "file", url: `data:application/pdf;base64,${half}` },
        ]),
      ],
    };
    await expect(MODELS["responses, Gemini"]().complete(request)).rejects.toMatchObject({
      code: "unsupported_input",
      message: expect.stringContaining(
        "at most 50 MB (52,428,800 bytes) of files in one request, and this one has 52 MB",
      ),
    });
    expect(cloud.emulator.requests).toEqual([]);
  });
});

test("bytes come out of the wire as they went into a part, on every transport that takes them", async () => {
  /** The data URL, or the document's text, that a part on the wire is or holds. */
  const bytesIn = (part: unknown): Uint8Array => {
    const text = JSON.stringify(part);
    const found = /data:[\w./+-]+;base64,([\w+/=]*)/.exec(text)?.[1];
    return Uint8Array.from(Buffer.from(found ?? "", "base64"));
  };
  const ways = ["chat completions", "responses", "native GENERIC", "native COHEREV2"] as const;
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...ways), async (tail, way) => {
      const bytes = Uint8Array.from([...PNG, ...tail]);
      cloud.emulator.reset();
      cloud.emulator.script({ text: "Seen." });
      await new Agent({ model: MODELS[way]() }).run([{ type: "image", data: bytes }]);
      expect(bytesIn(sentParts()[0])).toEqual(bytes);
    }),
    { numRuns: 25 },
  );
});

describe("reasoning", () => {
  const settings = { reasoning: { effort: "low", summary: "auto" } } as const;
  const NO_SUMMARY = /no reasoning summaries/;
  const reasoner = () => new OCIModel({ ...options(), model: "cohere.command-a-reasoning-08-2025" });

  test.each<[string, () => ChatModel, JsonObject, readonly RegExp[]]>([
    ["chat completions", MODELS["chat completions"], { reasoning_effort: "low" }, [NO_SUMMARY]],
    ["responses", MODELS.responses, { reasoning: { effort: "low", summary: "auto" } }, []],
    ["native GENERIC", MODELS["native GENERIC"], { reasoningEffort: "LOW" }, [NO_SUMMARY]],
    ["native COHEREV2", reasoner, { thinking: { type: "ENABLED" } }, [NO_SUMMARY, /no levels of thinking/]],
    ["native COHERE", MODELS["native COHERE"], {}, [/has no reasoning/]],
  ])(
    "is asked for on %s by its own name, and what it has not is told in the event",
    async (_, make, sent, told) => {
      cloud.emulator.script({ reasoning: "Hmm.", text: "Done." });
      const warnings: string[] = [];
      const agent = new Agent({ model: make(), settings });
      agent.on("model_complete", (event) => warnings.push(...(event.warnings ?? [])));
      await agent.run("Think.");
      const body = cloud.emulator.requests[0]?.body;
      expect(isRecord(body) && isRecord(body.chatRequest) ? body.chatRequest : body).toMatchObject(sent);
      expect(warnings).toEqual(told.map((one) => expect.stringMatching(one)));
    },
  );

  const LIST = "Unsupported value: 'xhigh'. Supported values are: 'low', 'medium', and 'high'.";
  test.each<[string, () => ChatModel, JsonObject]>([
    [
      "chat completions",
      MODELS["chat completions"],
      { error: { message: LIST, param: "reasoning_effort", code: "unsupported_value" } },
    ],
    [
      "responses",
      MODELS.responses,
      { error: { message: LIST, param: "reasoning.effort", code: "unsupported_value" } },
    ],
    ["native GENERIC", MODELS["native GENERIC"], { code: "400", message: `reasoningEffort: ${LIST}` }],
  ])(
    "of an effort that the API refuses on %s is its error, with those it takes, and is not left out",
    async (_, make, body) => {
      cloud.emulator.script({ status: 400, body }, { text: "never" });
      const agent = new Agent({ model: make(), settings: { reasoning: { effort: "xhigh" } } });
      const error: unknown = await agent.run("Think.").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InvalidRequestError);
      expect(String(error)).toContain("Supported values are: 'low', 'medium', and 'high'");
      expect(cloud.emulator.requests).toHaveLength(1);
    },
  );

  test("of an effort that the native API does not have is its highest, and those it has are told", async () => {
    cloud.emulator.script({ text: "Done." });
    const { warnings } = await MODELS["native GENERIC"]().complete({
      messages: [userMessage("Think.")],
      settings: { reasoning: { effort: "xhigh" } },
    });
    expect(warnings).toEqual([
      expect.stringContaining('only none, minimal, low, medium, high: "high" was sent'),
    ]);
  });

  test("comes as a summary on the Responses API, as it is written and in the message", async () => {
    cloud.emulator.script({ reasoning: ["First this. ", "Then that."], text: "Done." });
    const stream = new Agent({ model: MODELS.responses(), settings }).stream("Think.");
    let thought = "";
    for await (const event of stream) {
      if (event.type === "model_chunk" && event.kind === "reasoning") thought += event.text;
    }
    expect(thought).toBe("First this. Then that.");
    const { messages } = await stream.result;
    expect(messages.at(-1)?.content).toContainEqual(
      expect.objectContaining({ type: "reasoning", text: "First this. Then that." }),
    );
  });
});

describe("rawOutput", () => {
  test.each([false, true])("puts the items as they came on the event, streamed: %s", async (streamed) => {
    cloud.emulator.script({ reasoning: "Hmm.", text: "Done." });
    const settings = { reasoning: { summary: "auto" } } as const;
    const agent = new Agent({ model: responses("openai.gpt-5.2", { rawOutput: true }), settings });
    const raw: unknown[] = [];
    agent.on("model_complete", ({ rawOutput }) => raw.push(rawOutput));
    const { messages } = await (streamed ? agent.stream("Think.").result : agent.run("Think."));
    expect(raw).toEqual([
      [
        expect.objectContaining({ type: "reasoning", summary: [{ type: "summary_text", text: "Hmm." }] }),
        expect.objectContaining({ type: "message", role: "assistant", status: "completed" }),
      ],
    ]);
    expect(JSON.stringify(messages)).not.toContain("rawOutput");
  });

  test("is off unless it is asked for, and takes true or false", async () => {
    cloud.emulator.script({ text: "Done." });
    const response = await MODELS.responses().complete({ messages: [userMessage("Hi")] });
    expect(response).not.toHaveProperty("rawOutput");
    expect(() => responses("openai.gpt-5.2", { rawOutput: "yes" })).toThrow("expected true or false");
  });
});
