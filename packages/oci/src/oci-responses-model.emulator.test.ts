/** `OCIResponsesModel` over the emulator: the conformance suite, and what is OCI's own about server state. */
import { Agent, type ChatModel, ProjectRequiredError, tool } from "@locus-sdk/core";
import { describeChatModel } from "@locus-sdk/core/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { play } from "../test/turns.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import { OCIResponsesModel, type OCIResponsesModelOptions } from "./oci-responses-model.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => cloud.emulator.reset());

const responses = (options: Partial<OCIResponsesModelOptions> = {}): OCIResponsesModel =>
  new OCIResponsesModel({
    model: "openai.gpt-oss-120b",
    maxRetries: 0,
    project: cloud.config.projectId,
    ...cloud.options,
    ...options,
  });

for (const history of ["response-id", "conversation", "client"] as const) {
  describeChatModel(`OCIResponsesModel, history "${history}"`, () => {
    const { emulator } = cloud;
    emulator.reset();
    return {
      model: responses({ history }),
      script: (turns) => play(emulator, turns),
      requests: () =>
        emulator.requests.filter(({ path }) => path.endsWith("/responses")).map(({ body }) => body),
      openRequests: () => emulator.requests.filter(({ durationMs }) => durationMs === undefined).length,
      close: () => emulator.idle(),
    };
  });
}

const note = tool({ name: "note", description: "Takes a note.", execute: () => "noted" });

/** Bytes of each request's body, over so many turns of one thread. */
async function bytesPerTurn(model: ChatModel, turns: number): Promise<readonly number[]> {
  cloud.emulator.script(
    ...Array.from({ length: turns }, () => ({ text: "A fine day, thank you for asking." })),
  );
  const agent = new Agent({ model, systemPrompt: "Be polite." });
  for (let turn = 0; turn < turns; turn++) await agent.run("How is the day going?", { threadId: "t" });
  return cloud.emulator.requests.map(({ rawBody }) => Buffer.byteLength(rawBody));
}

describe("server state", () => {
  test("bytes sent a turn stay flat over 200 turns, where chat completions send more each time", async () => {
    const flat = await bytesPerTurn(responses(), 200);
    cloud.emulator.reset();
    const growing = await bytesPerTurn(
      new OCIOpenAIModel({ model: "openai.gpt-oss-120b", maxRetries: 0, ...cloud.options }),
      200,
    );
    const told = (sizes: readonly number[]): string =>
      [2, 50, 100, 200].map((turn) => `turn ${turn}: ${sizes[turn - 1]}`).join(", ");
    process.stdout.write(`bytes sent, Responses: ${told(flat)}\nbytes sent, chat:      ${told(growing)}\n`);
    expect(Math.max(...flat.slice(1)) - Math.min(...flat.slice(1))).toBeLessThan(8);
    expect(growing[199]).toBeGreaterThan((growing[99] ?? 0) * 1.8);
  }, 60_000);

  test("the second payload of a tool turn carries the call's output and the instructions, and little else", async () => {
    cloud.emulator.script({ toolCalls: [{ name: "note", arguments: {} }] }, { text: "Done." });
    const agent = new Agent({ model: responses(), tools: [note], systemPrompt: "Be polite." });
    expect((await agent.run("note this")).text).toBe("Done.");
    expect(cloud.emulator.requests[1]?.body).toMatchObject({
      instructions: "Be polite.",
      input: [{ type: "function_call_output", output: "noted" }],
      previous_response_id: expect.stringMatching(/^resp/),
    });
  });

  test("an expired response is replayed once from the thread, and the run goes on", async () => {
    cloud.emulator.script({ text: "One." }, { text: "Two." });
    const retries: string[] = [];
    const agent = new Agent({ model: responses() }).on("retry", ({ what }) => retries.push(what));
    await agent.run("first", { threadId: "t" });
    // The thread's response outlives its retention; session and keys do not matter to the state.
    cloud.emulator.clock.advance(31 * 24 * 3600 * 1000);
    const { text } = await agent.run("second", { threadId: "t" });
    expect(text).toBe("Two.");
    expect(retries).toHaveLength(1);
    expect(cloud.emulator.requests.at(-1)?.body).toMatchObject({
      input: [{ role: "user" }, {}, { role: "user" }],
    });
    expect(cloud.emulator.requests.at(-1)?.body).not.toHaveProperty("previous_response_id");
    expect(cloud.emulator.generations).toBe(2);
  });

  test("a model in another project never goes on from this one's response", async () => {
    cloud.emulator.script({ text: "One." }, { text: "Two." });
    const first = new Agent({ model: responses() });
    await first.run("hello", { threadId: "t" });
    const other = responses({ project: "ocid1.generativeaiproject.oc1.us-chicago-1.other" });
    const thread = cloud.emulator.requests[0];
    expect(thread?.headers["openai-project"]).toBeDefined();
    const { providerState } = await responses().complete({ messages: [{ role: "user", content: "x" }] });
    cloud.emulator.script({ text: "Three." });
    const state = providerState === undefined ? {} : { providerState };
    await other.complete({
      messages: [
        { role: "user", content: "x" },
        { role: "assistant", content: [{ type: "text", text: "Two." }] },
        { role: "user", content: "y" },
      ],
      ...state,
    });
    expect(cloud.emulator.requests.at(-1)?.body).not.toHaveProperty("previous_response_id");
  });

  test("without a project the error says which option is missing", async () => {
    const { OCI_PROJECT: _project, ...env } = cloud.config.env;
    const model = new OCIResponsesModel({ model: "openai.gpt-oss-120b", maxRetries: 0, env });
    await expect(model.complete({ messages: [{ role: "user", content: "hi" }] })).rejects.toThrow(
      ProjectRequiredError,
    );
  });

  test("multi-agent models are reached on the path that serves them", async () => {
    cloud.emulator.script({ text: "We agree." });
    const model = responses({ model: "xai.grok-4.20-multi-agent-0309" });
    await model.complete({ messages: [{ role: "user", content: "hi" }] });
    expect(cloud.emulator.requests[0]?.path).toBe("/v1/responses");
  });
});

describe("construction", () => {
  test.each([
    [{ transport: "v1" }, "speaks the Responses API"],
    [{ history: "conversation", store: false }, "store: false"],
    [{ histroy: "client" }, 'unknown OCI option "histroy"; did you mean "history"?'],
  ])("%j is refused with the reason", (options, message) => {
    const given = { model: "openai.gpt-oss-120b", ...options } as OCIResponsesModelOptions;
    expect(() => new OCIResponsesModel(given)).toThrow(message);
  });
});
