// A response as the events of its stream, from `response.created` to the last word.
import { slices } from "../answers/complete.ts";
import { type JsonObject, type JsonValue, plainText } from "../json.ts";
import type { StreamEvent } from "../stream/events.ts";
import type { Item } from "./items.ts";
import { type MessagePart, type Output, partOf } from "./output.ts";

interface HostedKind {
  /** States that are announced between the item's appearance and its end. */
  readonly states: readonly string[];
  /** A text that is streamed in deltas, and the name of its events. */
  readonly streamed?: { readonly field: string; readonly event: string };
  /** What the item looks like before it has run. */
  readonly pending?: JsonObject;
}

/** The events of hosted tools; other kinds just appear and are done. */
const hostedKinds: Readonly<Record<string, HostedKind>> = {
  file_search_call: { states: ["in_progress", "searching", "completed"], pending: { results: null } },
  web_search_call: { states: ["in_progress", "searching", "completed"] },
  code_interpreter_call: {
    states: ["in_progress", "interpreting", "completed"],
    streamed: { field: "code", event: "code_interpreter_call_code" },
    pending: { outputs: null },
  },
  image_generation_call: { states: ["in_progress", "generating", "completed"], pending: { result: null } },
  mcp_list_tools: { states: ["in_progress", "completed"], pending: { tools: [] } },
  mcp_call: {
    states: ["in_progress", "completed"],
    streamed: { field: "arguments", event: "mcp_call_arguments" },
    pending: { output: null },
  },
  custom_tool_call: { states: [], streamed: { field: "input", event: "custom_tool_call_input" } },
};

interface Told {
  readonly type: string;
  readonly [field: string]: JsonValue | undefined;
}

export interface EventOptions {
  /** Whether the last event is sent at all. */
  readonly finish: boolean;
  readonly shuffled: boolean;
  /** The response is complete: told just before the client is. */
  onFinished(): void;
}

/** The stream's events, lazily. */
export function* responseEvents(
  begun: JsonObject,
  outputs: readonly Output[],
  finished: JsonObject,
  options: EventOptions,
): Generator<StreamEvent> {
  let sequence = 0;
  const number = (event: Told): StreamEvent => {
    // Neighbours swap their numbers: 1, 0, 3, 2, and so on.
    const sequence_number = options.shuffled ? sequence ^ 1 : sequence;
    sequence += 1;
    return { name: event.type, data: { ...event, sequence_number } };
  };
  yield number({ type: "response.created", response: begun });
  yield number({ type: "response.in_progress", response: begun });
  for (const [index, output] of outputs.entries()) {
    for (const event of outputEvents(output, index)) yield number(event);
  }
  options.onFinished();
  if (options.finish) yield number({ type: `response.${plainText(finished.status)}`, response: finished });
}

function* outputEvents(output: Output, output_index: number): Generator<Told> {
  const { item } = output;
  const at = { item_id: item.id, output_index };
  yield { type: "response.output_item.added", output_index, item: pendingItem(output) };
  switch (output.kind) {
    case "reasoning":
      yield* reasoningEvents(output, at);
      break;
    case "hosted":
      yield* hostedEvents(item, at);
      break;
    case "message":
      for (const [content_index, part] of output.parts.entries()) {
        yield* partEvents(part, { ...at, content_index });
      }
      break;
    case "call":
      yield* deltas("function_call_arguments", "arguments", item.arguments, { ...at, name: item.name });
      break;
  }
  yield { type: "response.output_item.done", output_index, item };
}

function pendingItem({ kind, item }: Output): JsonObject {
  const begun = item.status === undefined ? item : { ...item, status: "in_progress" };
  switch (kind) {
    case "reasoning": {
      // What the item holds arrives with the events that follow.
      const { content: _, encrypted_content: __, ...bare } = begun;
      return { ...bare, summary: [] };
    }
    case "message":
      return { ...begun, content: [] };
    case "call":
      return { ...begun, arguments: "" };
    case "hosted": {
      const known = hostedKinds[item.type];
      const pending = Object.entries(known?.pending ?? {}).filter(([field]) => field in item);
      const streamed = known?.streamed !== undefined && known.streamed.field in item;
      return {
        ...begun,
        ...Object.fromEntries(pending),
        ...(streamed ? { [known.streamed.field]: "" } : {}),
      };
    }
  }
}

interface Place {
  readonly item_id: string;
  readonly output_index: number;
  readonly [field: string]: JsonValue | undefined;
}

/** A text of an item in deltas, then whole. */
function* deltas(event: string, field: string, value: JsonValue | undefined, at: Place): Generator<Told> {
  const text = typeof value === "string" ? value : "";
  const { name, ...place } = at;
  for (const delta of slices(text, 12)) yield { type: `response.${event}.delta`, ...place, delta };
  yield {
    type: `response.${event}.done`,
    ...place,
    ...(name === undefined ? {} : { name }),
    [field]: text,
  };
}

function* reasoningEvents(output: Output & { readonly kind: "reasoning" }, at: Place): Generator<Told> {
  const text = output.pieces.join("");
  if (output.shown === "text") {
    const place = { ...at, content_index: 0 };
    const part = (value: string): JsonObject => ({ type: "reasoning_text", text: value });
    yield { type: "response.content_part.added", ...place, part: part("") };
    for (const delta of output.pieces) yield { type: "response.reasoning_text.delta", ...place, delta };
    yield { type: "response.reasoning_text.done", ...place, text };
    yield { type: "response.content_part.done", ...place, part: part(text) };
  }
  if (output.shown === "summary") {
    const place = { ...at, summary_index: 0 };
    const part = (value: string): JsonObject => ({ type: "summary_text", text: value });
    yield { type: "response.reasoning_summary_part.added", ...place, part: part("") };
    for (const delta of output.pieces)
      yield { type: "response.reasoning_summary_text.delta", ...place, delta };
    yield { type: "response.reasoning_summary_text.done", ...place, text };
    yield { type: "response.reasoning_summary_part.done", ...place, part: part(text) };
  }
}

function* partEvents(part: MessagePart, place: Place): Generator<Told> {
  const text = part.pieces.join("");
  const extra = part.type === "output_text" ? { logprobs: [] } : {};
  yield { type: "response.content_part.added", ...place, part: partOf(part, "") };
  for (const delta of part.pieces) yield { type: `response.${part.type}.delta`, ...place, delta, ...extra };
  if (part.type === "output_text") {
    for (const [annotation_index, annotation] of part.annotations.entries()) {
      yield { type: "response.output_text.annotation.added", ...place, annotation_index, annotation };
    }
  }
  const field = part.type === "refusal" ? "refusal" : "text";
  yield { type: `response.${part.type}.done`, ...place, [field]: text, ...extra };
  yield { type: "response.content_part.done", ...place, part: partOf(part, text) };
}

function* hostedEvents(item: Item, at: Place): Generator<Told> {
  const known = hostedKinds[item.type];
  if (known === undefined) return;
  const failed = item.status === "failed" || (item.error !== undefined && item.error !== null);
  for (const [step, state] of known.states.entries()) {
    const named = state === "completed" && failed ? "failed" : state;
    yield { type: `response.${item.type}.${named}`, ...at };
    if (step === 0 && known.streamed !== undefined) yield* streamedField(item, known.streamed, at);
  }
  if (known.states.length === 0 && known.streamed !== undefined)
    yield* streamedField(item, known.streamed, at);
}

function* streamedField(
  item: Item,
  { field, event }: NonNullable<HostedKind["streamed"]>,
  at: Place,
): Generator<Told> {
  if (field in item) yield* deltas(event, field, item[field], at);
}
