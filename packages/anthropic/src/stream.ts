/** Folds the events of a streamed message into deltas and, at its end, the whole response. */
import {
  type AssistantPart,
  IncompleteStreamError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type LocusError,
  ModelError,
  type ModelResponse,
  type ModelStreamPart,
  parseJson,
  type Usage,
} from "@locus-sdk/core";
import { remote } from "./body.ts";
import { type AnswerContext, decodeBlock, finish, usageOf } from "./decode.ts";
import { toldError } from "./errors.ts";
import { excerpt } from "./excerpt.ts";
import { parseEvent, type WireEnd, type WireEvent, type WireUsage } from "./wire.ts";

/** A content block that is being told. Texts are kept in pieces and joined once. */
interface OpenBlock {
  readonly start: JsonObject;
  readonly text: string[];
  readonly json: string[];
  signature: string;
  readonly citations: JsonValue[];
  /** The place among the calls, for a block that is one. */
  readonly callIndex: number;
}

/** One streamed message. Pure: what goes in are the events' data, what comes out are parts. */
export class MessageFold {
  readonly #context: AnswerContext;
  readonly #blocks = new Map<number, OpenBlock>();
  #calls = 0;
  #model: string | undefined;
  #usage: WireUsage | undefined;
  #end: WireEnd = {};
  #events = 0;
  #stopped = false;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  /** Whether the server has said that nothing will follow. */
  get done(): boolean {
    return this.#stopped;
  }

  /** Whether the model has said why it stopped: what came is an answer. */
  get finished(): boolean {
    return this.#end.stop_reason !== undefined;
  }

  /** What the server has told of usage by now: the answer goes on being written behind it. */
  get told(): Usage | undefined {
    if (this.#usage === undefined) return undefined;
    return { ...usageOf(this.#usage, () => undefined), estimated: true };
  }

  get events(): number {
    return this.#events;
  }

  /** @throws a typed error where the event tells of one, or cannot be read. */
  push(data: string): readonly ModelStreamPart[] {
    // Gateways keep connections alive with nothing, and end their streams as OpenAI does.
    const bare = data.trim();
    if (bare === "" || bare === "[DONE]") return [];
    this.#events += 1;
    const parsed = parseEvent(parseJson(data));
    if (parsed === undefined || this.#stopped) return [];
    if (!parsed.success) throw this.#incomplete(`an event that cannot be read came: ${this.#excerpt(data)}`);
    return this.#take(parsed.data);
  }

  /** The whole answer. @throws IncompleteStreamError where the model has not said that it has finished. */
  end(): ModelResponse {
    if (!this.finished) {
      throw this.#incomplete("it ended before the model said why it stopped");
    }
    const { answerTool } = this.#context;
    const content: AssistantPart[] = [...this.#blocks.entries()]
      .toSorted(([one], [other]) => one - other)
      .flatMap(([, block]) => decodeBlock(collected(block), answerTool));
    const model = this.#model;
    return finish({ ...this.#end, ...(model === undefined ? {} : { model }), usage: this.#usage }, content, {
      ...this.#context,
    });
  }

  #take(event: WireEvent): readonly ModelStreamPart[] {
    switch (event.type) {
      case "message_start":
        this.#model = event.message.model;
        this.#count(event.message.usage);
        return [];
      case "content_block_start":
        return this.#open(event.index, event.content_block);
      case "content_block_delta":
        return this.#grow(event.index, event.delta);
      case "content_block_stop":
        return this.#close(event.index);
      case "message_delta":
        this.#end = event.delta;
        this.#count(event.usage);
        return [];
      case "message_stop":
        this.#stopped = true;
        return [];
      case "error":
        throw toldError(event.error, this.#context);
    }
  }

  /** Counts are cumulative; what a later event leaves out, an earlier one has said. */
  #count(usage: WireUsage | undefined): void {
    if (usage === undefined) return;
    const said = Object.entries(usage).filter(([, value]) => value !== undefined);
    this.#usage = { ...this.#usage, ...Object.fromEntries(said) };
  }

  #open(index: number, start: JsonObject): readonly ModelStreamPart[] {
    const isCall = start.type === "tool_use" && start.name !== this.#context.answerTool;
    const block: OpenBlock = {
      start,
      text: [],
      json: [],
      signature: typeof start.signature === "string" ? start.signature : "",
      citations: [],
      callIndex: isCall ? this.#calls++ : -1,
    };
    this.#blocks.set(index, block);
    if (isCall) {
      const { id, name } = start;
      return [
        {
          type: "tool_call_delta",
          index: block.callIndex,
          ...(typeof id === "string" ? { id } : {}),
          ...(typeof name === "string" ? { name } : {}),
          argumentsDelta: "",
        },
      ];
    }
    const begun = start.type === "text" ? start.text : start.type === "thinking" ? start.thinking : undefined;
    return typeof begun === "string" && begun !== "" ? this.#say(block, begun) : [];
  }

  #grow(index: number, delta: JsonObject): readonly ModelStreamPart[] {
    const block = this.#blocks.get(index);
    if (block === undefined) throw this.#incomplete(`a piece of block ${index} came before its beginning`);
    switch (delta.type) {
      case "text_delta":
        return typeof delta.text === "string" ? this.#say(block, delta.text) : [];
      case "thinking_delta":
        return typeof delta.thinking === "string" ? this.#say(block, delta.thinking) : [];
      case "input_json_delta":
        return typeof delta.partial_json === "string" ? this.#write(block, delta.partial_json) : [];
      case "signature_delta":
        if (typeof delta.signature === "string") block.signature += delta.signature;
        return [];
      case "citations_delta":
        if (delta.citation !== undefined) block.citations.push(delta.citation);
        return [];
      default:
        return [];
    }
  }

  #say(block: OpenBlock, text: string): readonly ModelStreamPart[] {
    if (text === "") return [];
    block.text.push(text);
    return [{ type: block.start.type === "thinking" ? "reasoning_delta" : "text_delta", text }];
  }

  #write(block: OpenBlock, json: string): readonly ModelStreamPart[] {
    if (json === "") return [];
    block.json.push(json);
    if (block.start.type !== "tool_use") return [];
    if (block.callIndex < 0) return [{ type: "text_delta", text: json }];
    return [{ type: "tool_call_delta", index: block.callIndex, argumentsDelta: json }];
  }

  /** A call whose arguments stood in its beginning, or that has none, tells them at its end. */
  #close(index: number): readonly ModelStreamPart[] {
    const block = this.#blocks.get(index);
    if (block?.start.type !== "tool_use" || block.json.length > 0) return [];
    return this.#write(block, JSON.stringify(block.start.input ?? {}));
  }

  #incomplete(why: string): LocusError {
    return new IncompleteStreamError(
      `the answer of anthropic model "${this.#context.modelId}" is incomplete: ${why}`,
      {
        ...remote(this.#context),
        hint: "The part that came is not an answer. Nothing was sent again; try again.",
      },
    );
  }

  #excerpt(text: string): string {
    return excerpt(text, this.#context.secrets);
  }
}

/** A block as it would have come in one piece; what a stream wrote as JSON stays text for calls of ours. */
function collected({ start, text, json, signature, citations }: OpenBlock): JsonObject {
  const said = text.join("");
  switch (start.type) {
    case "text":
      return { ...start, text: said, ...(citations.length === 0 ? {} : { citations }) };
    case "thinking":
      return { ...start, thinking: said, signature };
    case "tool_use":
      return { ...start, input: json.join("") };
    default: {
      const input = json.length === 0 ? undefined : parseJson(json.join(""));
      return isJsonObject(input) ? { ...start, input } : start;
    }
  }
}

/** The error for a stream without a single event. */
export function notAStream(stray: string, context: AnswerContext): LocusError {
  return new ModelError(
    `anthropic model "${context.modelId}" answered a stream request with something that is not a stream: ${excerpt(stray, context.secrets)}`,
    {
      ...remote(context),
      code: "invalid_response",
      hint: "Check that the base URL leads to the Messages API.",
    },
  );
}
