/** The conformance suite for `ResponsesModel`, over a server that is not ours. */
import { type Fixture, LLMock } from "@copilotkit/aimock";
import { type ChatModelTurn, describeChatModel } from "@locus-sdk/core/testing";
import { OpenAI } from "openai";
import { ResponsesModel } from "./model.ts";

/** A turn as that server's fixture; slowness is told apart by whether a stream was asked for. */
function fixturesOf(turn: ChatModelTurn, isNow: () => boolean): readonly Fixture[] {
  const match = { predicate: isNow };
  if (turn.error !== undefined) {
    const { status, message } = turn.error;
    return [{ match, response: { error: { message, type: "test_error" }, status } }];
  }
  const overrides = {
    ...(turn.stopReason === undefined ? {} : { finishReason: turn.stopReason }),
    ...(turn.reasoning === undefined ? {} : { reasoning: turn.reasoning }),
    usage: {
      input_tokens: turn.usage?.inputTokens ?? 1,
      output_tokens: turn.usage?.outputTokens ?? 1,
    },
  };
  const toolCalls = (turn.toolCalls ?? []).map((call) => ({ ...call }));
  const response =
    toolCalls.length > 0 ? { toolCalls, ...overrides } : { content: turn.text ?? "", ...overrides };
  if (turn.slow === true) {
    return [
      {
        match: { predicate: (request) => isNow() && request.stream === true },
        response,
        // Several events announce the first piece of text.
        streamingProfile: { ttft: 0, tps: 20 },
      },
      { match, response, chaos: { latencyMs: 5_000 } },
    ];
  }
  // With some time between its frames, or the server takes the answer back before any of it has left.
  return [{ match, response, ...(turn.truncated === true ? { truncateAfterChunks: 8, latency: 10 } : {}) }];
}

describeChatModel(
  "ResponsesModel on aimock",
  async () => {
    const mock = new LLMock({ port: 0 });
    await mock.start();
    const baseURL = `${mock.url}/v1`;
    return {
      model: new ResponsesModel({
        provider: "test",
        modelId: "gpt-5",
        client: () => new OpenAI({ apiKey: "test-key", baseURL, maxRetries: 0 }),
        scope: { baseURL },
      }),
      script: (turns) => {
        mock.clearFixtures();
        mock.addFixtures(
          turns.flatMap((turn, index) => [
            ...fixturesOf(turn, () => Math.min(mock.getRequests().length, turns.length - 1) === index),
          ]),
        );
      },
      requests: () => mock.getRequests().map((entry) => entry.body),
      close: () => mock.stop(),
    };
  },
  { skip: { content_filter: "the server tells of it as a failed response without a reason" } },
);
