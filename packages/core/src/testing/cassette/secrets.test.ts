import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../../agent/agent.ts";
import { ServerError } from "../../errors/errors.ts";
import { toJson } from "../../json/json.ts";
import { userMessage } from "../../messages/messages.ts";
import type { ChatModel, ModelRequest } from "../../model/types.ts";
import { tool } from "../../tool/tool.ts";
import { collectParts } from "../chat-model-backend.ts";
import { ScriptedModel } from "../scripted-model.ts";
import { recordModel } from "./record.ts";
import { replayModel } from "./replay.ts";
import { scrubber } from "./scrub.ts";

let directory: string;
let count = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "locus-cassettes-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));
const newFile = (): string => join(directory, `${++count}.jsonl`);

const CANARY = "c4naryC4NARYc4nary0123456789";
const png = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 37) % 256)).toString("base64");

describe("a cassette's secrets", () => {
  it("are nowhere in the file, wherever they came from, and it still answers", async () => {
    const file = newFile();
    const request: ModelRequest = {
      messages: [
        { role: "system", content: `Authorization: Bearer ${CANARY}` },
        userMessage(`my api_key=${CANARY} and https://ada:${CANARY}@example.com/x`),
        {
          role: "assistant",
          content: [
            { type: "tool_call", id: "c1", name: "login", arguments: `{"password":"${CANARY}","n":1}` },
          ],
        },
        { role: "tool", callId: "c1", name: "login", content: `{"access_token": "${CANARY}"}` },
      ],
      tools: [
        {
          name: "login",
          description: `sk-${CANARY}`,
          parameters: { type: "object", properties: { password: { type: "string" } } },
        },
      ],
      settings: { extraBody: { headers: { Authorization: CANARY, "x-api-key": CANARY } } },
      providerState: { provider: "scripted", modelId: "scripted", data: { clientSecret: CANARY } },
    };
    const script = [
      {
        text: `take ghp_${CANARY} and go`,
        toolCalls: [{ name: "login", arguments: { secret: CANARY } }],
        warnings: [`pwd: ${CANARY}`],
      },
      { text: "whole", error: new ServerError(`failed with Bearer ${CANARY}`, { hint: `sk-${CANARY}` }) },
    ];
    const recording = recordModel(new ScriptedModel(script, { chunkSize: 5 }), file);
    const whole = { ...request, settings: {} };
    await collectParts(recording.stream(request));
    await recording.complete(whole).catch(() => undefined);
    expect(await readFile(file, "utf8")).not.toContain(CANARY);

    const model = replayModel(file);
    const parts = await collectParts(model.stream(request));
    const streamed = parts.map((part) => (part.type === "text_delta" ? part.text : "")).join("");
    expect(streamed).toBe("take [redacted key] and go");
    expect(parts.at(-1)).toMatchObject({
      response: {
        message: {
          content: [{ text: "take [redacted key] and go" }, { arguments: '{"secret":"[redacted]"}' }],
        },
      },
    });
    await expect(model.complete(whole)).rejects.toThrow("failed with [redacted credentials]");
    model.assertDone();
  });

  it("are not in its deltas either, joined", async () => {
    const file = newFile();
    const recording = recordModel(new ScriptedModel([`key: sk-${CANARY}.`], { chunkSize: 4 }), file);
    await collectParts(recording.stream({ messages: [] }));
    const { parts } = z
      .object({ parts: z.array(z.looseObject({ text: z.string().optional() })) })
      .parse(JSON.parse((await readFile(file, "utf8")).split("\n")[1] ?? ""));
    expect(parts.map(({ text = "" }) => text).join("")).toBe("key: [redacted key].");
  });

  it("that only their owner knows are taken out by scrub, and what it leaves still matches", async () => {
    const file = newFile();
    const scrub = (text: string): string => text.replaceAll(/[\w.]+@example\.com/g, "someone");
    const lookup = tool({
      name: "lookup",
      description: "Finds a person.",
      parameters: z.object({ mail: z.string() }),
      execute: ({ mail }) => ({ [mail]: "found" }),
    });
    const agentWith = (model: ChatModel): Agent => new Agent({ model, tools: [lookup] });
    const script = [
      { toolCalls: [{ name: "lookup", arguments: { mail: "ada@example.com" } }] },
      "It is ada@example.com.",
    ];
    await agentWith(recordModel(new ScriptedModel(script), file, { scrub })).run("Who is ada@example.com?");
    expect(await readFile(file, "utf8")).not.toContain("ada@");
    const model = replayModel(file, { scrub });
    const { text } = await agentWith(model).run("Who is ada@example.com?");
    expect(text).toBe("It is someone.");
    model.assertDone();
  });

  it("cannot be scrubbed by what never comes to an end", () => {
    const model = recordModel(new ScriptedModel(["hi"]), newFile(), { scrub: (text) => `${text}!` });
    return expect(model.complete({ messages: [userMessage("a")] })).rejects.toThrow(
      "scrub does not come to an end",
    );
  });
});

describe("scrubbing", () => {
  const { json, text } = scrubber();
  const pieces = fc.constantFrom(
    "password",
    "secret",
    "=",
    ": ",
    '"',
    "Bearer ",
    "?token=",
    "/p/",
    "/n/a/b/",
    "abcdefgh12345678",
    "{",
    "}",
    ",",
  );
  const hostile = fc
    .array(fc.oneof(pieces, fc.string({ maxLength: 4 })), { maxLength: 12 })
    .map((all) => all.join(""));

  it("finds nothing in what it has scrubbed", () => {
    fc.assert(
      fc.property(hostile, (given) => {
        expect(text(text(given))).toBe(text(given));
      }),
    );
  });

  it.each(
    `token id_token idToken authToken auth_token accessKey secretAccessKey aws_secret_access_key secret_key secretKey bearer
     csrfToken api_token apiToken bot_token credentials pw otp sessionId delegationToken x-auth-token connectionString
     db_password dbPassword userPassword DBPassword webhookSecret signing_secret jwt openai_api_key OPENAI_API_KEY apikey
     authtoken dbpassword password2 privateKeyPem SecretString Set-Cookie Proxy-Authorization access_token x-api-key
     _authToken smtp_pass JSESSIONID client-secret passPhrase recoveryCodes`.split(/\s+/),
  )("takes out what is called %s, in text that is JSON too, and each of a list", (name) => {
    const [given, clean] = ["plain value", "[redacted]"];
    expect(json({ [name]: given })).toEqual({ [name]: clean });
    expect(text(JSON.stringify({ a: { [name]: given } }))).toBe(JSON.stringify({ a: { [name]: clean } }));
    expect(json({ [name]: [given, given] })).toEqual({ [name]: [clean, clean] });
    expect(json([{ name, value: given }])).toEqual([{ name, value: clean }]);
  });

  it.each([
    ["inputTokens", 12],
    ["maxTokens", 4096],
    ["completion_tokens", 3],
    ["tokens", 7],
    ["token", 17],
    ["tokenCount", "12"],
    ["token_type", "Bearer"],
    ["nextPageToken", "CAUQAA"],
    ["next_token", "abc"],
    ["eos_token", "</s>"],
    ["hasPassword", true],
    ["password", ""],
    ["passwordPolicy", "at least 12 letters"],
    ["publicKey", "ssh-ed25519 AAAA"],
    ["primary_key", "id"],
    ["cacheKey", "k1"],
    ["key", "C major"],
    ["compass", "north"],
    ["pass", "yes"],
    ["author", "Ada"],
    ["keywords", ["secret", "token"]],
    ["secretary", "Bob"],
    ["cookieBanner", "shown"],
  ])("leaves %s alone where it is %j", (name, value) => {
    expect(json({ [name]: value })).toEqual({ [name]: value });
  });

  it.each([
    [
      "https://objectstorage.us-ashburn-1.oraclecloud.com/p/abcdefghijkLMNOP_qrstuvwxyz-12345/n/ns/b/bkt/o/x",
      "https://objectstorage.us-ashburn-1.oraclecloud.com/p/[redacted]/n/ns/b/bkt/o/x",
    ],
    [
      "see https://s3.example.com/x?X-Amz-Expires=60&X-Amz-Signature=0a1b2c&page=2.",
      "see https://s3.example.com/x?X-Amz-Expires=60&X-Amz-Signature=[redacted]&page=2.",
    ],
    ["https://a.example/?sig=zz%2F&se=2030#top", "https://a.example/?sig=[redacted]&se=2030#top"],
    ["https://a.example/?token=abc&pageToken=2", "https://a.example/?token=[redacted]&pageToken=2"],
    ["https://a.example/p/a-page-about-nothing/n/", "https://a.example/p/a-page-about-nothing/n/"],
  ])("takes out what an address lets in by: %s", (given, clean) => {
    expect(text(given)).toBe(clean);
    expect(text(clean)).toBe(clean);
    expect(json({ url: given })).toEqual({ url: clean });
  });

  it("takes out every one of several secrets, and leaves what a schema says of them", () => {
    expect(json({ credentials: { user: "ada", keys: ["a", 1], on: true } })).toEqual({
      credentials: { user: "[redacted]", keys: ["[redacted]", "[redacted]"], on: true },
    });
    const schema = toJson({ properties: { secrets: { type: "object", description: "All of them." } } });
    expect(json(schema)).toEqual(schema);
  });

  it("leaves JSON text to be JSON, and a schema's members to be members", () => {
    fc.assert(
      fc.property(fc.dictionary(pieces, fc.oneof(hostile, fc.nat(), fc.boolean())), (given) => {
        expect(() => JSON.parse(text(JSON.stringify(given)))).not.toThrow();
      }),
    );
    const schema = toJson({ properties: { password: { type: "string" } }, required: ["password"] });
    expect(json(schema)).toEqual(schema);
    expect(text('{"pwd":1234}')).toBe('{"pwd":"[redacted]"}');
    expect(text('{ "a" : 1 }')).toBe('{ "a" : 1 }');
    expect(text('{"a":"sk-abcdefghijklmnop","a":1}')).toBe('{"a":1}');
  });

  it("keeps members apart whose names it makes the same", () => {
    const { json: own } = scrubber((given) => given.replace(/\d/, "#"));
    expect(own({ a1: "x", a2: "y" })).toEqual({ "a#": "x", "a# (2)": "y" });
  });
});

describe("images and files in requests", () => {
  const withImage = (data: string): ModelRequest => ({
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What is it?" },
          { type: "image", data, mediaType: "image/png" },
          { type: "file", url: `data:application/pdf;base64,${data}` },
        ],
      },
    ],
  });

  it("are kept as digests, by which they are told apart", async () => {
    const file = newFile();
    await recordModel(new ScriptedModel(["a cat"]), file).complete(withImage(png));
    const written = await readFile(file, "utf8");
    expect(written).not.toContain(png.slice(0, 40));
    expect(written).toMatch(/"data":\{"sha256":"[0-9a-f]{64}","bytes":3000\}/);
    expect(written).toMatch(/"url":\{"mediaType":"application\/pdf","sha256":"[0-9a-f]{64}","bytes":3000\}/);
    const model = replayModel(file);
    await expect(model.complete(withImage(`${png.slice(0, -8)}AAAAAAAA`))).rejects.toThrow(
      /messages\[0\]\.content\[1\]\.data\.sha256: recorded/,
    );
    await model.complete(withImage(png));
  });

  it("and other long data too, while an answer keeps what it is replayed with", async () => {
    const file = newFile();
    const image = { type: "provider" as const, provider: "p", item: { type: "image", result: png } };
    const recording = recordModel(new ScriptedModel([{ content: [image] }, "seen"]), file);
    const { message } = await recording.complete({ messages: [] });
    await recording.complete({ messages: [message] });
    const [, first = "", second = ""] = (await readFile(file, "utf8")).split("\n");
    expect([first.includes(png), second.includes(png)]).toEqual([true, false]);
    const model = replayModel(file);
    const replayed = await model.complete({ messages: [] });
    expect(replayed.message).toEqual(message);
    await model.complete({ messages: [replayed.message] });
    model.assertDone();
  });
});
