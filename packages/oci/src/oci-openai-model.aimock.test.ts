/** The conformance suite for `OCIOpenAIModel` over a server that others wrote: nothing here leans on our emulator. */
import { type Fixture, LLMock } from "@copilotkit/aimock";
import { type ChatModelTurn, describeChatModel } from "@locus-sdk/core/testing";
import { apiKeyProfile, keyPair } from "../test/profiles.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";

const { configFile } = apiKeyProfile(keyPair());

/** A turn as that server's fixtures; slowness is told apart by whether a stream was asked for. */
function fixturesOf(turn: ChatModelTurn, isNow: () => boolean): readonly Fixture[] {
  const match = { predicate: isNow };
  if (turn.error !== undefined) {
    const { status, message } = turn.error;
    return [{ match, response: { error: { message, type: "test_error" }, status } }];
  }
  const common = {
    ...(turn.stopReason !== undefined && { finishReason: turn.stopReason }),
    ...(turn.reasoning !== undefined && { reasoning: turn.reasoning }),
    usage: { prompt_tokens: turn.usage?.inputTokens ?? 1, completion_tokens: turn.usage?.outputTokens ?? 1 },
  };
  const toolCalls = (turn.toolCalls ?? []).map((call) => ({ ...call }));
  const response = toolCalls.length > 0 ? { toolCalls, ...common } : { content: turn.text ?? "", ...common };
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
  // Without a pause between its chunks that server cuts the connection before any of them has left it.
  const cut = { truncateAfterChunks: 5, latency: 10 };
  return [{ match, response, ...(turn.truncated === true && cut) }];
}

for (const path of ["/openai/v1", "/20231130/actions/v1"]) {
  describeChatModel(`OCIOpenAIModel on aimock ${path}`, async () => {
    const mock = new LLMock({ port: 0 });
    await mock.start();
    return {
      model: new OCIOpenAIModel({
        model: "openai.gpt-oss-120b",
        baseURL: `${mock.url}${path}`,
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
  });
}
