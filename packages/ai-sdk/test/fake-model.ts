/** A model of the AI SDK for tests, which does what it is told and remembers what it was asked. */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from "@ai-sdk/provider";
import type { ModelRequest, ModelStreamPart } from "@locus-sdk/core";

export const USAGE = {
  inputTokens: { total: 3, noCache: 1, cacheRead: 2, cacheWrite: undefined },
  outputTokens: { total: 4, text: 3, reasoning: 1 },
};
export const STOP: LanguageModelV4FinishReason = { unified: "stop", raw: "end_turn" };

export const answerOf = (
  content: readonly LanguageModelV4Content[],
  more: Partial<LanguageModelV4GenerateResult> = {},
): LanguageModelV4GenerateResult => ({
  content: [...content],
  finishReason: STOP,
  usage: USAGE,
  warnings: [],
  ...more,
});

/** A model of the AI SDK that does what it is told, and remembers what it was asked. */
export function fake(
  told: {
    readonly answers?: readonly (LanguageModelV4GenerateResult | Error)[];
    readonly streams?: readonly (readonly LanguageModelV4StreamPart[])[];
    readonly provider?: string;
  } = {},
) {
  const asked: LanguageModelV4CallOptions[] = [];
  const languageModel: LanguageModelV4 = {
    specificationVersion: "v4",
    provider: told.provider ?? "acme.chat",
    modelId: "m",
    supportedUrls: {},
    async doGenerate(options) {
      asked.push(options);
      const answer = told.answers?.[asked.length - 1] ?? answerOf([{ type: "text", text: "Yes." }]);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async doStream(options) {
      asked.push(options);
      const parts = told.streams?.[asked.length - 1] ?? [];
      return {
        stream: new ReadableStream({
          start(controller) {
            for (const part of parts) controller.enqueue(part);
            controller.close();
          },
        }),
      };
    },
  };
  return { asked, languageModel };
}

export const hello: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };

export const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

export async function collect(stream: AsyncIterable<ModelStreamPart>): Promise<readonly ModelStreamPart[]> {
  const parts: ModelStreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
