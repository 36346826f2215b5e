/** A `ChatModel` over the chat API of an Ollama server, on this machine or another. */
import { randomUUID } from "node:crypto";
import {
  type ChatModel,
  type JsonObject,
  type JsonValue,
  type ModelCapabilities,
  ModelError,
  type ModelRequest,
  type ModelResponse,
  type ModelStreamPart,
  retryingCall,
} from "@locus-sdk/core";
import type { ChatRequest } from "ollama/browser";
import { AnswerDecoder, type DecodeContext } from "./decode.ts";
import { encodeRequest } from "./encode.ts";
import { isModelMissing } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import { refuseUnsupportedInput } from "./input.ts";
import { type Connection, connectionOf, type OllamaModelOptions, readOptions } from "./options.ts";
import { isPulling, pullModel } from "./pull.ts";
import { openPullBar } from "./pull-bar.ts";
import { capabilitiesOf, learned, type OllamaModelInfo, readModelInfo } from "./show.ts";
import { AnswerStream, type OpenedAnswer } from "./stream.ts";
import { ThinkLessons } from "./think.ts";

/**
 * A model on an Ollama server. The `ollama` package is loaded by the first call. A request that failed in a way that may
 * pass is sent again, and told through `onRetry`; nothing is sent again once an answer has begun.
 *
 * Answers are streamed on the wire in both ways of asking, so that `timeoutMs` bounds silence and not slowness.
 *
 * @throws ConfigurationError naming an option that is unknown or unusable.
 * @example
 * ```ts
 * import { OllamaModel } from "@locus-sdk/ollama";
 *
 * const model = new OllamaModel({ model: "llama3.2", numCtx: 16_384, pull: true });
 * const { message } = await model.complete({ messages: [{ role: "user", content: "Hi" }] });
 * ```
 */
export class OllamaModel implements ChatModel {
  readonly provider = "ollama";
  readonly modelId: string;
  readonly #options: OllamaModelOptions;
  readonly #connection: Connection;
  readonly #lessons = new ThinkLessons();
  #capabilities: ModelCapabilities;

  constructor(options: OllamaModelOptions) {
    this.#options = readOptions(options);
    this.#connection = connectionOf(this.#options, process.env);
    this.modelId = this.#options.model;
    this.#capabilities = capabilitiesOf(this.#options);
  }

  /** What the options let hope for; after `show()`, what the server says. */
  get capabilities(): ModelCapabilities {
    return this.#capabilities;
  }

  get cacheIdentity(): JsonValue {
    const { think = null, numCtx = null } = this.#options;
    return { host: this.#connection.url, think, numCtx };
  }

  async complete(request: ModelRequest): Promise<ModelResponse> {
    for await (const part of this.stream(request)) {
      if (part.type === "finish") return part.response;
    }
    throw new ModelError(`ollama model "${this.modelId}" gave no answer`);
  }

  stream(request: ModelRequest): AsyncIterable<ModelStreamPart> {
    return new AnswerStream({
      open: (signal, emit) => this.#open(request, signal, emit),
      signal: request.signal,
    });
  }

  /**
   * Asks the server about the model, pulling it where that is wanted. From then on `capabilities` says what it told, the
   * context window included, and an image for a model that sees none is refused.
   *
   * @throws a `LocusError`: `ConnectionError` where there is no server, `PermissionOrNotFoundError` where there is no
   *   such model.
   * @example
   * ```ts
   * import { OllamaModel } from "@locus-sdk/ollama";
   *
   * const model = new OllamaModel({ model: "qwen3:8b" });
   * const { contextLength, capabilities } = await model.show();
   * ```
   */
  async show(options: { readonly signal?: AbortSignal } = {}): Promise<OllamaModelInfo> {
    const answer = await this.#orPull(options, () => {
      const exchange = new Exchange(this.#connection, options.signal);
      return exchange.ask((client) => client.show({ model: this.modelId }));
    });
    const info = readModelInfo(answer);
    this.#capabilities = learned(capabilitiesOf(this.#options), info);
    return info;
  }

  async #open(
    request: ModelRequest,
    signal: AbortSignal,
    emit: (part: ModelStreamPart) => void,
  ): Promise<OpenedAnswer> {
    const { vision } = this.#capabilities;
    const { modelId } = this;
    refuseUnsupportedInput(request.messages, { modelId, vision });
    const { body, warnings } = encodeRequest(request, { ...this.#options, modelId, vision });
    const opened = await this.#send(body, request, signal);
    const context: DecodeContext = {
      modelId,
      secrets: this.#connection.secrets,
      warnings: [...warnings, ...opened.warnings],
      ...(isCloud(this.#connection.url) ? { serviceTier: "cloud" } : {}),
      newCallId: () => `call_${randomUUID().replaceAll("-", "")}`,
    };
    return { exchange: opened.exchange, decoder: new AnswerDecoder(context, emit) };
  }

  /** Sends `body`, and once more where the model turns out to think otherwise than it was asked to. */
  async #send(
    body: JsonObject,
    request: ModelRequest,
    signal: AbortSignal,
  ): Promise<{ readonly exchange: Exchange; readonly warnings: readonly string[] }> {
    const { onRetry } = request;
    let fitted = this.#lessons.fit(body, request, this.modelId);
    for (let attempt = 1; ; attempt += 1) {
      const { body: sent, warnings } = fitted;
      try {
        const exchange = await this.#orPull({ signal, onRetry }, async () => {
          const opening = new Exchange(this.#connection, signal);
          await opening.open((client) => client.chat(chatRequest(sent)));
          return opening;
        });
        return { exchange, warnings };
      } catch (error) {
        const what = this.#lessons.learn(error);
        fitted = this.#lessons.fit(body, request, this.modelId);
        if (what === undefined || fitted.body.think === sent.think) throw error;
        onRetry?.({ what, attempt, delayMs: 0 });
      }
    }
  }

  /** What `send` gives; where the server lacks the model and it is to be pulled, after that. */
  async #orPull<T>(
    { signal, onRetry }: { readonly signal?: AbortSignal; readonly onRetry?: ModelRequest["onRetry"] },
    send: () => Promise<T>,
  ): Promise<T> {
    const { maxRetries } = this.#connection;
    const retries = { signal, onRetry, maxRetries };
    const { pull = false } = this.#options;
    try {
      return await retryingCall(send, retries);
    } catch (error) {
      if (pull === false || !isModelMissing(error)) throw error;
    }
    onRetry?.({
      what: `ollama model "${this.modelId}" is not there yet: it is pulled`,
      attempt: 1,
      delayMs: 0,
    });
    {
      // Who began the pull draws its bar.
      const draws = pull === "bar" && !isPulling(this.#connection);
      using bar = draws ? openPullBar(process.stderr) : undefined;
      const onProgress = typeof pull === "function" ? pull : bar?.tell;
      await pullModel(this.#connection, { signal, onRetry, onProgress });
    }
    return await retryingCall(send, retries);
  }
}

/** Ollama's own machines, which are paid for. */
const isCloud = (url: string): boolean => /(?:^|\.)ollama\.com$/.test(URL.parse(url)?.hostname ?? "");

/** The client's type lags behind the server's API; and it puts lists of its own in the place of those of images. */
const chatRequest = (body: JsonObject): ChatRequest & { stream: true } =>
  body as unknown as ChatRequest & { stream: true };
