/** Stream parts of the AI SDK, folded into deltas of ours as they come and into one response at the end. */
import type {
  LanguageModelV3StreamPart,
  LanguageModelV4StreamPart,
  SharedV4ProviderMetadata,
  SharedV4Warning,
} from "@ai-sdk/provider";
import { IncompleteStreamError, type ModelResponse, type ModelStreamPart } from "@locus-sdk/core";
import { type AnswerContext, type Content, type Ending, responseOf } from "./answer.ts";

export type StreamPart = LanguageModelV4StreamPart | LanguageModelV3StreamPart;

/** A block of text or of thoughts, in the pieces it came in. */
interface Block {
  readonly type: "text" | "reasoning";
  readonly pieces: string[];
  metadata: SharedV4ProviderMetadata | undefined;
}

/** A call whose input is coming; what was handed on of it. */
interface Call {
  readonly index: number;
  readonly pieces: string[];
}

/** One answer. Its parts stand in the order in which they began. */
export class StreamReader {
  readonly #context: AnswerContext;
  readonly #emit: (part: ModelStreamPart) => void;
  readonly #content: (Block | { readonly type: "content"; readonly content: Content })[] = [];
  readonly #open = new Map<string, Block>();
  readonly #calls = new Map<string, Call>();
  #warnings: readonly SharedV4Warning[] = [];
  #requestId: string | undefined;
  #modelId: string | undefined;
  #index = 0;
  #ending: Pick<Ending, "finishReason" | "usage" | "providerMetadata"> | undefined;

  constructor(context: AnswerContext, emit: (part: ModelStreamPart) => void) {
    this.#context = context;
    this.#emit = emit;
  }

  /** Takes one part in. Throws what an `error` part holds. */
  push(part: StreamPart): void {
    switch (part.type) {
      case "text-start":
      case "reasoning-start":
      case "text-delta":
      case "reasoning-delta":
      case "text-end":
      case "reasoning-end":
        this.#spoken(part);
        break;
      case "tool-input-start":
        // Input that is not JSON yet is told of when the call is whole.
        if (part.providerExecuted === true) break;
        if ("inputEncoding" in part && part.inputEncoding === "text") break;
        this.#begin(part.id, part.toolName);
        break;
      case "tool-input-delta": {
        const call = this.#calls.get(part.id);
        if (call !== undefined && part.delta !== "") this.#tell(call, part.delta);
        break;
      }
      case "tool-call":
        this.#content.push({ type: "content", content: part });
        if (part.providerExecuted !== true) this.#endCall(part);
        break;
      case "custom":
      case "file":
      case "reasoning-file":
      case "source":
      case "tool-result":
      case "tool-approval-request":
        this.#content.push({ type: "content", content: part });
        break;
      case "stream-start":
        this.#warnings = part.warnings;
        break;
      case "response-metadata":
        this.#requestId = part.id ?? this.#requestId;
        this.#modelId = part.modelId ?? this.#modelId;
        break;
      case "finish":
        this.#ending = part;
        break;
      case "error":
        throw part.error;
      default:
        break;
    }
  }

  /** The whole answer. Throws `IncompleteStreamError` where the model never said that it was complete. */
  end(): ModelResponse {
    const ending = this.#ending;
    if (ending === undefined || neverSaid(ending.finishReason)) {
      const { provider, modelId } = this.#context;
      throw new IncompleteStreamError(
        `model "${modelId}" of ${provider} ended its stream before it had finished`,
        { hint: "The part that came is not an answer. Nothing was sent again; try again." },
      );
    }
    const content = this.#content.map((entry): Content => {
      if (entry.type === "content") return entry.content;
      const { type, pieces, metadata } = entry;
      return {
        type,
        text: pieces.join(""),
        ...(metadata === undefined ? {} : { providerMetadata: metadata }),
      };
    });
    const warnings = this.#warnings;
    return responseOf(
      content,
      { ...ending, warnings, requestId: this.#requestId, modelId: this.#modelId },
      this.#context,
    );
  }

  #spoken(part: Extract<StreamPart, { type: `${"text" | "reasoning"}-${"start" | "delta" | "end"}` }>): void {
    const type = part.type.startsWith("text") ? "text" : "reasoning";
    const key = `${type}:${part.id}`;
    let block = this.#open.get(key);
    if (block === undefined || part.type.endsWith("-start")) {
      if (part.type.endsWith("-end")) return;
      block = { type, pieces: [], metadata: undefined };
      this.#open.set(key, block);
      this.#content.push(block);
    }
    block.metadata = part.providerMetadata ?? block.metadata;
    if (part.type.endsWith("-end")) this.#open.delete(key);
    if (!("delta" in part) || part.delta === "") return;
    block.pieces.push(part.delta);
    this.#emit({ type: `${type}_delta`, text: part.delta });
  }

  #begin(id: string, name: string): Call {
    const call: Call = { index: this.#index, pieces: [] };
    this.#index += 1;
    this.#calls.set(id, call);
    this.#emit({ type: "tool_call_delta", index: call.index, id, name, argumentsDelta: "" });
    return call;
  }

  #tell(call: Call, argumentsDelta: string): void {
    call.pieces.push(argumentsDelta);
    this.#emit({ type: "tool_call_delta", index: call.index, argumentsDelta });
  }

  /** Hands on what no delta brought of the input, which alone counts. */
  #endCall({ toolCallId, toolName, input }: Extract<StreamPart, { type: "tool-call" }>): void {
    const call = this.#calls.get(toolCallId) ?? this.#begin(toolCallId, toolName);
    const told = call.pieces.join("");
    if (input.length > told.length && input.startsWith(told)) this.#tell(call, input.slice(told.length));
    this.#calls.delete(toolCallId);
  }
}

/** Providers end a stream that broke off with what they began with: no reason of the server's. */
function neverSaid({ unified, raw }: Ending["finishReason"]): boolean {
  return unified === "interrupted" || (unified === "other" && raw === undefined);
}
