/** Anthropic's and Ollama's own APIs on benches, over servers on loopback. */
import { AnthropicModel } from "@locus-sdk/anthropic";
import type { JsonObject } from "@locus-sdk/core";
import { OllamaModel } from "@locus-sdk/ollama";
import { play } from "../../../anthropic/test/messages.ts";
import { json, message, startServer } from "../../../anthropic/test/server.ts";
import { ends, says, startOllama } from "../../../ollama/test/server.ts";
import { type Bench, pieces, type Turn, turnAt } from "./bench.ts";

export async function anthropic(): Promise<Bench> {
  let turns: readonly Turn[] = [];
  let asked = 0;
  const server = await startServer((response, request, index) => {
    const turn = turnAt(turns, asked);
    asked += 1;
    const { usage } = turn;
    if (usage?.cachedInputTokens === undefined && usage?.reasoningTokens === undefined) {
      return play(turn)(response, request, index);
    }
    const { inputTokens, outputTokens, cachedInputTokens = 0, reasoningTokens = 0 } = usage;
    return json(
      message(turn.text ?? "", {
        usage: {
          // What came from the cache is not counted here.
          input_tokens: inputTokens - cachedInputTokens,
          cache_read_input_tokens: cachedInputTokens,
          output_tokens: outputTokens,
          output_tokens_details: { thinking_tokens: reasoningTokens },
        },
      }),
    )(response, request, index);
  });
  return {
    model: new AnthropicModel({
      model: "claude-sonnet-5",
      apiKey: "key",
      baseURL: server.url,
      maxRetries: 0,
      promptCaching: true,
    }),
    say: (...said) => {
      turns = said;
      asked = 0;
    },
    sent: () => server.requests.map(({ body }) => body as JsonObject),
    open: () => server.open(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

export async function ollama(): Promise<Bench> {
  let turns: readonly Turn[] = [];
  let asked = 0;
  const server = await startOllama((response) => {
    const turn = turnAt(turns, asked);
    asked += 1;
    const { inputTokens = 1, outputTokens = 1 } = turn.usage ?? {};
    const lines = [
      ...pieces(turn.reasoning ?? "").map((thinking) => says({ thinking })),
      ...pieces(turn.text ?? "").map((content) => says({ content })),
      ...(turn.toolCalls ?? []).map((call) =>
        says({ tool_calls: [{ function: { name: call.name, arguments: JSON.parse(call.arguments) } }] }),
      ),
      ends(turn.stopReason ?? "stop", [inputTokens, outputTokens]),
    ];
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    for (const line of turn.slow === true ? lines.slice(0, 2) : lines) response.write(line);
    if (turn.slow !== true) response.end();
  });
  return {
    model: new OllamaModel({ model: "m", host: server.url, maxRetries: 0 }),
    say: (...said) => {
      turns = said;
      asked = 0;
    },
    sent: () => server.chats().map((body) => body as JsonObject),
    open: () => server.open(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
