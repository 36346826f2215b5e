/** Events of a streamed response, folded into parts as they come and into one `ModelResponse` at the end. */
import {
  IncompleteStreamError,
  isRecord,
  type JsonObject,
  type LocusError,
  type ModelResponse,
  type ModelStreamPart,
} from "@locus-sdk/core";
import type { FrameDecoder } from "../chat/answer.ts";
import { excerpt } from "../errors.ts";
import { finish, type ResponsesContext, toldError } from "./decode.ts";
import { decodeItem } from "./decode-item.ts";
import { DeltaTemplate } from "./delta-template.ts";
import { type ItemSlot, ItemSlots } from "./stream-items.ts";
import { parseItem, parseResponse } from "./wire.ts";

type Fields = Readonly<Record<string, unknown>>;
type Handler = (event: Fields, data: string) => void;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/**
 * Events that repeat what the item's own events tell, some with the whole request in them: left unread where their
 * type comes first, which it does.
 */
const UNREAD =
  /^\{"type":\s*"(?:response\.(?:created|in_progress|queued|content_part\.(?:added|done)|output_text\.(?:done|annotation\.added)|refusal\.done|function_call_arguments\.done|reasoning_(?:summary_)?text\.done|reasoning_summary_part\.(?:added|done)|mcp_call_arguments\.(?:delta|done)|code_interpreter_call_code\.(?:delta|done)|image_generation_call\.partial_image)|keepalive|ping)"/;

/** What a response can end as. */
const SETTLED: ReadonlySet<string> = new Set(["completed", "incomplete", "failed", "cancelled"]);

/** One streamed answer. `push` is the hot path: it checks by hand what a schema would check tenfold slower. */
export class ResponsesStreamDecoder implements FrameDecoder {
  readonly #context: ResponsesContext;
  readonly #emit: (part: ModelStreamPart) => void;
  readonly #template = new DeltaTemplate();
  readonly #slots = new ItemSlots();
  readonly #handlers: Readonly<Record<string, Handler>>;
  /** Where the text goes that the template finds: the message it was learned from. */
  #speaking: ItemSlot | undefined;
  #calls = 0;
  #frames = 0;
  #final: JsonObject | undefined;
  #done = false;

  constructor(context: ResponsesContext, emit: (part: ModelStreamPart) => void) {
    this.#context = context;
    this.#emit = emit;
    const thinks: Handler = (event) => this.#thought(event);
    const finishes: Handler = (event) => this.#finished(event);
    const fails: Handler = (event) => {
      throw toldError(isFields(event.response) ? event.response.error : event, this.#context);
    };
    this.#handlers = {
      "response.output_text.delta": (event, data) => this.#said(event, data),
      "response.refusal.delta": (event) =>
        this.#slots.find(event.item_id, event.output_index, "message").refusal.add(text(event.delta)),
      "response.reasoning_summary_text.delta": thinks,
      "response.reasoning_text.delta": thinks,
      "response.function_call_arguments.delta": (event) => this.#argued(event),
      "response.output_item.added": (event) => this.#added(event),
      "response.output_item.done": (event) => this.#itemDone(event),
      "response.completed": finishes,
      "response.incomplete": finishes,
      "response.done": finishes,
      "response.failed": fails,
      "response.cancelled": finishes,
      error: fails,
    };
  }

  get done(): boolean {
    return this.#done;
  }

  get finished(): boolean {
    return this.#final !== undefined;
  }

  get frames(): number {
    return this.#frames;
  }

  /** Takes one event in. Throws the typed error it tells of, or `IncompleteStreamError` where it is unreadable. */
  push(data: string, name: string | undefined): void {
    if (this.#done) return;
    const said = this.#template.textIn(data);
    if (said !== undefined && this.#speaking !== undefined) {
      if (said !== "") this.#say(this.#speaking, said);
      return;
    }
    if (data === "") return;
    if (data === "[DONE]" || data.trim() === "[DONE]") {
      this.#done = true;
      return;
    }
    if (UNREAD.test(data)) {
      this.#frames += 1;
      return;
    }
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch {
      if (name === "ping" || name === "heartbeat" || name === "keepalive") return;
      if (name === "error") throw toldError(data, this.#context);
      throw this.#incomplete(`sent an event that is not JSON: ${excerpt(data, this.#context.secrets)}`);
    }
    if (!isFields(event))
      throw this.#incomplete(`sent an event that is not an object: ${excerpt(data, this.#context.secrets)}`);
    this.#frames += 1;
    const type = typeof event.type === "string" ? event.type : (name ?? "");
    const handle = Object.hasOwn(this.#handlers, type) ? this.#handlers[type] : undefined;
    if (handle !== undefined) handle(event, data);
    else if (isFields(event.error) || name === "error" || (type === "" && text(event.message) !== "")) {
      throw toldError(event, this.#context);
    }
  }

  /** The whole answer. Throws `IncompleteStreamError` where the server never said that it had finished. */
  end(lateFailure?: LocusError): ModelResponse {
    if (this.#final === undefined) {
      throw this.#incomplete(
        this.#frames === 0
          ? "ended its stream without sending anything"
          : "ended its stream before it had finished",
      );
    }
    const parsed = parseResponse(this.#final);
    if (!parsed.success) throw this.#incomplete("ended its stream with something that is not a response");
    const warnings = [...(this.#context.warnings ?? [])];
    if (lateFailure !== undefined) {
      warnings.push(`the connection broke after the answer was complete: ${lateFailure.message}`);
    }
    const output = this.#output(parsed.data.output ?? []);
    return finish({ ...parsed.data, output }, { ...this.#context, warnings });
  }

  /** What the last event says, or, where it leaves items out, what the events before it told. */
  #output(final: readonly JsonObject[]): readonly JsonObject[] {
    const told = this.#slots.items();
    return final.length >= told.length ? final : told;
  }

  #say(slot: ItemSlot, said: string): void {
    slot.text.add(said);
    this.#emit({ type: "text_delta", text: said });
  }

  #said(event: Fields, data: string): void {
    const said = text(event.delta);
    const slot = this.#slots.find(event.item_id, event.output_index, "message");
    if (said === "") return;
    this.#say(slot, said);
    this.#speaking = slot;
    this.#template.learn(data, said);
  }

  #thought(event: Fields): void {
    const thought = text(event.delta);
    const slot = this.#slots.find(event.item_id, event.output_index, "reasoning");
    if (thought === "") return;
    const part = event.summary_index ?? event.content_index;
    const place = typeof part === "number" ? part : 0;
    // The parts of a summary are paragraphs.
    const gap = slot.thought !== undefined && slot.thought !== place ? "\n\n" : "";
    slot.thought = place;
    slot.text.add(gap + thought);
    this.#emit({ type: "reasoning_delta", text: gap + thought });
  }

  #argued(event: Fields): void {
    const argumentsDelta = text(event.delta);
    const slot = this.#slots.find(event.item_id, event.output_index, "function_call");
    if (argumentsDelta === "") return;
    slot.text.add(argumentsDelta);
    this.#emit({ type: "tool_call_delta", index: this.#placeOf(slot), argumentsDelta });
  }

  #placeOf(slot: ItemSlot): number {
    slot.callIndex ??= this.#calls++;
    return slot.callIndex;
  }

  #added(event: Fields): void {
    const item = parseItem(event.item);
    if (item === undefined) return;
    // Events without labels of their own belong to the item that came last.
    this.#speaking = undefined;
    const slot = this.#slots.known(item, event.output_index);
    if (slot === undefined) this.#name(this.#slots.open(item, item.id, event.output_index));
    else {
      // Its deltas came first.
      slot.item = item;
      this.#name(slot);
    }
  }

  /** Tells of a call by its name and id, once. */
  #name(slot: ItemSlot): void {
    const { item } = slot;
    if (slot.named || (item.type !== "function_call" && item.type !== "mcp_approval_request")) return;
    const [call] = decodeItem(item, false);
    if (call?.type !== "tool_call" || text(item.name) === "") return;
    slot.named = true;
    this.#emit({
      type: "tool_call_delta",
      index: this.#placeOf(slot),
      ...(call.id === "" ? {} : { id: call.id }),
      name: call.name,
      argumentsDelta: "",
    });
  }

  /** The truth about an item; what its deltas left out is told now. */
  #itemDone(event: Fields): void {
    const item = parseItem(event.item);
    if (item === undefined) return;
    const slot =
      this.#slots.known(item, event.output_index) ?? this.#slots.open(item, item.id, event.output_index);
    slot.item = item;
    this.#complete(slot);
  }

  #complete(slot: ItemSlot): void {
    slot.done = true;
    this.#name(slot);
    const told = slot.text.read();
    for (const part of decodeItem(slot.item, false)) {
      if (part.type === "text") this.#rest(slot, told, part.text);
      else if (part.type === "reasoning" && told === "" && part.text !== "") {
        this.#emit({ type: "reasoning_delta", text: part.text });
      } else if (part.type === "tool_call" && part.arguments.startsWith(told)) {
        const argumentsDelta = part.arguments.slice(told.length);
        if (argumentsDelta !== "") {
          this.#emit({ type: "tool_call_delta", index: this.#placeOf(slot), argumentsDelta });
        }
      }
    }
  }

  /** A message may hold several texts; only where none of it was streamed is it told at once. */
  #rest(slot: ItemSlot, told: string, whole: string): void {
    const single = Array.isArray(slot.item.content) && slot.item.content.length === 1;
    if (told === "") this.#emit({ type: "text_delta", text: whole });
    else if (single && whole.length > told.length && whole.startsWith(told)) {
      this.#emit({ type: "text_delta", text: whole.slice(told.length) });
    }
  }

  #finished(event: Fields): void {
    const response = isRecord(event.response) ? event.response : event;
    const told = text(response.status);
    const status = SETTLED.has(told) ? told : text(event.type).replace(/^response\.(?:done$)?/, "");
    this.#final = parseItem({ ...response, status: status === "" ? "completed" : status });
    for (const [index, value] of (Array.isArray(response.output) ? response.output : []).entries()) {
      const item = parseItem(value);
      if (item === undefined) continue;
      const slot = this.#slots.known(item, index) ?? this.#slots.open(item, item.id, index);
      if (slot.done) continue;
      // An item that no event told the end of, or none at all.
      slot.item = item;
      this.#complete(slot);
    }
    this.#done = true;
  }

  #incomplete(what: string): IncompleteStreamError {
    const { provider, modelId, requestId } = this.#context;
    return new IncompleteStreamError(`${provider} model "${modelId}" ${what}`, {
      ...(requestId === undefined ? {} : { requestId }),
      hint: "The part that came is not an answer. Nothing was sent again; try again.",
    });
  }
}
