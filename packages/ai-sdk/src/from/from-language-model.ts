/** A model of the AI SDK for Locus. */
import type { SharedV4ProviderOptions } from "@ai-sdk/provider";
import {
  type ChatModel,
  ConfigurationError,
  checkKeys,
  jsonObjectSchema,
  type ModelCapabilities,
  type ModelRequest,
  type ModelResponse,
  type ModelStreamPart,
  retryingCall,
} from "@locus-sdk/core";
import { z } from "zod";
import { isOurs } from "../to/to-language-model.ts";
import { type AnswerContext, responseOf } from "./answer.ts";
import { type CallTarget, type EncodedCall, encodeCall } from "./call.ts";
import { cancelled, toLocusError } from "./locus-error.ts";
import { settled } from "./settled.ts";
import { type AnyLanguageModel, callsOf } from "./specification.ts";
import { AnswerStream } from "./stream.ts";

export interface FromLanguageModelOptions {
  /**
   * What the model can do, as far as that is not everything. Default: everything but server state; `structuredOutput` is
   * `"json"` for a model that says that it supports no schemas. There is no `contextWindow` unless it is given.
   */
  readonly capabilities?: Partial<ModelCapabilities>;
  /** Options of its provider for every call, under the provider's name: `{ openai: { serviceTier: "flex" } }`. */
  readonly providerOptions?: SharedV4ProviderOptions;
  /** How often a call is made again that failed before its answer began. Default: 2. */
  readonly maxRetries?: number;
}

const optionsSchema = z.strictObject({
  capabilities: z.record(z.string(), z.union([z.boolean(), z.string(), z.number()])).optional(),
  providerOptions: z.record(z.string(), jsonObjectSchema).optional(),
  maxRetries: z.number().int().nonnegative().optional(),
});

/**
 * `languageModel` as a `ChatModel`, for agents and whatever else takes a model of Locus. A call that failed in a way that
 * may pass is made again, and told through `onRetry`; nothing is sent again once an answer has begun.
 *
 * What a provider wants to see again (signatures, ids, sealed thoughts) is kept in messages as provider parts of
 * `"ai-sdk:<provider>"`, and goes back to that provider alone.
 *
 * @throws ConfigurationError for a model's name in the place of a model, a model of a version of the specification other
 *   than 4 and 3, and an option that is unknown or unusable.
 * @example
 * ```ts
 * import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
 * import { fromLanguageModel } from "@locus-sdk/ai-sdk";
 * import { Agent } from "@locus-sdk/core";
 *
 * const provider = createOpenAICompatible({ name: "local", baseURL: "http://127.0.0.1:8080/v1" });
 * const agent = new Agent({ model: fromLanguageModel(provider("my-model")) });
 * ```
 */
export function fromLanguageModel(
  languageModel: AnyLanguageModel,
  options: FromLanguageModelOptions = {},
): ChatModel {
  const calls = callsOf(languageModel);
  const { capabilities, providerOptions = {}, maxRetries } = readOptions(options);
  const { modelId } = languageModel;
  const provider = `ai-sdk:${languageModel.provider}`;
  const target: CallTarget = {
    provider,
    vendor: languageModel.provider.split(".")[0] ?? languageModel.provider,
    modelId,
    version: calls.version,
    ours: isOurs(languageModel),
    providerOptions,
    known: new WeakMap(),
  };
  const named = { provider, modelId };
  const begin = <T>(
    { signal, onRetry }: ModelRequest,
    call: (signal: AbortSignal | undefined) => PromiseLike<T>,
  ): Promise<T> =>
    retryingCall(
      async () => {
        const stopped = (): boolean => signal?.aborted === true;
        if (signal !== undefined && stopped()) throw cancelled(signal);
        try {
          return await settled(call(signal), signal);
        } catch (error) {
          throw signal !== undefined && stopped() ? cancelled(signal) : toLocusError(error, named, false);
        }
      },
      { signal, onRetry, maxRetries },
    );
  const contextOf = ({ warnings }: EncodedCall): AnswerContext => ({ ...named, warnings });
  return {
    provider,
    modelId,
    capabilities: { ...defaultsFor(languageModel), ...capabilities },
    async complete(request: ModelRequest): Promise<ModelResponse> {
      const encoded = encodeCall(request, target);
      const generated = await begin(request, (signal) =>
        calls.generate({ ...encoded.options, ...(signal === undefined ? {} : { abortSignal: signal }) }),
      );
      const { content, response, ...ending } = generated;
      return responseOf(
        content,
        { ...ending, requestId: response?.id, modelId: response?.modelId },
        contextOf(encoded),
      );
    },
    stream(request: ModelRequest): AsyncIterable<ModelStreamPart> {
      return new AnswerStream({
        ...named,
        signal: request.signal,
        open: async (signal) => {
          const encoded = encodeCall(request, target);
          const { stream } = await begin({ ...request, signal }, async (abortSignal = signal) => {
            const opened = await calls.stream({ ...encoded.options, abortSignal });
            // Nobody is waiting any more.
            if (abortSignal.aborted) opened.stream.cancel().then(undefined, () => undefined);
            return opened;
          });
          return { stream, context: contextOf(encoded) };
        },
      });
    },
  };
}

function defaultsFor(languageModel: AnyLanguageModel): ModelCapabilities {
  // Not of the specification, but of the providers that most others are made with.
  const schemas: unknown = Reflect.get(languageModel, "supportsStructuredOutputs");
  return {
    tools: true,
    parallelToolCalls: true,
    structuredOutput: schemas === false ? "json" : "schema",
    vision: true,
    files: true,
    audio: true,
    reasoning: true,
    streaming: true,
    serverState: false,
  };
}

function readOptions(options: FromLanguageModelOptions): FromLanguageModelOptions {
  checkKeys("fromLanguageModel", options, Object.keys(optionsSchema.shape));
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return options;
  const issue = parsed.error.issues[0];
  throw new ConfigurationError(
    `option "${issue?.path.map(String).join(".") ?? ""}" of fromLanguageModel() cannot be used: ${issue?.message ?? ""}`,
  );
}
