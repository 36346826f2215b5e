/** A model of Locus for the AI SDK. */
import type { LanguageModelV4 } from "@ai-sdk/provider";
import { type ChatModel, checkKeys, checkModel } from "@locus-sdk/core";
import { toCallError } from "./api-error.ts";
import { readCall } from "./request.ts";
import { resultOf } from "./result.ts";
import { openStream } from "./stream.ts";

export interface ToLanguageModelOptions {
  /**
   * The URLs that the model's provider fetches itself, by media type; the AI SDK downloads all others and hands on their
   * bytes. Default: none.
   */
  readonly supportedUrls?: Readonly<Record<string, readonly RegExp[]>>;
}

/** The models made here: they know by name what the AI SDK has no words for. */
const ours = new WeakSet<object>();

/** Whether a model of the AI SDK is one of ours underneath. */
export const isOurs = (model: object): boolean => ours.has(model);

/**
 * `model` as a `LanguageModelV4`, for `generateText`, `streamText` and whatever else takes a model of the AI SDK 7.
 *
 * What the AI SDK has no words for travels in `providerMetadata.locus` and comes back with the next prompt: signatures and
 * sealed thoughts, items of providers, the server's state, arguments as they were written. Failures are `APICallError`s
 * that say whether trying again may help; a model that tries again itself is best left to it (`maxRetries: 0`).
 *
 * @throws ConfigurationError for what is no model, and an option that nobody knows.
 * @example
 * ```ts
 * import { toLanguageModel } from "@locus-sdk/ai-sdk";
 * import { ScriptedModel } from "@locus-sdk/core/testing";
 * import { generateText } from "ai";
 *
 * const model = toLanguageModel(new ScriptedModel(["Take an umbrella."]));
 * const { text } = await generateText({ model, prompt: "Will it rain?" });
 * ```
 */
export function toLanguageModel(model: ChatModel, options: ToLanguageModelOptions = {}): LanguageModelV4 {
  checkModel("toLanguageModel", model);
  checkKeys("toLanguageModel", options, ["supportedUrls"]);
  const supportedUrls = Object.fromEntries(
    Object.entries(options.supportedUrls ?? {}).map(([mediaType, urls]) => [mediaType, [...urls]]),
  );
  const languageModel: LanguageModelV4 = {
    specificationVersion: "v4",
    provider: `locus.${model.provider}`,
    modelId: model.modelId,
    supportedUrls,
    async doGenerate(call) {
      const { abortSignal } = call;
      const { request, warnings } = readCall(call, model);
      if (abortSignal?.aborted === true) throw abortSignal.reason;
      try {
        const signal = abortSignal === undefined ? {} : { signal: abortSignal };
        return resultOf(await model.complete({ ...request, ...signal }), warnings);
      } catch (error) {
        throw toCallError(error, model, abortSignal);
      }
    },
    async doStream(call) {
      const { abortSignal } = call;
      const { request, warnings } = readCall(call, model);
      const signal = abortSignal === undefined ? {} : { signal: abortSignal };
      return { stream: await openStream(model, { ...request, ...signal }, warnings) };
    },
  };
  ours.add(languageModel);
  return languageModel;
}
