/** A `ChatModel` over the chat completions of any server that an `openai` client can reach. */
import type {
  ChatModel,
  JsonValue,
  ModelCapabilities,
  ModelRequest,
  ModelResponse,
  ModelStreamPart,
} from "@locus-sdk/core";
import type { OpenAI } from "openai";
import { BodyReader } from "../body.ts";
import { type CacheIdentity, identityOf } from "../cache-identity.ts";
import { cancelled, type ErrorContext, type ErrorMapper, requestIdIn, toLocusError } from "../errors.ts";
import { postJson } from "../post.ts";
import { sendRetrying } from "../retrying.ts";
import { tokenCounter } from "../tokens.ts";
import { openaiContextWindow } from "../tokens-table.ts";
import type { OpenedAnswer } from "./answer.ts";
import type { DecodeContext } from "./decode.ts";
import { encodeChatRequest } from "./encode.ts";
import { CHAT_INPUT, refuseUnsupportedInput } from "./input-support.ts";
import { type ChatProfile, DEFAULT_CHAT_PROFILE } from "./profile.ts";
import { chatReader } from "./reader.ts";
import { type ErrorParamReader, ParameterRepairs, readErrorParam } from "./repair.ts";
import { ChatStream } from "./stream.ts";

export interface ChatCompletionsModelOptions {
  /** The provider's name in errors, events and provider state. */
  readonly provider: string;
  /** The model id, sent as it is. */
  readonly modelId: string;
  /** Makes the client, or hands out a shared one; asked once, at the first call. */
  readonly client: () => OpenAI | Promise<OpenAI>;
  /** The family's quirks. Default: those of a plain OpenAI-compatible server. */
  readonly profile?: ChatProfile;
  /** What differs from the capabilities that follow from the profile. */
  readonly capabilities?: Partial<ModelCapabilities>;
  /** Translates what a call threw. Default: `toLocusError`. */
  readonly mapError?: ErrorMapper;
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What answers depend on beside the model: where the server is. See `ChatModel.cacheIdentity`. */
  readonly cacheIdentity?: CacheIdentity;
  /** The longest silence between two pieces of an answer, in ms. Default: the runtime's own limit. */
  readonly idleTimeoutMs?: number;
  /** What no error may hold, whatever it looks like: see `knownSecrets`. Default: nothing is known. */
  readonly secrets?: readonly string[];
  /** Finds the refused parameter in an error. Default: `readErrorParam`. */
  readonly readErrorParam?: ErrorParamReader;
}

/** What a model with this profile can do. */
export function capabilitiesOf(profile: ChatProfile): ModelCapabilities {
  const schema = { json_schema: "schema", json_object: "json", none: "none" } as const;
  return {
    tools: profile.tools,
    parallelToolCalls: profile.tools && !profile.unsupported.includes("parallel_tool_calls"),
    structuredOutput: schema[profile.structuredOutput],
    ...(profile.schemaWithTools ? {} : { structuredOutputWithTools: false }),
    vision: profile.input.image,
    files: profile.input.file,
    audio: profile.input.audio,
    reasoning: profile.reasoning,
    streaming: true,
    serverState: false,
  };
}

/** The context of a model of OpenAI's, as a capability. */
export function knownWindow(modelId: string): Pick<ModelCapabilities, "contextWindow"> {
  const contextWindow = openaiContextWindow(modelId);
  return contextWindow === undefined ? {} : { contextWindow };
}

/**
 * Chat completions through a client that the caller makes: routes and headers are the client's; encoding, decoding,
 * errors and retries are here. A request that failed in a way that may pass is sent again as often as the client's
 * `maxRetries` says, and told through `onRetry`; nothing is sent again once an answer has begun.
 *
 * @example
 * ```ts
 * import { ChatCompletionsModel } from "@locus-sdk/openai";
 * import { OpenAI } from "openai";
 *
 * const model = new ChatCompletionsModel({
 *   provider: "local",
 *   modelId: "llama-3.3-70b",
 *   client: () => new OpenAI({ baseURL: "http://127.0.0.1:8000/v1", apiKey: "none" }),
 * });
 * const response = await model.complete({ messages: [{ role: "user", content: "Hi" }] });
 * ```
 */
export class ChatCompletionsModel implements ChatModel {
  readonly provider: string;
  readonly modelId: string;
  readonly capabilities: ModelCapabilities;
  readonly profile: ChatProfile;
  readonly countTokens?: NonNullable<ChatModel["countTokens"]>;
  readonly #options: ChatCompletionsModelOptions;
  readonly #repairs = new ParameterRepairs();
  #client: Promise<OpenAI> | undefined;

  constructor(options: ChatCompletionsModelOptions) {
    this.provider = options.provider;
    this.modelId = options.modelId;
    this.profile = options.profile ?? DEFAULT_CHAT_PROFILE;
    this.capabilities = {
      ...capabilitiesOf(this.profile),
      ...knownWindow(this.modelId),
      ...options.capabilities,
    };
    const countTokens = tokenCounter(this.modelId);
    if (countTokens !== undefined) this.countTokens = countTokens;
    this.#options = options;
  }

  async complete(request: ModelRequest): Promise<ModelResponse> {
    const { response, context, reader } = await this.#open(request, false, request.signal);
    const { idleTimeoutMs } = this.#options;
    const body = new BodyReader(response, {
      context,
      ...(context.requestId === undefined ? {} : { requestId: context.requestId }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    });
    try {
      return reader.whole(await body.text());
    } finally {
      body.close();
    }
  }

  stream(request: ModelRequest): AsyncIterable<ModelStreamPart> {
    const { signal } = request;
    const { idleTimeoutMs } = this.#options;
    return new ChatStream({
      open: (own) => this.#open(request, true, own),
      ...(signal === undefined ? {} : { signal }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    });
  }

  get cacheIdentity(): JsonValue | undefined {
    return identityOf("chat", this.#options.cacheIdentity, this.profile);
  }

  /** Lets the client go; the next call makes a new one. */
  close(): Promise<void> {
    this.#client = undefined;
    return Promise.resolve();
  }

  /** Sends until there is an answer: once, and once more for each parameter that the server refuses by name. */
  async #open(
    request: ModelRequest,
    stream: boolean,
    signal: AbortSignal | undefined,
  ): Promise<OpenedAnswer> {
    const context: ErrorContext = {
      provider: this.provider,
      modelId: this.modelId,
      ...(signal === undefined ? {} : { signal }),
      ...(this.#options.secrets === undefined ? {} : { secrets: this.#options.secrets }),
    };
    if (signal?.aborted === true) throw cancelled(signal);
    refuseUnsupportedInput(request.messages, { ...context, profile: this.profile, transport: CHAT_INPUT });
    const mapError = this.#options.mapError ?? toLocusError;
    const { provider, modelId, profile } = this;
    const { headers } = this.#options;
    const encoded = encodeChatRequest(request, { provider, modelId, profile, stream });
    for (let attempt = 1; ; attempt += 1) {
      const { body, dropped } = this.#repairs.apply(encoded.body);
      try {
        const client = await this.#connect();
        const response = await sendRetrying(
          client,
          () => postJson(client, "/chat/completions", body, { signal, headers }),
          {
            context,
            mapError,
            onRetry: request.onRetry,
          },
        );
        const requestId = requestIdIn(response);
        const answered: DecodeContext = {
          ...context,
          mapError,
          profile: this.profile,
          ...(requestId === undefined ? {} : { requestId }),
          warnings:
            dropped.length === 0
              ? encoded.warnings
              : [
                  ...encoded.warnings,
                  ...dropped.map((name) => `${provider} model "${modelId}" refuses ${name}: it was not sent`),
                ],
        };
        return { response, context: answered, reader: chatReader(answered) };
      } catch (error) {
        const refused = (this.#options.readErrorParam ?? readErrorParam)(error);
        const repair = refused === undefined ? undefined : this.#repairs.learn(refused, body);
        if (repair === undefined) throw mapError(error, context);
        request.onRetry?.({ what: repair, attempt, delayMs: 0 });
      }
    }
  }

  #connect(): Promise<OpenAI> {
    this.#client ??= Promise.resolve(this.#options.client()).catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }
}
