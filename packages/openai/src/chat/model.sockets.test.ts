/** The conformance suite over bare sockets, where a test can see whether a connection is still open. */
import type { ServerResponse } from "node:http";
import type { ChatModel } from "@locus-sdk/core";
import { type ChatModelTurn, describeChatModel } from "@locus-sdk/core/testing";
import { OpenAI } from "openai";
import { describe } from "vitest";
import { chunk, frame, json, startServer } from "../../test/server.ts";
import { OpenAIModel } from "../openai-model.ts";
import { ChatCompletionsModel } from "./model.ts";

const usageOf = (turn: ChatModelTurn): object => {
  const { inputTokens = 1, outputTokens = 1 } = turn.usage ?? {};
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
};
const callsOf = (turn: ChatModelTurn): readonly object[] =>
  (turn.toolCalls ?? []).map((call, index) => ({
    index,
    id: `call_${index}`,
    type: "function",
    function: call,
  }));
const finishOf = (turn: ChatModelTurn): string =>
  turn.stopReason ?? (turn.toolCalls === undefined ? "stop" : "tool_calls");

/** A text in frames of a few characters, cut without regard for what a character is. */
const framesOf = (turn: ChatModelTurn): readonly string[] => [
  ...(turn.reasoning === undefined ? [] : [chunk({ reasoning_content: turn.reasoning })]),
  ...(turn.text?.match(/[\s\S]{1,7}/g) ?? []).map((text) => chunk({ content: text })),
  ...callsOf(turn).map((call) => chunk({ tool_calls: [call] })),
];

function answer(turn: ChatModelTurn, stream: boolean, response: ServerResponse): void {
  if (turn.error !== undefined) {
    response.writeHead(turn.error.status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message: turn.error.message } }));
    return;
  }
  if (!stream) {
    if (turn.slow === true) return;
    const message = {
      content: turn.text ?? null,
      reasoning_content: turn.reasoning,
      tool_calls: callsOf(turn),
    };
    const choices = [{ index: 0, message, finish_reason: finishOf(turn) }];
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ model: "m", choices, usage: usageOf(turn) }));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const frames = framesOf(turn);
  const some = turn.slow === true || turn.truncated === true;
  for (const text of some ? frames.slice(0, 3) : frames) response.write(text);
  if (turn.slow === true) return;
  if (turn.truncated !== true) {
    response.write(chunk({}, finishOf(turn)));
    response.write(frame({ choices: [], usage: usageOf(turn) }));
    response.write(frame("[DONE]"));
  }
  response.end();
}

describe.each<[string, (baseURL: string) => ChatModel]>([
  [
    "ChatCompletionsModel over a client of the caller's",
    (baseURL) =>
      new ChatCompletionsModel({
        provider: "test",
        modelId: "m",
        client: () => new OpenAI({ apiKey: "k", baseURL, maxRetries: 0, logLevel: "off" }),
      }),
  ],
  [
    "OpenAIModel over its own",
    (baseURL) => new OpenAIModel({ model: "m", apiKey: "k", baseURL, maxRetries: 0 }),
  ],
])("%s", (name, make) => {
  describeChatModel(`${name}, on bare sockets`, async () => {
    let turns: readonly ChatModelTurn[] = [];
    const server = await startServer((response, request, index) => {
      const turn = turns[Math.min(index, turns.length - 1)];
      if (turn === undefined) return json({}, 500)(response, request, index);
      return answer(turn, request.body.stream === true, response);
    });
    return {
      model: make(server.url),
      script: (given) => {
        turns = given;
      },
      requests: () => server.requests.map((request) => request.body),
      openRequests: server.open,
      close: server.close,
    };
  });
});
