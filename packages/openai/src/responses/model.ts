/** A `ChatModel` over the Responses API of any server that an `openai` client can reach. */
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
import { identityOf } from "../cache-identity.ts";
import type { AnswerReader } from "../chat/answer.ts";
import { capabilitiesOf, knownWindow } from "../chat/model.ts";
import { type ChatProfile, DEFAULT_CHAT_PROFILE } from "../chat/profile.ts";
import { ChatStream } from "../chat/stream.ts";
import { tokenCounter } from "../tokens.ts";
import { type OpenedResponse, openResponse } from "./call.ts";
import { decodeResponseText, type ResponsesContext } from "./decode.ts";
import { Lessons } from "./lessons.ts";
import {
  checkScope,
  checkTracing,
  type HistoryOwner,
  historyOwner,
  type ResponsesModelOptions,
} from "./options.ts";
import { ResponsesStreamDecoder } from "./stream-decoder.ts";

/**
 * Responses through a client that the caller makes: routes and headers are the client's. A request that failed in a
 * way that may pass is sent again as often as the client's `maxRetries` says; nothing is once an answer has begun.
 *
 * What the server was sent and has answered is remembered in each response's `providerState`; handed back in the next
 * request, it makes that request carry only what is new. A history that is not what the server saw, another scope or a
 * lost response is sent whole, once, and told through `onRetry`.
 *
 * An answer that was cut (`length`, `content_filter`) has no state of its own: the next request goes on from the last
 * complete answer and carries the cut one.
 *
 * @throws ConfigurationError where `history`, `store` and `conversation` contradict each other.
 * @example
 * ```ts
 * import { ResponsesModel } from "@locus-sdk/openai";
 * import { OpenAI } from "openai";
 *
 * const baseURL = "http://127.0.0.1:8000/v1";
 * const model = new ResponsesModel({
 *   provider: "local",
 *   modelId: "gpt-oss-120b",
 *   client: () => new OpenAI({ baseURL, apiKey: "none" }),
 *   scope: { baseURL },
 * });
 * const response = await model.complete({ messages: [{ role: "user", content: "Hi" }] });
 * ```
 */
export class ResponsesModel implements ChatModel {
  readonly provider: string;
  readonly modelId: string;
  readonly profile: ChatProfile;
  /** Who keeps the history, as configured; a server that keeps nothing makes it `"client"` in effect. */
  readonly history: HistoryOwner;
  readonly countTokens?: NonNullable<ChatModel["countTokens"]>;
  readonly #options: ResponsesModelOptions;
  readonly #lessons = new Lessons();
  readonly #capabilities: ModelCapabilities;
  #client: Promise<OpenAI> | undefined;

  constructor(options: ResponsesModelOptions) {
    this.history = historyOwner(options);
    checkScope(options.scope);
    checkTracing(options);
    this.provider = options.provider;
    this.modelId = options.modelId;
    this.profile = options.profile ?? DEFAULT_CHAT_PROFILE;
    this.#capabilities = {
      ...capabilitiesOf(this.profile),
      ...knownWindow(this.modelId),
      serverState: this.history !== "client",
      ...options.capabilities,
    };
    this.#options = options;
    const countTokens = tokenCounter(this.modelId);
    if (countTokens !== undefined) this.countTokens = countTokens;
  }

  get capabilities(): ModelCapabilities {
    return this.#lessons.stateless === undefined
      ? this.#capabilities
      : { ...this.#capabilities, serverState: false };
  }

  async complete(request: ModelRequest): Promise<ModelResponse> {
    const { response, context } = await this.#open(request, false, request.signal);
    const { idleTimeoutMs } = this.#options;
    const body = new BodyReader(response, {
      context,
      ...(context.requestId === undefined ? {} : { requestId: context.requestId }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    });
    try {
      return decodeResponseText(await body.text(), context);
    } finally {
      body.close();
    }
  }

  stream(request: ModelRequest): AsyncIterable<ModelStreamPart> {
    const { signal } = request;
    const { idleTimeoutMs } = this.#options;
    return new ChatStream({
      open: async (own) => {
        const opened = await this.#open(request, true, own);
        return { ...opened, reader: responsesReader(opened.context) };
      },
      ...(signal === undefined ? {} : { signal }),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    });
  }

  get cacheIdentity(): JsonValue | undefined {
    const { cacheIdentity, store, include, rawOutput } = this.#options;
    const options = { store, include, rawOutput, history: this.history };
    return identityOf("responses", cacheIdentity, this.profile, options);
  }

  /** Lets the client go; the next call makes a new one. */
  close(): Promise<void> {
    this.#client = undefined;
    return Promise.resolve();
  }

  #open(request: ModelRequest, stream: boolean, signal: AbortSignal | undefined): Promise<OpenedResponse> {
    return openResponse(
      {
        ...this.#options,
        profile: this.profile,
        history: this.history,
        connect: () => this.#connect(),
        lessons: this.#lessons,
      },
      { request, stream, signal },
    );
  }

  #connect(): Promise<OpenAI> {
    this.#client ??= Promise.resolve(this.#options.client()).catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }
}

/** Reads responses, streamed or whole. */
export function responsesReader(context: ResponsesContext): AnswerReader {
  return {
    frames: (emit) => new ResponsesStreamDecoder(context, emit),
    whole: (text) => decodeResponseText(text, context),
    hint: "Check that the endpoint has the Responses API.",
  };
}
