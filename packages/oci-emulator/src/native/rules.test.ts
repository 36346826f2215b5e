// Bodies that the native chat API refuses, signed by the vendor's signer.
import { ConfigFileAuthenticationDetailsProvider } from "oci-common";
import { afterAll, describe, expect, it } from "vitest";
import { signedFetch, started, testConfig } from "../../test/support/client.ts";
import type { Strictness } from "../index.ts";

const config = await testConfig();
const { emulator, ...session } = await started(config);
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const provider = new ConfigFileAuthenticationDetailsProvider(config.configFile, "DEFAULT");

/** Signed by the vendor, whose client would not let such bodies pass. */
const send = async (
  modelId: string,
  chatRequest: object,
  to = emulator,
): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await signedFetch(provider)(`${to.url}/20231130/actions/chat`, {
    method: "POST",
    body: JSON.stringify({
      compartmentId: config.compartmentId,
      servingMode: { servingType: "ON_DEMAND", modelId },
      chatRequest: { apiFormat: "GENERIC", ...chatRequest },
    }),
  });
  return { status: response.status, text: await response.text() };
};

const say = (text: string): object => ({ role: "USER", content: [{ type: "TEXT", text }] });
const messages = [say("Hi")];
const call = { id: "a", type: "FUNCTION", name: "f", arguments: "{}" };
const asked = { role: "ASSISTANT", content: [{ type: "TEXT", text: "." }], toolCalls: [call] };
const answered = (toolCallId: string): object => ({
  role: "TOOL",
  toolCallId,
  content: [{ type: "TEXT", text: "ok" }],
});
const tool = {
  type: "FUNCTION",
  name: "f",
  description: "F.",
  parameters: { type: "object", properties: {} },
};
const gptOss = "openai.gpt-oss-120b";
const commandR = "cohere.command-r-08-2024";
const cohere = { apiFormat: "COHERE", message: "Hi" };
const cohereTool = { name: "f", description: "F." };
const result = { call: { name: "f", parameters: {} }, outputs: [{}] };

describe("a body is refused", () => {
  it.each<[string, string, object, RegExp, number?]>([
    ["without an API format", gptOss, { apiFormat: undefined, messages }, /chatRequest/],
    ["with roles in lower case", gptOss, { messages: [{ role: "user", content: [] }] }, /role/],
    ["with content that is no list", gptOss, { messages: [{ role: "USER", content: "Hi" }] }, /content/],
    [
      "with arguments that are no text",
      gptOss,
      { messages: [{ ...asked, toolCalls: [{ ...call, arguments: {} }] }] },
      /arguments/,
    ],
    [
      "with a nested function tool",
      gptOss,
      { messages, tools: [{ type: "FUNCTION", function: tool }] },
      /tools\[0\]\.name/,
    ],
    [
      "with too many tools",
      gptOss,
      { messages, tools: Array.from({ length: 129 }, () => tool) },
      /at most 128/,
    ],
    [
      "with a bad tool name",
      gptOss,
      { messages, tools: [{ ...tool, name: "a b" }] },
      /does not match pattern/,
    ],
    [
      "that tells of a call by a bad name",
      gptOss,
      { messages: [...messages, { ...asked, toolCalls: [{ ...call, name: "" }] }, answered("a")] },
      /messages\[1\]\.tool_calls\[0\]\.function\.name/,
    ],
    [
      "with an unanswered call",
      gptOss,
      { messages: [...messages, asked, say("Well?")] },
      /must be followed by tool messages/,
    ],
    ["with an answer to nobody", gptOss, { messages: [...messages, answered("b")] }, /must be a response/],
    [
      "with an empty assistant message",
      gptOss,
      { messages: [...messages, { role: "ASSISTANT", content: [] }, say("?")] },
      /Cannot invoke/,
      500,
    ],
    [
      "with maxTokens for gpt-5, as text of JSON",
      "openai.gpt-5",
      { messages, maxTokens: 5 },
      /"code":"400","message":"\{\\"error\\".*max_tokens.*unsupported_parameter/,
    ],
    ["with temperature for gpt-5", "openai.gpt-5", { messages, temperature: 0.2 }, /unsupported_value/],
    ["with stop for gpt-5", "openai.gpt-5", { messages, stop: ["x"] }, /'stop'/],
    ["with penalties for Grok", "xai.grok-3", { messages, presencePenalty: 1 }, /presencePenalty/],
    ["with stop for reasoning Grok", "xai.grok-4", { messages, stop: ["x"] }, /'stop'/],
    [
      "with effort for Grok that does not reason",
      "xai.grok-3",
      { messages, reasoningEffort: "LOW" },
      /reasoningEffort/,
    ],
    ["for multi-agent Grok", "xai.grok-4.20-multi-agent-0309", { messages }, /Multi Agent/],
    [
      "with the parallel flag for Llama 3",
      "meta.llama-3.3-70b-instruct",
      { messages, isParallelToolCalls: true },
      /isParallelToolCalls/,
    ],
    [
      "with schema keywords that Gemini does not know",
      "google.gemini-2.5-pro",
      { messages, tools: [{ ...tool, parameters: { $ref: "#" } }] },
      /\$ref/,
    ],
    [
      "with fewer results than calls for Gemini",
      "google.gemini-2.5-pro",
      { messages: [...messages, { ...asked, toolCalls: [call, call] }, answered("a")] },
      /number of function response parts/,
    ],
    ["in GENERIC for Cohere", commandR, { messages }, /correct format/],
    ["in COHERE for others", gptOss, cohere, /correct format/],
    ["in COHERE for models of COHEREV2", "cohere.command-a-vision-07-2025", cohere, /correct format/],
    ["for models that do not chat", "cohere.embed-v4.0", cohere, /does not support chat/],
    ["without a message and results", commandR, { ...cohere, message: "" }, /at least 1 token/],
    [
      "with a message beside results",
      commandR,
      { ...cohere, toolResults: [result] },
      /both message and tool_results/,
    ],
    [
      "with a JSON schema where COHERE has definitions",
      commandR,
      { ...cohere, tools: [{ ...cohereTool, parameterDefinitions: { type: "object", properties: {} } }] },
      /parameterDefinitions/,
    ],
    [
      "with parameters where COHERE has definitions",
      commandR,
      { ...cohere, tools: [{ ...cohereTool, parameters: {} }] },
      /parameterDefinitions/,
    ],
    ["with topK out of range", commandR, { ...cohere, topK: 501 }, /topK/],
    [
      "with JSON beside tools",
      commandR,
      { ...cohere, tools: [cohereTool], responseFormat: { type: "JSON_OBJECT" } },
      /response_format with tools/,
    ],
    [
      "with flat tools in COHEREV2",
      commandR,
      { apiFormat: "COHEREV2", messages, tools: [{ type: "FUNCTION", name: "f" }] },
      /function must not be null/,
    ],
    [
      "with another choice in COHEREV2",
      commandR,
      { apiFormat: "COHEREV2", messages, toolsChoice: "AUTO" },
      /toolsChoice/,
    ],
  ])("%s", async (_, model, body, message, status = 400) => {
    const answer = await send(model, body);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(message);
  });

  it("more strictly where reports disagree, or not at all", async () => {
    const status = async (strictness: Strictness, model: string, body: object): Promise<number> => {
      await using other = await started(config, { strictness });
      return (await send(model, body, other.emulator)).status;
    };
    const tokens = { messages, maxTokens: 5 };
    const calling = { messages: [...messages, { ...asked, content: [] }, answered("a")] };
    for (const [model, body] of [
      ["openai.gpt-4o", tokens],
      [gptOss, calling],
    ] as const) {
      expect(await send(model, body)).toMatchObject({ status: 200 });
      expect(await status("contested", model, body)).toBeGreaterThanOrEqual(400);
    }
    expect(await status("off", "openai.gpt-5", tokens)).toBe(200);
  });
});

describe("a body is taken", () => {
  it.each<[string, string, object]>([
    [
      "with a message beside results in a forced single step",
      commandR,
      { ...cohere, toolResults: [result], isForceSingleStep: true },
    ],
    [
      "with unequal counts over several turns of Gemini that add up turn by turn",
      "google.gemini-2.5-pro",
      {
        messages: [
          ...messages,
          asked,
          answered("a"),
          { ...asked, toolCalls: [call, call] },
          answered("a"),
          answered("a"),
        ],
      },
    ],
    ["with maxCompletionTokens for gpt-5", "openai.gpt-5", { messages, maxCompletionTokens: 5 }],
    ["in COHEREV2 for Cohere", "cohere.command-a-03-2025", { apiFormat: "COHEREV2", messages }],
  ])("%s", async (_, model, body) => {
    expect(await send(model, body)).toMatchObject({ status: 200 });
  });
});
