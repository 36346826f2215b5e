/** The answer's object while it is being written, read from the events of a run. */
import type { AgentEvent, ModelChunk } from "../events/types.ts";
import { isJsonObject } from "../json/json.ts";
import { WRAPPED } from "../schema/strict.ts";
import { FINAL_ANSWER } from "./final-answer.ts";
import { PartialJson } from "./partial-json.ts";
import type { OutputPlan } from "./plan.ts";

/** `T` with every member of every object optional, and of texts and lists as much as has come. */
export type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly DeepPartial<Item>[]
  : T extends Date | RegExp | ((...args: never[]) => unknown)
    ? T
    : T extends object
      ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> }
      : T;

/**
 * Showing an object copies what is still open of it. Of a very long list it is shown again only when so much more has come
 * that all the copying together stays in proportion to what was written.
 */
const COPIED_PER_CHARACTER = 32;

/** Yields at each piece that shows more. An answer that is sent back is followed by the next one, from its beginning. */
export async function* partialOutput<Output>(
  events: AsyncIterable<AgentEvent>,
  plan: OutputPlan<Output>,
): AsyncGenerator<DeepPartial<Output>, undefined> {
  let turn = new Map<string, PartialJson>();
  let unread = 0;
  for await (const event of events) {
    if (event.type === "model_complete" || event.type === "retry") turn = new Map();
    if (event.type !== "model_chunk") continue;
    const json = objectOf(event, turn);
    unread += event.text.length;
    if (json?.push(event.text) !== true || unread * COPIED_PER_CHARACTER < json.openMembers) continue;
    unread = 0;
    const { value } = json;
    const shown = plan.isWrapped && isJsonObject(value) ? value[WRAPPED] : value;
    // The one place where a value is taken at its writer's word: nothing of it has been checked yet.
    if (shown !== undefined) yield shown as DeepPartial<Output>;
  }
}

/** The object that a chunk belongs to; `undefined` for other tools' calls, and for reasoning. */
function objectOf(
  { kind, callIndex = 0, name }: ModelChunk,
  turn: Map<string, PartialJson>,
): PartialJson | undefined {
  if (kind === "reasoning") return undefined;
  const key = kind === "text" ? "text" : `call ${callIndex}`;
  let json = turn.get(key);
  if (json === undefined && (kind === "text" || name === FINAL_ANSWER)) {
    json = new PartialJson();
    turn.set(key, json);
  }
  return json;
}
