/** A streamed answer in the AI SDK's parts: deltas as they come, and at the end what only the whole answer tells. */
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { AssistantPart, ModelResponse, ModelStreamPart } from "@locus-sdk/core";
import { metadataOf } from "../metadata.ts";
import {
  answerMetadataOf,
  contentOf,
  finishReasonOf,
  responseMetadataOf,
  stateContent,
  usageOf,
} from "./result.ts";
import { type Block, sealsOf, untold } from "./streamed.ts";

type Emit = (part: LanguageModelV4StreamPart) => void;
type Spoken = Block["type"];

/** A call under way; what came before its name and its id waits for them. */
interface Call {
  id: string;
  name: string;
  waiting: string;
  begun: boolean;
}

/**
 * One answer. A block of text ends where something else begins. A block of thoughts stays open to the end of the answer:
 * its signature comes with that, and the AI SDK keeps with a part what its end brings.
 */
export class StreamWriter {
  readonly #emit: Emit;
  readonly #blocks: Block[] = [];
  readonly #calls = new Map<number, Call>();
  #current: Block | undefined;

  /** How many parts were emitted so far. */
  emitted = 0;

  constructor(emit: Emit) {
    this.#emit = (part) => {
      this.emitted += 1;
      emit(part);
    };
  }

  /** Takes in what is no `finish`. */
  push(part: Exclude<ModelStreamPart, { type: "finish" }>): void {
    if (part.type === "tool_call_delta") this.#call(part);
    else if (part.text !== "") this.#say(part.type === "text_delta" ? "text" : "reasoning", part.text);
  }

  /** Ends everything that is open, and adds what has not been streamed. */
  finish(response: ModelResponse): void {
    this.#endText();
    const { content } = response.message;
    const left = untold(content, this.#blocks);
    for (const { block, kept } of sealsOf(content, this.#blocks)) {
      this.#emit({ type: "reasoning-end", id: block.id, ...metadataOf(kept) });
    }
    for (const { part, place } of left) this.#add(part, place);
    if (response.providerState !== undefined) this.#whole(stateContent(response.providerState));
    this.#emit({ type: "response-metadata", ...responseMetadataOf(response) });
    this.#emit({
      type: "finish",
      usage: usageOf(response.usage),
      finishReason: finishReasonOf(response.stopReason),
      ...answerMetadataOf(response),
    });
  }

  #say(type: Spoken, text: string): void {
    if (this.#current?.type !== type) this.#begin(type);
    const block = this.#current;
    if (block === undefined) return;
    block.length += text.length;
    this.#emit({ type: `${type}-delta`, id: block.id, delta: text });
  }

  #begin(type: Spoken): void {
    this.#endText();
    const block: Block = { type, id: String(this.#blocks.length), length: 0 };
    this.#blocks.push(block);
    this.#current = block;
    this.#emit({ type: `${type}-start`, id: block.id });
  }

  #endText(): void {
    if (this.#current?.type === "text") this.#emit({ type: "text-end", id: this.#current.id });
    this.#current = undefined;
  }

  #call({ index, id, name, argumentsDelta }: Extract<ModelStreamPart, { type: "tool_call_delta" }>): void {
    this.#endText();
    let call = this.#calls.get(index);
    if (call === undefined) {
      call = { id: "", name: "", waiting: "", begun: false };
      this.#calls.set(index, call);
    }
    if (id !== undefined) call.id = id;
    if (name !== undefined && !call.begun) call.name += name;
    if (!call.begun && (call.id === "" || call.name === "")) {
      call.waiting += argumentsDelta;
      return;
    }
    if (!call.begun) {
      call.begun = true;
      this.#emit({ type: "tool-input-start", id: call.id, toolName: call.name });
    }
    const delta = call.waiting + argumentsDelta;
    call.waiting = "";
    if (delta !== "") this.#emit({ type: "tool-input-delta", id: call.id, delta });
  }

  #add(part: AssistantPart, place: number | undefined): void {
    const content = contentOf(part, place === undefined ? {} : { place });
    if (content.type === "tool-call") {
      const streamed = [...this.#calls.values()].some(({ id, begun }) => begun && id === content.toolCallId);
      if (streamed) this.#emit({ type: "tool-input-end", id: content.toolCallId });
    }
    this.#whole(content);
  }

  #whole(content: ReturnType<typeof contentOf>): void {
    if (content.type !== "text" && content.type !== "reasoning") {
      this.#emit(content);
      return;
    }
    const { type, text, providerMetadata } = content;
    const id = String(this.#blocks.length);
    this.#blocks.push({ type, id, length: text.length });
    this.#emit({ type: `${type}-start`, id });
    if (text !== "") this.#emit({ type: `${type}-delta`, id, delta: text });
    this.#emit({ type: `${type}-end`, id, ...(providerMetadata === undefined ? {} : { providerMetadata }) });
  }
}
