/** OpenAI's two APIs on benches, over servers on loopback. */
import type { JsonObject } from "@locus-sdk/core";
import { OpenAIModel, OpenAIResponsesModel } from "@locus-sdk/openai";
import { startResponsesServer } from "../../../openai/test/responses/server.ts";
import { chunk, frame, json, startServer } from "../../../openai/test/server.ts";
import { type Bench, pieces, type Turn, turnAt } from "./bench.ts";

export async function openaiChat(): Promise<Bench> {
  let turns: readonly Turn[] = [];
  let asked = 0;
  const server = await startServer((response, request, index) => {
    const turn = turnAt(turns, asked);
    asked += 1;
    if (request.body.stream !== true) return json(completionOf(turn))(response, request, index);
    response.writeHead(200, { "content-type": "text/event-stream" });
    const sent = framesOf(turn);
    for (const one of turn.slow === true ? sent.slice(0, 2) : sent) response.write(one);
    if (turn.slow !== true) response.end();
  });
  return {
    model: new OpenAIModel({ model: "gpt-oss-120b", apiKey: "key", baseURL: server.url, maxRetries: 0 }),
    say: (...said) => {
      turns = said;
      asked = 0;
    },
    sent: () => server.requests.map(({ body }) => body as JsonObject),
    open: () => server.open(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

const finishOf = ({ stopReason, toolCalls = [] }: Turn): string =>
  stopReason ?? (toolCalls.length > 0 ? "tool_calls" : "stop");

function usageOf({ usage = { inputTokens: 1, outputTokens: 1 } }: Turn): object {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = usage;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens ?? null },
    completion_tokens_details: { reasoning_tokens: reasoningTokens ?? null },
  };
}

const callsOf = ({ toolCalls = [] }: Turn) =>
  toolCalls.map((called, index) => ({ index, id: `call_${index}`, type: "function", function: called }));

function completionOf(turn: Turn): object {
  const calls = callsOf(turn);
  const message = {
    role: "assistant",
    content: turn.text ?? null,
    ...(turn.reasoning === undefined ? {} : { reasoning_content: turn.reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return {
    id: "c",
    model: "m",
    choices: [{ index: 0, message, finish_reason: finishOf(turn) }],
    usage: usageOf(turn),
  };
}

function framesOf(turn: Turn): readonly string[] {
  return [
    ...pieces(turn.reasoning ?? "").map((piece) => chunk({ reasoning_content: piece })),
    ...pieces(turn.text ?? "").map((piece) => chunk({ content: piece })),
    ...callsOf(turn).flatMap(({ index, function: { name, arguments: args }, ...call }) => [
      chunk({ tool_calls: [{ index, ...call, function: { name, arguments: "" } }] }),
      ...pieces(args).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
    chunk({}, finishOf(turn)),
    frame({ id: "c", model: "m", choices: [], usage: usageOf(turn) }),
    frame("[DONE]"),
  ];
}

export async function openaiResponses(): Promise<Bench> {
  const server = await startResponsesServer();
  return {
    model: new OpenAIResponsesModel({ model: "gpt-5", apiKey: "key", baseURL: server.url, maxRetries: 0 }),
    say: (...turns) =>
      server.say(
        ...turns.map(({ text, reasoning, toolCalls, usage, stopReason, slow }) => ({
          ...(text === undefined ? {} : { text }),
          ...(reasoning === undefined ? {} : { reasoning: [reasoning] }),
          ...(toolCalls === undefined ? {} : { calls: toolCalls }),
          ...(slow === undefined ? {} : { hang: slow }),
          ...(stopReason === undefined
            ? {}
            : { incomplete: stopReason === "length" ? "max_output_tokens" : "content_filter" }),
          ...(usage === undefined
            ? {}
            : {
                usage: {
                  input_tokens: usage.inputTokens,
                  output_tokens: usage.outputTokens,
                  total_tokens: usage.inputTokens + usage.outputTokens,
                  input_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0 },
                  output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
                },
              }),
        })),
      ),
    sent: () => server.bodies().map((body) => body as JsonObject),
    open: () => server.open(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
