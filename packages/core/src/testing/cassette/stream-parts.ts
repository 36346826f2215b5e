/** The parts of a stream: scrubbed across their borders when they are recorded, made from a response that came whole. */
import { type JsonValue, toJson } from "../../json/json.ts";
import type { ModelResponse, ModelStreamPart } from "../../model/types.ts";
import type { Scrubber } from "./scrub.ts";

type Delta = Exclude<ModelStreamPart, { type: "finish" }>;

/** A secret may come in pieces, none of which looks like one: what belongs together is scrubbed together. */
export function scrubbedParts(parts: readonly ModelStreamPart[], scrubber: Scrubber): JsonValue {
  const texts = new Map<string, { readonly at: number[]; readonly pieces: string[] }>();
  for (const [index, part] of parts.entries()) {
    if (part.type === "finish") continue;
    const text = texts.get(groupOf(part)) ?? { at: [], pieces: [] };
    texts.set(groupOf(part), text);
    text.at.push(index);
    text.pieces.push(textOf(part));
  }
  const cleaned = new Map<number, string>();
  for (const { at, pieces } of texts.values()) {
    const clean = recut(scrubber.text(pieces.join("")), pieces);
    for (const [index, place] of at.entries()) cleaned.set(place, clean[index] ?? "");
  }
  return parts.map((part, index) => scrubbedPart(part, cleaned.get(index) ?? "", scrubber));
}

/** One delta for each part of the message. */
export function deltasOf({ message }: ModelResponse): readonly Delta[] {
  const deltas: Delta[] = [];
  let index = 0;
  for (const part of message.content) {
    if (part.type === "text") deltas.push({ type: "text_delta", text: part.text });
    else if (part.type === "reasoning") deltas.push({ type: "reasoning_delta", text: part.text });
    else if (part.type === "tool_call") {
      const { id, name, arguments: argumentsDelta } = part;
      deltas.push({ type: "tool_call_delta", index: index++, id, name, argumentsDelta });
    }
  }
  return deltas;
}

function scrubbedPart(part: ModelStreamPart, text: string, scrubber: Scrubber): JsonValue {
  if (part.type === "finish") return { type: "finish", response: scrubber.json(toJson(part.response)) };
  if (part.type !== "tool_call_delta") return { type: part.type, text };
  const { argumentsDelta: _text, ...rest } = part;
  return { ...Object(scrubber.json(toJson(rest))), argumentsDelta: text };
}

function groupOf(part: Delta): string {
  return part.type === "tool_call_delta" ? `call ${part.index}` : part.type;
}

function textOf(part: Delta): string {
  return part.type === "tool_call_delta" ? part.argumentsDelta : part.text;
}

/** `text` in as many pieces, as long as those it came in as far as it goes; the last one takes what is left. */
function recut(text: string, pieces: readonly string[]): readonly string[] {
  let at = 0;
  return pieces.map((piece, index) => {
    const end = index === pieces.length - 1 ? text.length : at + piece.length;
    const cut = text.slice(at, end);
    at = end;
    return cut;
  });
}
