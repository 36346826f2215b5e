/** Chat completions of OCI Generative AI, the model users name `OCIOpenAIModel`. */
import {
  ConfigurationError,
  type ModelRequest,
  type ModelResponse,
  type ModelStreamPart,
} from "@locus-sdk/core";
import { ChatCompletionsModel } from "@locus-sdk/openai";
import { placedBy } from "./cache-identity.ts";
import { openAIFor } from "./client.ts";
import { checkOptions, type OciModelOptions } from "./config/options.ts";
import { DEFAULT_TIMEOUT_MS, type OciConfig, resolveOciConfig } from "./config/resolve.ts";
import { ociContextWindow } from "./context-windows.ts";
import { assertCompartment, mapOciError } from "./errors.ts";
import { ociChatProfile } from "./families.ts";
import { createFetch } from "./http/signed-fetch.ts";
import {
  type RepairedRequest,
  refusesInstructions,
  withInstructionsFolded,
  withoutEffort,
} from "./request-repair.ts";
import { explainRoute, modelIdOf } from "./routing.ts";
import { flatMapParts, orElse } from "./stream-parts.ts";

/**
 * A model behind OCI's OpenAI-compatible chat completions, signed with whatever proves who is calling, or sent with an
 * OCI Generative AI API key.
 *
 * Options are checked now; the configuration file, keys and tokens are read by the first call.
 *
 * @throws ConfigurationError for an option that is unknown or unusable, and for a model that only the Responses API
 *   serves.
 * @example
 * ```ts
 * import { OCIOpenAIModel } from "@locus-sdk/oci";
 *
 * const model = new OCIOpenAIModel({ model: "openai.gpt-oss-120b", profile: "DEFAULT", region: "us-chicago-1" });
 * const { message } = await model.complete({ messages: [{ role: "user", content: "Hello" }] });
 * ```
 */
export class OCIOpenAIModel extends ChatCompletionsModel {
  #foldsInstructions = false;

  constructor(options: OciModelOptions) {
    const checked = checkOptions(options);
    const modelId = modelIdOf(checked.model ?? "");
    if (checked.transport !== undefined && checked.transport !== "v1") {
      throw new ConfigurationError(
        `OCIOpenAIModel speaks chat completions, not transport "${checked.transport}"`,
        {
          hint: 'Leave `transport` out here; getModel("oci:…", { transport }) chooses the class by it.',
        },
      );
    }
    explainRoute(modelId, { transport: "v1", env: {} });
    let known: OciConfig | undefined;
    super({
      provider: "oci",
      modelId,
      profile: ociChatProfile(modelId),
      capabilities: ociContextWindow(modelId),
      idleTimeoutMs: checked.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      mapError: mapOciError(() => known, "v1"),
      cacheIdentity: placedBy(() => resolveOciConfig({ ...options, model: modelId, transport: "v1" })),
      client: () => {
        known = resolveOciConfig({ ...options, model: modelId, transport: "v1" });
        assertCompartment(known);
        return openAIFor(known, createFetch(known));
      },
    });
  }

  override async complete(request: ModelRequest): Promise<ModelResponse> {
    const { request: sent, warning } = this.#prepare(request);
    const response = await super.complete(sent).catch(async (error: unknown) => {
      const folded = this.#repair(error, sent);
      if (folded === undefined) throw error;
      const answer = await super.complete(folded);
      this.#foldsInstructions = true;
      return answer;
    });
    return warning === undefined ? response : warned(response, warning);
  }

  override stream(request: ModelRequest): AsyncIterable<ModelStreamPart> {
    const { request: sent, warning } = this.#prepare(request);
    const parts = orElse(super.stream(sent), (error) => {
      const folded = this.#repair(error, sent);
      if (folded === undefined) return undefined;
      return flatMapParts(super.stream(folded), (part) => {
        this.#foldsInstructions = true;
        return [part];
      });
    });
    if (warning === undefined) return parts;
    return flatMapParts(parts, (part) => [
      part.type === "finish" ? { ...part, response: warned(part.response, warning) } : part,
    ]);
  }

  #prepare(request: ModelRequest): RepairedRequest {
    return withoutEffort(this.#foldsInstructions ? withInstructionsFolded(request) : request, this.modelId);
  }

  /** The cure for one refusal; where it helps, it is remembered for the life of the model. */
  #repair(error: unknown, request: ModelRequest): ModelRequest | undefined {
    if (!refusesInstructions(error, request)) return undefined;
    const what = "instructions beside tools are refused: sending them with the user's first message";
    request.onRetry?.({ what, attempt: 1, delayMs: 0 });
    return withInstructionsFolded(request);
  }
}

const warned = (response: ModelResponse, warning: string): ModelResponse => ({
  ...response,
  warnings: [...(response.warnings ?? []), warning],
});
