// What the server remembers of responses: whose it is, how long, and which requests fit to it.
import type OpenAI from "openai";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { model, openaiClient, started, testConfig } from "../../test/support/client.ts";
import { type Question, startOciEmulator, type Turn } from "../index.ts";

const config = await testConfig();
const { emulator, client, ...session } = await started(config);
afterEach(() => emulator.reset());
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

type Response = OpenAI.Responses.Response;
type Body = OpenAI.Responses.ResponseCreateParamsNonStreaming;

const create = (body: Body, by: OpenAI = client): Promise<Response> =>
  by.responses.create({ model, ...body });
const secret = config.apiKey.secrets[0];
const bearer: typeof fetch = (url, init) => {
  const headers = new Headers(init?.headers);
  headers.set("authorization", `Bearer ${secret}`);
  return fetch(url, { ...init, headers });
};
/** Signs nothing, so that the clock can be moved by days. */
const byKey = openaiClient(emulator, config, { fetch: bearer });

const callTurn: Turn = {
  reasoning: "I need the weather.",
  toolCalls: [{ id: "call_a", name: "get_weather", arguments: { city: "Oslo" } }],
};
const output = (call_id = "call_a"): OpenAI.Responses.ResponseInputItem => ({
  type: "function_call_output",
  call_id,
  output: "rain",
});

describe("a response that continues another one", () => {
  it("sees the items of the thread in order, and not its instructions", async () => {
    const seen: Question[] = [];
    const answer = (text: string) => (question: Question) => {
      seen.push(question);
      return { text };
    };
    emulator.script(answer("one"), answer("two"), answer("three"));
    const first = await create({ input: "1?", instructions: "Be brief." });
    const second = await create({ input: "2?", previous_response_id: first.id });
    await create({ input: "3?", previous_response_id: second.id, instructions: "Be kind." });
    expect(seen.map(({ messages }) => messages.map(({ role, text }) => `${role}: ${text}`))).toEqual([
      ["system: Be brief.", "user: 1?"],
      ["user: 1?", "assistant: one", "user: 2?"],
      ["system: Be kind.", "user: 1?", "assistant: one", "user: 2?", "assistant: two", "user: 3?"],
    ]);
    expect(second.previous_response_id).toBe(first.id);
  });

  it("may branch off the same one twice", async () => {
    const count = ({ messages }: Question): Turn => ({ text: String(messages.length) });
    emulator.script({ text: "0" }, count, count);
    const { id } = await create({ input: "Hi" });
    const branches = [1, 2].map(() => create({ input: "Go on", previous_response_id: id }));
    expect((await Promise.all(branches)).map((response) => response.output_text)).toEqual(["3", "3"]);
  });

  it("answers every call that is open in the thread, or is refused", async () => {
    emulator.script(callTurn);
    const first = await create({ input: "Weather?" });
    await expect(create({ input: "And?", previous_response_id: first.id })).rejects.toMatchObject({
      status: 400,
      param: "input",
      message: expect.stringContaining("No tool output found for function call call_a"),
    });
    emulator.script({ text: "Rain." });
    const second = await create({ input: [output()], previous_response_id: first.id });
    expect(second.output_text).toBe("Rain.");
  });

  it("answers no call that nobody made, and none twice", async () => {
    const orphan = { status: 400, message: expect.stringContaining("No tool call found") };
    await expect(create({ input: [output("call_x")] })).rejects.toMatchObject(orphan);
    emulator.script(callTurn);
    const { id } = await create({ input: "Weather?" });
    const twice = create({ input: [output(), output()], previous_response_id: id });
    await expect(twice).rejects.toMatchObject(orphan);
  });

  it("takes a call and its output from its own input as well", async () => {
    const call = { type: "function_call", call_id: "call_a", name: "get_weather", arguments: "{}" } as const;
    await create({ input: [{ role: "user", content: "Weather?" }, call, output()] });
    await expect(
      create({ input: [{ role: "user", content: "Weather?" }, output(), call] }),
    ).rejects.toMatchObject({ status: 400 });
  });

  it("may refer to a stored item by its id", async () => {
    emulator.script({ text: "one" }, ({ messages }: Question) => ({ text: String(messages.at(-1)?.text) }));
    const first = await create({ input: "Hi" });
    const refer = (id: string): Promise<Response> => create({ input: [{ type: "item_reference", id }] });
    expect((await refer(first.output[0]?.id ?? "")).output_text).toBe("one");
    await expect(refer("msg_0")).rejects.toMatchObject({ status: 404 });
    const other = openaiClient(emulator, config, { project: "ocid1.generativeaiproject.oc1..other" });
    const id = first.output[0]?.id ?? "";
    await expect(create({ input: [{ type: "item_reference", id }] }, other)).rejects.toMatchObject({
      status: 404,
    });
  });

  it("goes on after an incomplete response, but not after a failed one", async () => {
    emulator.script(
      { text: "It", finishReason: "length" },
      { failure: { code: "server_error", message: "Down." } },
      { text: "rains" },
    );
    const [incomplete, failed] = [await create({ input: "1" }), await create({ input: "2" })];
    expect((await create({ input: "Go on", previous_response_id: incomplete.id })).output_text).toBe("rains");
    await expect(create({ input: "Go on", previous_response_id: failed.id })).rejects.toMatchObject({
      status: 404,
    });
  });

  it("does not go on from an answer whose status was never sent", async () => {
    const ids: string[] = [];
    emulator.script({ text: "Hi", faults: [{ type: "reset", after: "request" }] });
    await expect(create({ input: "Hi" })).rejects.toThrow();
    const stream = await client.responses.create({ model, input: "Hi", stream: true });
    for await (const event of stream) if (event.type === "response.created") ids.push(event.response.id);
    await client.responses.retrieve(ids[0] ?? "");
    expect(emulator.generations).toBe(1);
  });
});

describe("state that is not there", () => {
  const lost = async (id: string, by: OpenAI = client): Promise<unknown> =>
    create({ input: "Go on", previous_response_id: id }, by).catch((error: unknown) => error);

  it("is 404 with the parameter, the code and a text that tells", async () => {
    expect(await lost("resp_0")).toMatchObject({
      status: 404,
      param: "previous_response_id",
      code: "previous_response_not_found",
      message: expect.stringContaining("Previous response with id 'resp_0' not found."),
    });
  });

  it("is 400 where the emulator is told so", async () => {
    await using other = await started(config, { serverState: { lostStateStatus: 400 } });
    expect(await lost("resp_0", other.client)).toMatchObject({ status: 400, param: "previous_response_id" });
  });

  it("was not stored in the first place", async () => {
    const response = await create({ input: "Hi", store: false });
    expect(response).toMatchObject({ store: false });
    const { id } = response;
    expect(await lost(id)).toMatchObject({ status: 404 });
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  it("has expired, counted from its creation on the emulator's clock", async () => {
    const { id } = await create({ input: "Hi" }, byKey);
    emulator.clock.advance(30 * 24 * 3_600_000 - 60_000);
    expect(await lost(id, byKey)).toMatchObject({ status: "completed" });
    emulator.clock.advance(60_001);
    expect(await lost(id, byKey)).toMatchObject({ status: 404 });
    await expect(byKey.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  it("expires after the time that the emulator is told", async () => {
    await using other = await started(config, { serverState: { responseTtlMs: 60_000 } });
    const { id } = await create({ input: "Hi" }, other.client);
    other.emulator.clock.advance(60_001);
    expect(await lost(id, other.client)).toMatchObject({ status: 404 });
  });

  it("was forgotten by a reset", async () => {
    const { id } = await create({ input: "Hi" });
    const conversation = await client.conversations.create();
    emulator.reset();
    expect(await lost(id)).toMatchObject({ status: 404 });
    await expect(client.conversations.retrieve(conversation.id)).rejects.toMatchObject({ status: 404 });
  });

  it("belongs to another project", async () => {
    const { id } = await create({ input: "Hi" });
    const other = openaiClient(emulator, config, { project: "ocid1.generativeaiproject.oc1..other" });
    expect(await lost(id, other)).toMatchObject({ status: 404 });
    await expect(other.responses.delete(id)).rejects.toMatchObject({ status: 404 });
    expect(await lost(id)).toMatchObject({ status: "completed" });
  });

  it("belongs to another region", async () => {
    const { id } = await create({ input: "Hi" });
    await using frankfurt = await started(config, { trust: { ...config.trust, region: "eu-frankfurt-1" } });
    expect(await lost(id, frankfurt.client)).toMatchObject({ status: 404 });
  });

  it("is refused altogether with Zero Data Retention, which can be switched", async () => {
    const { id } = await create({ input: "Hi" });
    emulator.zeroDataRetention = true;
    expect(await lost(id)).toMatchObject({
      status: 400,
      param: "previous_response_id",
      message: expect.stringContaining("Zero Data Retention"),
    });
    const stateless = await create({ input: "Hi" });
    expect(stateless).toMatchObject({ store: false });
    emulator.zeroDataRetention = false;
    expect(await lost(stateless.id)).toMatchObject({ status: 404 });
    expect(await lost(id)).toMatchObject({ status: "completed" });
    await using other = await startOciEmulator({
      trust: config.trust,
      serverState: { zeroDataRetention: true },
    });
    other.zeroDataRetention = false;
    other.reset();
    expect(other.zeroDataRetention).toBe(true);
  });
});

describe("the project", () => {
  it("is required with a signature, and the text says so", async () => {
    const nobody = openaiClient(emulator, config, { project: null });
    await expect(create({ input: "Hi" }, nobody)).rejects.toMatchObject({
      status: 404,
      message: expect.stringMatching(/project/i),
    });
    await using other = await startOciEmulator({
      trust: config.trust,
      serverState: { missingProjectStatus: 400 },
    });
    const strict = openaiClient(other, config, { project: null });
    await expect(create({ input: "Hi" }, strict)).rejects.toMatchObject({ status: 400 });
  });

  it("must exist", async () => {
    const wrong = openaiClient(emulator, config, { project: "proj_123" });
    await expect(create({ input: "Hi" }, wrong)).rejects.toMatchObject({
      status: 404,
      code: "NotAuthorizedOrNotFound",
    });
    await using other = await startOciEmulator({ trust: config.trust, projects: [config.projectId] });
    await create({ input: "Hi" }, openaiClient(other, config));
    const stranger = openaiClient(other, config, { project: "ocid1.generativeaiproject.oc1..other" });
    await expect(create({ input: "Hi" }, stranger)).rejects.toMatchObject({ status: 404 });
  });

  it("can be left out with an API key, whose compartment stands for it", async () => {
    const one = openaiClient(emulator, config, { project: null, fetch: bearer });
    const { id } = await create({ input: "Hi" }, one);
    expect(await one.responses.retrieve(id)).toMatchObject({ id });
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });
});

describe("encrypted reasoning", () => {
  const encrypted = async (): Promise<Response["output"]> => {
    emulator.script(callTurn);
    const { output: items } = await create({
      input: "Weather?",
      store: false,
      include: ["reasoning.encrypted_content"],
    });
    return items;
  };
  const replay = (items: readonly OpenAI.Responses.ResponseInputItem[]): Promise<Response> =>
    create({ store: false, input: [{ role: "user", content: "Weather?" }, ...items] });
  const asInput = (item: Response["output"][number] | undefined): OpenAI.Responses.ResponseInputItem => {
    if (item?.type !== "reasoning" && item?.type !== "function_call") throw new Error("not replayed here");
    return item;
  };

  it("is given when asked for, tells nothing, and is taken back in its place", async () => {
    emulator.script(callTurn);
    const without = await create({ input: "Weather?" });
    expect(without.output[0]).not.toHaveProperty("encrypted_content");
    const [reasoning, call] = await encrypted();
    if (reasoning?.type !== "reasoning") throw new Error("no reasoning");
    expect(reasoning.encrypted_content).not.toContain("weather");
    emulator.script({ text: "Rain." });
    expect((await replay([asInput(reasoning), asInput(call), output()])).output_text).toBe("Rain.");
  });

  it("is refused if a character of it was changed", async () => {
    const [reasoning, call] = await encrypted();
    if (reasoning?.type !== "reasoning") throw new Error("no reasoning");
    const text = reasoning.encrypted_content ?? "";
    const changes = [0, 20, 40, text.length - 1].map(
      (at) => text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1),
    );
    for (const changed of [...changes, `${text}!`, text.slice(0, 20), ""]) {
      const tampered = { ...reasoning, encrypted_content: changed };
      await expect(replay([tampered, asInput(call), output()])).rejects.toMatchObject({
        status: 400,
        code: "invalid_encrypted_content",
      });
    }
  });

  it("is refused anywhere but before what came of it", async () => {
    const [reasoning, call] = (await encrypted()).map(asInput);
    if (reasoning === undefined || call === undefined) throw new Error("no items");
    const other = { type: "function_call", call_id: "call_z", name: "get_weather", arguments: "{}" } as const;
    for (const items of [
      [call, output(), reasoning],
      [call, reasoning, output()],
      [reasoning, other, output("call_z"), call, output()],
      [reasoning, { role: "user", content: "Wait" } as const, call, output()],
    ]) {
      await expect(replay(items)).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining("without its required following item"),
      });
    }
  });

  it("is missed where reasoning comes back that was neither stored nor encrypted", async () => {
    emulator.script(callTurn);
    const { output: items } = await create({ input: "Weather?", store: false });
    await expect(replay([...items.map(asInput), output()])).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining("'store' is set to false"),
    });
  });
});
