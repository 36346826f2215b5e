/** The conformance suite for `ResponsesModel`, over a server that insists on its rules, whoever keeps the history. */
import { type ChatModelTurn, describeChatModel } from "@locus-sdk/core/testing";
import { describe } from "vitest";
import { modelOn } from "../../test/responses/model.ts";
import { startResponsesServer, type Turn } from "../../test/responses/server.ts";
import { Refused } from "../../test/responses/store.ts";
import type { HistoryOwner } from "./options.ts";

function turnOf(turn: ChatModelTurn): Turn {
  const { text, reasoning, toolCalls, usage, stopReason, error, truncated, slow } = turn;
  return {
    ...(text === undefined ? {} : { text }),
    ...(reasoning === undefined ? {} : { reasoning: [reasoning] }),
    ...(toolCalls === undefined ? {} : { calls: toolCalls }),
    ...(usage === undefined
      ? {}
      : {
          usage: {
            input_tokens: usage.inputTokens,
            output_tokens: usage.outputTokens,
            total_tokens: usage.inputTokens + usage.outputTokens,
          },
        }),
    ...(stopReason === undefined
      ? {}
      : { incomplete: stopReason === "length" ? "max_output_tokens" : "content_filter" }),
    ...(error === undefined ? {} : { refused: new Refused(error.status, error.message) }),
    ...(truncated === undefined ? {} : { cut: true }),
    ...(slow === undefined ? {} : { hang: true }),
  };
}

describe.each(["response-id", "conversation"] as const)("with history %s", suite);

function suite(history: HistoryOwner): void {
  describeChatModel("ResponsesModel", async () => {
    const server = await startResponsesServer({ unnamed: history === "conversation" });
    return {
      model: modelOn(server, { history }),
      script: (turns) => server.say(...turns.map(turnOf)),
      requests: () => server.bodies(),
      openRequests: () => server.open(),
      close: () => server.close(),
    };
  });
}
