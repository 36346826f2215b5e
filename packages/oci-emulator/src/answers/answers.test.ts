// Scripts and upstreams as sources of answers.
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import path from "node:path";
import type { models } from "oci-generativeaiinference";
import { afterAll, describe, expect, it } from "vitest";
import {
  collect,
  model,
  openaiClient,
  say,
  started,
  temporaryDirectory,
  testConfig,
} from "../../test/support/client.ts";
import { nativeClient, onDemand } from "../../test/support/native.ts";
import { EmulatorError, offline, readScript, scripted, startOciEmulator, upstream } from "../index.ts";

const config = await testConfig();
afterAll(() => config[Symbol.asyncDispose]());

const ask = async (
  session: Awaited<ReturnType<typeof started>>,
  prompt = "Hi",
): Promise<string | null | undefined> =>
  (await session.client.chat.completions.create({ model, messages: say(prompt) })).choices[0]?.message
    .content;

describe("a script", () => {
  it("is played in order, and functions see the request", async () => {
    await using session = await started(config, {
      answers: scripted([
        { text: "first", times: 2 },
        (question) => ({ text: `${question.model} asked ${question.messages.at(-1)?.text}` }),
      ]),
    });
    expect([await ask(session), await ask(session), await ask(session, "why?")]).toEqual([
      "first",
      "first",
      `${model} asked why?`,
    ]);
  });

  it("that is over says so instead of inventing answers", async () => {
    await using session = await started(config, { answers: scripted([{ text: "only" }]) });
    await ask(session);
    await expect(ask(session)).rejects.toMatchObject({ status: 400, code: "ScriptExhausted" });
  });

  it("can start again, or hand over to another source", async () => {
    await using looping = await started(config, {
      answers: scripted([{ text: "a" }, { text: "b" }], { afterwards: "loop" }),
    });
    expect([await ask(looping), await ask(looping), await ask(looping)]).toEqual(["a", "b", "a"]);
    await using handing = await started(config, {
      answers: scripted([{ text: "a" }], { afterwards: offline() }),
    });
    expect([await ask(handing), await ask(handing)]).toEqual([
      "a",
      expect.stringContaining("(offline emulator)"),
    ]);
  });

  it("given to a running emulator goes before its answers, and reset() forgets it", async () => {
    await using session = await started(config, { answers: scripted([{ text: "base" }]) });
    session.emulator.script({ text: "now" }, { text: "never" });
    expect(await ask(session)).toBe("now");
    session.emulator.reset();
    expect(session.emulator.requests).toEqual([]);
    expect(session.emulator.generations).toBe(0);
    expect(await ask(session)).toBe("base");
  });

  it("whose function throws answers 500 and tells the journal", async () => {
    await using session = await started(config, {
      answers: scripted([
        () => {
          throw new Error("no such scene");
        },
      ]),
    });
    await expect(ask(session)).rejects.toMatchObject({ status: 500, code: "EmulatorFailure" });
    expect(session.emulator.requests[0]).toMatchObject({
      status: 500,
      refusal: "no such scene",
      charged: false,
    });
  });

  it("delays its answer by as much as it says", async () => {
    await using session = await started(config, { answers: scripted([{ text: "late", delayMs: 30 }]) });
    await ask(session);
    await session.emulator.idle();
    expect(session.emulator.requests[0]?.durationMs).toBeGreaterThanOrEqual(29);
  });
});

describe("a script file", () => {
  const read = async (value: unknown): Promise<unknown> => {
    await using directory = await temporaryDirectory();
    const file = path.join(directory.path, "script.json");
    await writeFile(file, typeof value === "string" ? value : JSON.stringify(value));
    // Awaited here: the directory is gone once this function has returned.
    return await readScript(file);
  };

  it("holds turns as plain data", async () => {
    const turns = [
      {
        text: ["a", "b"],
        wire: { lineEnding: "crlf", writes: 3 },
        faults: [{ type: "reset", after: 2, midEvent: true }],
      },
      { toolCalls: [{ name: "f", arguments: { x: 1 } }], toolDeltas: "re-announced", times: 2 },
      { error: "TooManyRequests" },
      {
        refusal: "No.",
        hosted: [{ type: "mcp_call", name: "search" }],
        annotations: [{ type: "file_citation" }],
        failure: { code: "server_error", message: "Down." },
        wire: { sequence: "shuffled" },
      },
    ];
    expect(await read(turns)).toEqual(turns);
  });

  it.each([
    ["an unknown field", [{ txt: "a" }], /txt/],
    ["an unknown error", [{ error: "Nope" }], /expected one of CannotParseRequest/],
    ["a turn played never", [{ times: 0 }], /times/],
    ["no turns", [], /array/i],
    ["text that is not JSON", "[", /JSON/],
  ])("with %s is refused by name", async (_, value, reason) => {
    await expect(read(value)).rejects.toThrow(EmulatorError);
    await expect(read(value)).rejects.toThrow(reason);
  });
});

describe("an upstream", () => {
  it("answers plain and streamed requests, and never sees the client's credentials", async () => {
    const seen: { headers: IncomingHttpHeaders; body: string; url: string | undefined }[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        seen.push({ headers: request.headers, body, url: request.url });
        const { stream } = JSON.parse(body);
        response.setHeader("content-type", stream ? "text/event-stream" : "application/json");
        const choice = (field: string): string =>
          JSON.stringify({
            id: "u",
            choices: [{ index: 0, [field]: { role: "assistant", content: "from upstream" } }],
          });
        response.end(stream ? `data: ${choice("delta")}\n\ndata: [DONE]\n\n` : choice("message"));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    try {
      await using session = await started(config, {
        answers: upstream(`http://127.0.0.1:${port}/v1/`, { apiKey: "local", model: "tiny" }),
        models: "any",
      });
      expect(await ask(session)).toBe("from upstream");
      const chunks = await collect(
        await session.client.chat.completions.create({ model: "any-id", messages: say("Hi"), stream: true }),
      );
      expect(chunks.map(({ choices }) => choices[0]?.delta.content)).toEqual(["from upstream"]);
      expect(session.emulator.generations).toBe(2);
      expect(seen.map(({ url }) => url)).toEqual(Array(2).fill("/v1/chat/completions"));
      for (const { headers, body } of seen) {
        expect(headers.authorization).toBe("Bearer local");
        expect(
          Object.keys(headers).filter((name) => name.startsWith("opc-") || name.startsWith("x-")),
        ).toEqual([]);
        expect(JSON.stringify(headers)).not.toContain("Signature");
        expect(JSON.parse(body)).toMatchObject({ model: "tiny", messages: say("Hi") });
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("hands its errors on, and one that is not there is a 502", async () => {
    await using back = await startOciEmulator({ trust: config.trust });
    back.script({ error: "OpenAIRateLimit" });
    const key = config.apiKey.secrets[0];
    await using front = await started(config, {
      answers: upstream(`${back.url}/openai/v1`, { apiKey: key }),
    });
    await expect(ask(front)).rejects.toMatchObject({ status: 429, code: "rate_limit_exceeded" });
    expect(await ask(front)).toContain("(offline emulator)");
    await back.close();
    await expect(ask(front)).rejects.toMatchObject({ status: 502 });
    expect(front.emulator.generations).toBe(1);
  });

  it("answers Responses and the native API although it knows chat completions only", async () => {
    await using back = await startOciEmulator({ trust: config.trust });
    await using front = await started(config, {
      answers: upstream(`${back.url}/openai/v1`, { apiKey: config.apiKey.secrets[0], model }),
    });
    const call = { id: "call_a", name: "get_weather", arguments: { city: "Oslo" } };
    const calls = [call, { ...call, id: "call_b" }];
    const looking = { text: "Looking.", reasoning: "Hm.", toolCalls: calls };
    back.script(looking, { text: "Rain." }, { text: "Snow." });
    const first = await front.client.responses.create({
      model,
      input: "Weather?",
      instructions: "Be brief.",
      tools: [{ type: "function", name: "get_weather", parameters: { type: "object" }, strict: false }],
      tool_choice: "required",
      text: { format: { type: "json_schema", name: "x", schema: { type: "object" } } },
    });
    expect(first.output.map(({ type }) => type)).toEqual([
      "reasoning",
      "message",
      "function_call",
      "function_call",
    ]);
    expect(back.requests[0]?.body).toMatchObject({
      model,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Weather?" },
      ],
      tools: [{ type: "function", function: { name: "get_weather", parameters: { type: "object" } } }],
      tool_choice: "required",
      response_format: { type: "json_schema", json_schema: { schema: { type: "object" } } },
    });
    const second = await front.client.responses.create({
      model,
      previous_response_id: first.id,
      input: calls.map(({ id }) => ({ type: "function_call_output", call_id: id, output: "rain" })),
    });
    expect(second.output_text).toBe("Rain.");
    // One message with both calls: chat completions would refuse an unanswered call in front of another message.
    expect(back.requests[1]?.body).toMatchObject({
      messages: [
        { role: "user" },
        { role: "assistant", content: "Looking.", tool_calls: [{ id: "call_a" }, { id: "call_b" }] },
        { role: "tool", tool_call_id: "call_a" },
        { role: "tool", tool_call_id: "call_b" },
      ],
    });
    const servingMode = onDemand("cohere.command-r-08-2024");
    const chatRequest: models.CohereChatRequest = { apiFormat: "COHERE", message: "Hi" };
    const { compartmentId } = config;
    const chat = nativeClient(front.emulator, config);
    expect(await chat.chat({ chatDetails: { compartmentId, servingMode, chatRequest } })).toMatchObject({
      chatResult: { chatResponse: { text: "Snow." } },
    });
    back.script({ error: "OpenAIRateLimit" });
    await expect(front.client.responses.create({ model, input: "Hi" })).rejects.toMatchObject({
      status: 429,
      code: "rate_limit_exceeded",
    });
  });

  it("that answers something else than a chat completion is a 502 to other surfaces", async () => {
    await using back = await startOciEmulator({ trust: config.trust });
    back.script({ status: 200, body: "<html>" });
    await using front = await started(config, {
      answers: upstream(`${back.url}/openai/v1`, { apiKey: config.apiKey.secrets[0] }),
    });
    await expect(front.client.responses.create({ model, input: "Hi" })).rejects.toMatchObject({
      status: 502,
    });
  });

  it("is aborted when the client leaves", async () => {
    await using back = await startOciEmulator({ trust: config.trust });
    back.script({ text: ["one ", "two"], faults: [{ type: "stall", after: 2 }] });
    await using front = await started(config, {
      answers: upstream(`${back.url}/openai/v1`, { apiKey: config.apiKey.secrets[0] }),
    });
    const leave = new AbortController();
    const stream = await openaiClient(front.emulator, config).chat.completions.create(
      { model, messages: say("Hi"), stream: true },
      { signal: leave.signal },
    );
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) leave.abort();
    await Promise.all([front.emulator.idle(), back.idle()]);
    expect(front.emulator.requests[0]).toMatchObject({ aborted: true });
    expect(back.requests[0]).toMatchObject({ aborted: true });
  });
});
