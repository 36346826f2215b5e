/** The conformance suite for `OllamaModel`, over a server that is as strict as Ollama's documentation. */
import type { ServerResponse } from "node:http";
import { type ChatModelTurn, describeChatModel } from "@locus-sdk/core/testing";
import { ends, refuse, says, startOllama } from "../test/server.ts";
import { OllamaModel } from "./ollama-model.ts";

function answer(turn: ChatModelTurn, response: ServerResponse): void {
  if (turn.error !== undefined) {
    refuse(response, turn.error.status, turn.error.message);
    return;
  }
  const pieces = [
    ...(turn.reasoning?.match(/[\s\S]{1,5}/g) ?? []).map((thinking) => says({ thinking })),
    ...(turn.text?.match(/[\s\S]{1,7}/g) ?? []).map((content) => says({ content })),
    ...(turn.toolCalls ?? []).map((call) =>
      says({ tool_calls: [{ function: { name: call.name, arguments: JSON.parse(call.arguments) } }] }),
    ),
  ];
  const some = turn.slow === true || turn.truncated === true;
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  // In pieces that know nothing of lines and characters.
  const bytes = Buffer.from((some ? pieces.slice(0, 3) : pieces).join(""));
  for (let at = 0; at < bytes.length; at += 1000) response.write(bytes.subarray(at, at + 1000));
  if (turn.slow === true) return;
  if (turn.truncated !== true) {
    const { inputTokens = 1, outputTokens = 1 } = turn.usage ?? {};
    response.write(ends(turn.stopReason ?? "stop", [inputTokens, outputTokens]));
  }
  response.end();
}

describeChatModel(
  "OllamaModel",
  async () => {
    let turns: readonly ChatModelTurn[] = [];
    const server = await startOllama((response, { index }) => {
      const turn = turns[Math.min(index, turns.length - 1)];
      if (turn === undefined) return refuse(response, 500, "no turn");
      return answer(turn, response);
    });
    return {
      model: new OllamaModel({ model: "m", host: server.url, maxRetries: 0 }),
      script: (given) => {
        turns = given;
      },
      requests: () => server.chats(),
      openRequests: () => server.open(),
      close: () => server.close(),
    };
  },
  {
    skip: {
      malformed_arguments: "the server parses them itself, and hands on objects",
      content_filter: "the server has none",
    },
  },
);
