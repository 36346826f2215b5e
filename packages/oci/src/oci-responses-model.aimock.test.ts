/** The conformance suite for `OCIResponsesModel`, over a server that others wrote: nothing here leans on our emulator. */
import { type Fixture, LLMock } from "@copilotkit/aimock";
import { type ChatModelTurn, describeChatModel } from "@locus-sdk/core/testing";
import { apiKeyProfile, keyPair } from "../test/profiles.ts";
import { OCIResponsesModel } from "./oci-responses-model.ts";

const { configFile } = apiKeyProfile(keyPair());

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
  "OCIResponsesModel on aimock",
  async () => {
    const mock = new LLMock({ port: 0 });
    await mock.start();
    return {
      model: new OCIResponsesModel({
        model: "openai.gpt-5.2",
        project: "ocid1.generativeaiproject.oc1..a",
        baseURL: `${mock.url}/openai/v1`,
        configFile,
        maxRetries: 0,
        env: {},
      }),
      script: (turns) => {
        mock.clearFixtures();
        const nth = (): number => Math.min(mock.getRequests().length, turns.length - 1);
        mock.addFixtures(turns.flatMap((turn, index) => [...fixturesOf(turn, () => nth() === index)]));
      },
      requests: () => mock.getRequests().map(({ body }) => body),
      close: () => mock.stop(),
    };
  },
  { skip: { content_filter: "the server tells of it as a failed response without a reason" } },
);
