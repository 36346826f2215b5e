/** The conformance suite for a model of the AI SDK over a real socket, and for one of ours that has been there and back. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { describeChatModel } from "@locus-sdk/core/testing";
import { describe } from "vitest";
import { startChatServer } from "../../test/chat-server.ts";
import { toLanguageModel } from "../to/to-language-model.ts";
import { fromLanguageModel } from "./from-language-model.ts";

describe.each([
  ["as it is", false],
  ["there and back twice", true],
])("a model of the AI SDK, %s", (_, again) => {
  describeChatModel("fromLanguageModel", async () => {
    const server = await startChatServer();
    const provider = createOpenAICompatible({
      name: "local",
      baseURL: server.url,
      includeUsage: true,
      supportsStructuredOutputs: true,
    });
    const model = fromLanguageModel(provider("m"), { maxRetries: 0 });
    return {
      model: again ? fromLanguageModel(toLanguageModel(model), { maxRetries: 0 }) : model,
      script: (turns) => server.say(...turns),
      requests: () => server.requests,
      openRequests: () => server.open(),
      close: () => server.close(),
    };
  });
});
