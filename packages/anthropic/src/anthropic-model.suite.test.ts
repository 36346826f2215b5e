/** The conformance suite for `AnthropicModel`: over a server that plays Anthropic's, and over one that is not ours. */
import { type Fixture, LLMock } from "@copilotkit/aimock";
import { type ChatModelTurn, describeChatModel } from "@locus-sdk/core/testing";
import { describe } from "vitest";
import { play } from "../test/messages.ts";
import { startServer } from "../test/server.ts";
import { AnthropicModel } from "./anthropic-model.ts";

const malformed_arguments = "the wire carries arguments as an object, not as text";

// Bound to a schema, and with the answer as a tool.
describe.each(["claude-sonnet-5-5", "claude-opus-4-1"])("of %s", (modelId) => {
  describeChatModel(
    "AnthropicModel",
    async () => {
      let turns: readonly ChatModelTurn[] = [];
      let asked = 0;
      const server = await startServer((response, request, index) => {
        const turn = turns[Math.min(asked++, turns.length - 1)] ?? { text: "" };
        return play(turn)(response, request, index);
      });
      return {
        model: new AnthropicModel({ model: modelId, apiKey: "k", baseURL: server.url, maxRetries: 0 }),
        script: (next) => {
          turns = next;
          asked = 0;
        },
        requests: () => server.requests.map(({ body }) => body),
        openRequests: () => server.open(),
        close: () => server.close(),
      };
    },
    { skip: { malformed_arguments } },
  );
});

/** A turn as that server's fixture; slowness is told apart by whether a stream was asked for. */
function fixturesOf(turn: ChatModelTurn, isNow: () => boolean): readonly Fixture[] {
  const match = { predicate: isNow };
  if (turn.error !== undefined) {
    const { status, message } = turn.error;
    return [{ match, response: { error: { message, type: "test_error" }, status } }];
  }
  const overrides = {
    ...(turn.stopReason === undefined
      ? {}
      : { finishReason: turn.stopReason === "length" ? "length" : "refusal" }),
    ...(turn.reasoning === undefined ? {} : { reasoning: turn.reasoning }),
    usage: { input_tokens: turn.usage?.inputTokens ?? 1, output_tokens: turn.usage?.outputTokens ?? 1 },
  };
  const toolCalls = (turn.toolCalls ?? []).map((call) => ({ ...call }));
  const response =
    toolCalls.length > 0 ? { toolCalls, ...overrides } : { content: turn.text ?? "", ...overrides };
  if (turn.slow === true) {
    return [
      {
        match: { predicate: (request) => isNow() && request.stream === true },
        response,
        streamingProfile: { ttft: 0, tps: 5 },
      },
      { match, response, chaos: { latencyMs: 5_000 } },
    ];
  }
  // With some time between its frames, or the server takes the answer back before any of it has left.
  return [{ match, response, ...(turn.truncated === true ? { truncateAfterChunks: 5, latency: 10 } : {}) }];
}

describeChatModel(
  "AnthropicModel on aimock",
  async () => {
    const mock = new LLMock({ port: 0 });
    await mock.start();
    return {
      model: new AnthropicModel({
        model: "claude-opus-4-5",
        apiKey: "k",
        baseURL: mock.url,
        maxRetries: 0,
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
  { skip: { malformed_arguments } },
);
