/** Models behind OCI's native API, on demand and on dedicated endpoints: the model users name `OCIModel`. */
import {
  type ChatModel,
  type JsonObject,
  type JsonValue,
  type ModelCapabilities,
  type ModelRequest,
  type ModelResponse,
  type ModelStreamPart,
  parseJson,
} from "@locus-sdk/core";
import {
  type ChatProfile,
  ChatStream,
  cancelled,
  type OpenedAnswer,
  ParameterRepairs,
  readWireError,
  refuseUnsupportedInput,
} from "@locus-sdk/openai";
import { placedBy } from "../cache-identity.ts";
import { DEFAULT_TIMEOUT_MS, type OciConfig, resolveOciConfig } from "../config/resolve.ts";
import { ociContextWindow } from "../context-windows.ts";
import { ociChatProfile } from "../families.ts";
import { modelIdOf } from "../routing.ts";
import { FailedAnswer } from "./answer-error.ts";
import { NativeExchange } from "./exchange.ts";
import { CODECS, chooseFormat, codecFor, type FormatChoice, refuseIdleOptions } from "./formats.ts";
import { nativeReader } from "./frames.ts";
import {
  type CheckedNativeOptions,
  checkNativeOptions,
  NATIVE_OPTION_NAMES,
  type OCIModelOptions,
} from "./options.ts";
import { NATIVE_VOCABULARY, refusedNative } from "./parameters.ts";
import { isDedicated } from "./serving-mode.ts";

/**
 * A chat model over OCI's native API: Cohere models, dedicated endpoints, and any other model on demand.
 *
 * Options are checked now; the configuration file, keys and the vendor's client are loaded by the first call. A
 * failed request is repeated up to `maxRetries` times (default 2) where that may help, and never once the service
 * has answered with success.
 *
 * @throws ConfigurationError for an option that is unknown or unusable, and for ids of models that do not chat.
 * @example
 * ```ts
 * import { OCIModel } from "@locus-sdk/oci";
 *
 * const model = new OCIModel({ model: "cohere.command-a-03-2025", profile: "DEFAULT", region: "us-chicago-1" });
 * const { message } = await model.complete({ messages: [{ role: "user", content: "Hello" }] });
 * ```
 */
export class OCIModel implements ChatModel {
  readonly provider = "oci";
  readonly modelId: string;
  readonly capabilities: ModelCapabilities;
  readonly #options: CheckedNativeOptions;
  readonly #profile: ChatProfile;
  readonly #format: FormatChoice;
  readonly #exchange: NativeExchange;
  readonly #idleTimeoutMs: number;
  readonly #place: () => JsonValue | undefined;
  readonly #repairs = new ParameterRepairs(NATIVE_VOCABULARY);
  /** Learned from one refusal: this endpoint answers in one piece only. */
  #plainOnly = false;

  constructor(options: OCIModelOptions) {
    const { way, chat } = checkNativeOptions(options);
    const modelId = modelIdOf(way.model ?? "");
    this.modelId = modelId;
    this.#options = chat;
    this.#profile = ociChatProfile(chat.baseModel ?? modelId);
    this.#format = chooseFormat(modelId, options);
    refuseIdleOptions(chat, this.#format);
    const family = chat.baseModel ?? modelId;
    this.capabilities = {
      ...CODECS[this.#format.format].capabilities(this.#profile, family),
      ...ociContextWindow(family),
    };
    this.#idleTimeoutMs = way.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const resolve = (): OciConfig =>
      resolveOciConfig({ ...options, model: modelId, transport: "sdk" }, NATIVE_OPTION_NAMES);
    this.#exchange = new NativeExchange(modelId, resolve);
    this.#place = placedBy(resolve);
  }

  get cacheIdentity(): JsonValue | undefined {
    const place = this.#place();
    const options = parseJson(JSON.stringify(this.#options));
    return place === undefined || options === undefined ? undefined : { api: "native", place, options };
  }

  async complete(request: ModelRequest): Promise<ModelResponse> {
    const { response, reader } = await this.#open(request, false, request.signal);
    return reader.whole(await this.#exchange.text(response, request.signal));
  }

  stream(request: ModelRequest): AsyncIterable<ModelStreamPart> {
    const { signal } = request;
    return new ChatStream({
      open: (own) => this.#open(request, true, own),
      idleTimeoutMs: this.#idleTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Sends until there is an answer: once, and once more for each thing that the model refuses by name. */
  async #open(
    request: ModelRequest,
    stream: boolean,
    signal: AbortSignal | undefined,
  ): Promise<OpenedAnswer> {
    if (signal?.aborted === true) throw cancelled(signal);
    const codec = codecFor(this.#format, request);
    refuseUnsupportedInput(request.messages, {
      ...this.#exchange.context(),
      profile: this.#profile,
      transport: codec.input(this.#options.baseModel ?? this.modelId),
    });
    let plain = this.#plainOnly;
    for (let attempt = 1; ; attempt += 1) {
      const encoded = codec.encode(request, {
        modelId: this.modelId,
        profile: this.#profile,
        stream: stream && !plain,
        options: this.#options,
      });
      const { body: chatRequest, dropped } = this.#repairs.apply(encoded.chatRequest);
      try {
        const { onRetry } = request;
        const { response, requestId } = await this.#exchange.call(
          "chat",
          { chatRequest },
          { signal, onRetry },
        );
        const context = {
          ...this.#exchange.context(signal),
          ...(requestId === undefined ? {} : { requestId }),
        };
        // What answers in one piece and refused to stream is remembered; a call that failed either way has shown nothing.
        this.#plainOnly ||= stream && plain;
        const reader = nativeReader(codec, {
          ...context,
          profile: this.#profile,
          mapError: (error) => this.#exchange.error(error, signal),
          textToolCalls: this.#options.textToolCalls ?? false,
          warnings: [
            ...encoded.warnings,
            ...dropped.map((name) => `oci model "${this.modelId}" refuses ${name}: it was not sent`),
          ],
        });
        return { response, context, reader };
      } catch (thrown) {
        const repair = this.#learn(thrown, chatRequest);
        const wantsWhole = repair === undefined && this.#wantsWhole(thrown, chatRequest);
        const cure = wantsWhole ? "this endpoint does not stream: asking for the whole answer" : repair;
        if (cure === undefined) throw this.#exchange.error(thrown, signal);
        plain ||= wantsWhole;
        request.onRetry?.({ what: cure, attempt, delayMs: 0 });
      }
    }
  }

  /** What the next try will do otherwise, in words, or nothing where there is no next try. */
  #learn(thrown: unknown, chatRequest: JsonObject): string | undefined {
    const refused = refusedNative(thrown, chatRequest);
    return refused === undefined ? undefined : this.#repairs.learn(refused, chatRequest);
  }

  #wantsWhole(thrown: unknown, chatRequest: JsonObject): boolean {
    return chatRequest.isStream === true && isDedicated(this.modelId) && refusesStreams(thrown);
  }
}

const STREAM_BY_NAME = /\bis_?stream\b/i;
/** Images and uploads have streams too: the bare word counts only beside a refusal of the feature. */
const STREAM_REFUSED =
  /\bstream(?:ing)?\b.*\b(?:not (?:be )?supported|unsupported|unrecogni[sz]ed)\b|\b(?:does not support|unsupported|unrecogni[sz]ed)\b.*\bstream(?:ing)?\b/is;

/** Some containers on dedicated endpoints know no `isStream`. Only a refusal that names it is taken for that. */
function refusesStreams(thrown: unknown): boolean {
  if (!(thrown instanceof FailedAnswer) || (thrown.status !== 400 && thrown.status !== 422)) return false;
  const { param, message } = readWireError(thrown.error);
  const named = param?.split(".").at(-1);
  if (named !== undefined) return /^(?:is_?)?stream$/i.test(named);
  return STREAM_BY_NAME.test(message ?? "") || STREAM_REFUSED.test(message ?? "");
}
