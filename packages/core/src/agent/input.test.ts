import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryCheckpointer } from "../checkpoint/memory.ts";
import { ConfigurationError } from "../errors/errors.ts";
import type { AgentInput, InputPart } from "../messages/input.ts";
import type { Message, UserPart } from "../messages/types.ts";
import { ScriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";
import { readInput } from "./input.ts";

const read = (input: unknown): Promise<readonly Message[]> => readInput(input as AgentInput)();
const partsOf = async (...parts: readonly (string | InputPart)[]): Promise<readonly unknown[]> => {
  const [message] = await read(parts);
  return Array.isArray(message?.content) ? message.content : [];
};
const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64");

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2);
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0);
const WEBP = Buffer.from("RIFF\x04\0\0\0WEBPVP8 ");
const WAV = Buffer.from("RIFF\x04\0\0\0WAVEfmt ");
const PDF = Buffer.from("%PDF-1.7\n");
const ZIP = Uint8Array.of(0x50, 0x4b, 3, 4, 0);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "locus-input-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const file = (name: string, content: Uint8Array | string): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

describe("an input", () => {
  it("is text, content parts or messages", async () => {
    const parts = [{ type: "text", text: "Look." }];
    expect(await read("Hello.")).toEqual([{ role: "user", content: "Hello." }]);
    expect(await read(parts)).toEqual([{ role: "user", content: parts }]);
    expect(await read([{ role: "user", content: parts }])).toEqual([{ role: "user", content: parts }]);
    expect(Object.isFrozen(parts) || Object.isFrozen(parts[0])).toBe(false);
  });

  it("may have strings among its parts", async () => {
    const url = "https://example.com/a.png";
    const expected = [
      { type: "text", text: "What is it?" },
      { type: "image", url, detail: "low" },
      { type: "text", text: "And this?" },
    ];
    expect(await partsOf("What is it?", { type: "image", url, detail: "low" }, "And this?")).toEqual(
      expected,
    );
    const content = ["What is it?", { type: "image", url, detail: "low" }, "And this?"];
    expect(await read([{ role: "user", content }])).toEqual([{ role: "user", content: expected }]);
  });

  it.each<[unknown, string]>([
    [[], "and not empty"],
    [undefined, "the input must be text"],
    [[{ role: "tool", callId: "c1", name: "look", content: "seen" }], "nothing but tool messages"],
    [
      [{ type: "txt", text: "hi" }],
      'not a list of content parts: [0].type: expected "text" or "image" or "file" or "audio"',
    ],
    [[{ type: "text", text: 5 }], "not a list of content parts: [0].text: Invalid input: expected string"],
    [
      [{ type: "text", text: "hi" }, null],
      "not a list of content parts: [1]: Invalid input: expected object",
    ],
    [[3], "not a list of content parts: [0]: Invalid input: expected object"],
    [
      [{ role: "user", content: [{ type: "txt", text: "hi" }] }],
      'not a conversation: [0].content[0].type: expected "text" or "image" or "file" or "audio"',
    ],
    [
      [{ role: "user", content: [{ type: "image", url: "https://example.com", detail: "big" }] }],
      'not a conversation: [0].content[0].detail: Invalid option: expected one of "auto"|"low"|"high"',
    ],
    [
      [{ role: "user", content: 3 }],
      "[0].content: Invalid input: expected string, received number, or Invalid input: expected array",
    ],
    [
      [{ role: "robot", content: "hi" }],
      'not a conversation: [0].role: expected "system" or "user" or "assistant" or "tool"',
    ],
    [
      [{ type: "image" }],
      "input[0]: an image is given by exactly one of path, data, url; here is none of them",
    ],
    [["Look.", { type: "image", path: "a.png", url: "https://x" }], "input[1]: an image is given by exactly"],
    [
      [{ type: "image", fileId: "file-1" }],
      "an image is given by exactly one of path, data, url; here is fileId",
    ],
    [
      [{ type: "audio", url: "https://x/a.mp3" }],
      "a sound is given by exactly one of path, data; here is url",
    ],
    [[{ type: "file", data: "JVBERi0", filename: "a.pdf" }], "input[0]: data is not base64"],
    [[{ type: "file", data: "JVB_Ri0=" }], "input[0]: data is not base64"],
    [[{ type: "file", data: "====" }], "input[0]: data is not base64"],
    [[{ type: "file", data: "data:application/pdf;base64,JVBE" }], "data is a data URL"],
    [[{ type: "file", data: new Uint8Array() }], "input[0]: data is empty"],
    [[{ type: "file", data: [1, 2] }], "data must be bytes (a Uint8Array) or their base64"],
    [[{ type: "file", url: "file:///etc/passwd" }], "url must be an http:, https: or data: URL, not file:"],
    [
      [{ type: "image", url: "javascript:alert(1)" }],
      "url must be an http:, https: or data: URL, not javascript:",
    ],
    [[{ type: "image", url: "./a.png" }], "url must be an http:, https: or data: URL"],
    [[{ type: "image", url: "https://" }], "url is not a URL"],
    [[{ type: "image", url: "data:image/png;base64" }], "url is a data URL without a comma"],
    [[{ type: "image", url: "data:image/png;base64," }], "url is a data URL without content"],
    [[{ type: "image", url: "data:text/html,hello" }], "url is a data URL of text/html, not of an image"],
    [[{ type: "image", url: "data:image/png;base64,*" }], "data is not base64"],
    [[{ type: "file", fileId: "" }], "input[0]: fileId must be text, and not empty"],
    [[{ type: "file", path: 5 }], "input[0]: path must be text, and not empty"],
    [[{ type: "image", data: PNG, mediaType: "png" }], '"png" is no media type of an image'],
    [[{ type: "image", data: PNG, mediaType: "text/plain" }], '"text/plain" is no media type of an image'],
    [[{ type: "file", data: PDF, filename: 5 }], "filename must be text, and not empty"],
    [[{ type: "file", data: PDF, at: new Date() }], "at must be plain JSON"],
    [
      [{ type: "image", data: "AAAA" }],
      "not an image by its bytes or its name; expected png, jpeg, gif or webp",
    ],
    [[{ type: "image", data: PDF }], "but application/pdf; expected png, jpeg, gif or webp"],
    [[{ type: "audio", data: "AAAA" }], "expected wav, mp3, flac, ogg, m4a"],
  ])("%o is refused at once, its wrong part named with what is expected of it", (input, message) => {
    expect(() => readInput(input as AgentInput)).toThrow(ConfigurationError);
    expect(() => readInput(input as AgentInput)).toThrow(message);
  });

  it("of bytes is copied when it is given", async () => {
    const bytes = Uint8Array.from(PNG);
    const load = readInput([{ type: "image", data: bytes }]);
    bytes.fill(0);
    expect(await load()).toEqual([
      { role: "user", content: [{ type: "image", data: base64(PNG), mediaType: "image/png" }] },
    ]);
  });

  it("may be bytes of any length, which come out of the part as they went in", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const [part] = (await partsOf({ type: "file", data: bytes })) as readonly UserPart[];
        const [again] = (await partsOf({ type: "file", data: base64(bytes) })) as readonly UserPart[];
        expect(again).toEqual(part);
        expect(part?.type === "file" && Uint8Array.from(Buffer.from(part.data ?? "", "base64"))).toEqual(
          bytes,
        );
      }),
    );
  });

  it("may be long base64 with line breaks in it", async () => {
    const bytes = Buffer.alloc(3_000_000, 7);
    const wrapped = base64(bytes).replaceAll(/(.{76})/g, "$1\r\n");
    const [part] = await partsOf({ type: "file", data: wrapped });
    expect(part).toMatchObject({ data: base64(bytes), mediaType: "text/plain" });
  });
});

describe("what content is", () => {
  it.each<[InputPart, object]>([
    [{ type: "image", data: JPEG }, { mediaType: "image/jpeg" }],
    [{ type: "image", data: base64(WEBP) }, { mediaType: "image/webp" }],
    [{ type: "image", data: "R0lGODlh" }, { mediaType: "image/gif" }],
    [{ type: "image", data: "AAAA", mediaType: "image/heic" }, { mediaType: "image/heic" }],
    [{ type: "file", data: PDF }, { mediaType: "application/pdf" }],
    [
      { type: "file", data: PDF, filename: "a.txt" },
      { mediaType: "application/pdf", filename: "a.txt" },
    ],
    [
      { type: "file", data: ZIP, filename: "a.docx" },
      { mediaType: expect.stringContaining("wordprocessingml") },
    ],
    [{ type: "file", data: ZIP }, { mediaType: "application/zip" }],
    [{ type: "file", data: Buffer.from("a,b\n"), filename: "a.CSV" }, { mediaType: "text/csv" }],
    [{ type: "file", data: Buffer.from("all: build"), filename: "Makefile" }, { mediaType: "text/plain" }],
    [{ type: "file", data: Uint8Array.of(0, 255, 254) }, { mediaType: "application/octet-stream" }],
    [{ type: "file", data: PDF, mediaType: "application/x-own" }, { mediaType: "application/x-own" }],
    [{ type: "audio", data: WAV }, { format: "wav" }],
    [{ type: "audio", data: Buffer.from("ID3\x04") }, { format: "mp3" }],
    [{ type: "audio", data: "AAAA", format: "pcm16" }, { format: "pcm16" }],
  ])("%o is told by the caller, else by its bytes, else by its name", async (part, told) => {
    const [read] = await partsOf(part);
    expect(read).toMatchObject(told);
    expect(JSON.parse(JSON.stringify(read))).toEqual(read);
  });
});

describe("a path", () => {
  it("is read into the part: its content, what it is, and its name", async () => {
    const parts = await partsOf(
      { type: "image", path: file("wrong-name.gif", PNG), detail: "high" },
      { type: "file", path: file("a.pdf", PDF) },
      { type: "file", path: file("b.pdf", PDF), filename: "Invoice.pdf", mediaType: "application/x-pdf" },
      { type: "audio", path: file("a.mp3", Uint8Array.of(0, 0, 1)) },
      { type: "image", path: file("odd.png", "not the usual beginning") },
    );
    expect(parts).toEqual([
      { type: "image", data: base64(PNG), mediaType: "image/png", detail: "high" },
      { type: "file", data: base64(PDF), mediaType: "application/pdf", filename: "a.pdf" },
      { type: "file", data: base64(PDF), mediaType: "application/x-pdf", filename: "Invoice.pdf" },
      { type: "audio", data: base64(Uint8Array.of(0, 0, 1)), format: "mp3" },
      { type: "image", data: base64("not the usual beginning"), mediaType: "image/png" },
    ]);
  });

  it("that cannot be used is refused, with its name and why", async () => {
    const large = file("large.pdf", PDF);
    truncateSync(large, 50 * 1024 * 1024 + 1);
    const cases: readonly (readonly [part: InputPart, message: string])[] = [
      [{ type: "file", path: join(directory, "none.pdf") }, "there is no such file"],
      [{ type: "file", path: directory }, "it is a directory"],
      [{ type: "file", path: file("empty.pdf", "") }, "it is empty"],
      [{ type: "file", path: "/dev/null" }, "it is not a regular file"],
      [
        { type: "file", path: large },
        "it has 50 MB (52,428,801 bytes), and at most 50 MB (52,428,800 bytes) are read",
      ],
      [{ type: "file", path: "file:///etc/hosts" }, "it is a file: URL, not a path"],
      [{ type: "image", path: "https://example.com/a.png" }, "it is a URL, not a path"],
      [
        { type: "image", path: file("notes.txt", "plain") },
        "but text/plain; expected png, jpeg, gif or webp",
      ],
      [{ type: "image", path: file("a.xyz", "plain") }, "its name; expected png, jpeg, gif or webp"],
    ];
    for (const [part, message] of cases) {
      const failed = await read(["Look.", part]).catch((error: unknown) => error);
      expect(failed, message).toBeInstanceOf(ConfigurationError);
      expect(String(failed)).toContain(message);
      expect(String(failed)).toContain("input[1]");
      if (part.type !== "text" && part.path !== undefined) expect(String(failed)).toContain(part.path);
    }
  });

  it("is read for users only: in what a tool, a model or a store is said to have sent it is refused", async () => {
    const path = file("secret.txt", "secret");
    const called = {
      role: "assistant",
      content: [{ type: "tool_call", id: "c1", name: "look", arguments: "{}" }],
    };
    const answer = { role: "tool", callId: "c1", name: "look", content: [{ type: "file", path }] };
    expect(() => readInput([called, answer] as never)).toThrow(
      "a path is read only in what is handed to run()",
    );
    const agent = new Agent({
      model: new ScriptedModel([{ toolCalls: [{ name: "look", arguments: {} }] }, { text: "Done." }]),
      tools: [
        tool({
          name: "look",
          description: "Looks.",
          parameters: {},
          execute: () => [{ type: "file", path }],
        }),
      ],
    });
    const { messages } = await agent.run("Look.");
    expect(JSON.stringify(messages)).not.toContain(base64("secret"));
  });
});

describe("a run", () => {
  it("whose input has a path keeps what was in it, and goes on when the file is gone", async () => {
    const path = file("gone.png", PNG);
    const checkpointer = new MemoryCheckpointer();
    const ask = tool({
      name: "ask",
      description: "Asks.",
      parameters: {},
      execute: (_args, ctx) => ctx.interrupt({ question: "Go on?" }),
    });
    const model = new ScriptedModel([{ toolCalls: [{ name: "ask", arguments: {} }] }, { text: "Done." }]);
    const agent = new Agent({ model, tools: [ask], checkpointer });
    const asked = await agent.run(["What is it?", { type: "image", path }], { threadId: "t1" });
    rmSync(path);
    const [question] = asked.interrupts;
    const later = new Agent({ model, tools: [ask], checkpointer });
    const done = await later.resume("t1", { [question?.interruptId ?? ""]: "yes" });
    expect(done).toMatchObject({ text: "Done.", stopReason: "complete" });
    const content = [
      { type: "text", text: "What is it?" },
      { type: "image", data: base64(PNG), mediaType: "image/png" },
    ];
    expect(done.messages[0]).toEqual({ role: "user", content });
    for await (const event of checkpointer.events("t1")) {
      if (event.type === "run_start") expect(event.input).toEqual([{ role: "user", content }]);
    }
  });

  it("whose path cannot be read never begins, and is told to who watches", async () => {
    const model = new ScriptedModel([{ text: "never" }]);
    const agent = new Agent({ model });
    const stream = agent.stream([{ type: "file", path: join(directory, "none.pdf") }], { threadId: "t1" });
    const seen: string[] = [];
    await expect(async () => {
      for await (const event of stream) seen.push(event.type);
    }).rejects.toThrow("there is no such file");
    expect(seen).toEqual(["terminate"]);
    expect(model.requests).toEqual([]);
  });
});

it("of impossible forms does not compile", () => {
  const inputs: readonly AgentInput[] = [
    ["text", { type: "image", path: "a.png" }, { type: "file", fileId: "file-1" }],
    [{ role: "user", content: ["text", { type: "audio", data: new Uint8Array(), format: "wav" }] }],
    // @ts-expect-error an image has one source
    [{ type: "image", path: "a.png", url: "https://example.com/a.png" }],
    // @ts-expect-error and at least one
    ["text", { type: "image" }],
    // @ts-expect-error a sound has no address
    [{ type: "audio", url: "https://example.com/a.mp3" }],
    // @ts-expect-error what a tool sent is never read from this machine
    [{ role: "tool", callId: "c", name: "n", content: [{ type: "image", path: "a.png" }] }],
  ];
  const stored: readonly UserPart[] = [{ type: "image", url: "https://example.com/a.png" }];
  expect([...inputs, stored]).toHaveLength(7);
});
