/** Which earlier result holds a value that a later call is made with. Equal text is no proof, so it is a correlation. */
import { isJsonObject, type JsonValue } from "../../json/json.ts";

/** Texts that are long enough to be somebody's, and short enough to be a value. */
const SHORTEST = 6;
const LONGEST = 200;
/** Of one result or of one call's arguments. */
const MAX_VALUES = 200;

/** Values by where they came from first. */
export class Values {
  readonly #origin = new Map<string, string | undefined>();

  /** What the user said is nobody's finding. */
  leaveOut(text: string): void {
    for (const word of text.split(/\s+/)) if (isValue(word)) this.#origin.set(word, undefined);
  }

  add(node: string, value: JsonValue | undefined): void {
    for (const text of textsIn(value)) if (!this.#origin.has(text)) this.#origin.set(text, node);
  }

  /** Nodes whose results hold something of these arguments, with it. */
  sourcesOf(args: JsonValue): ReadonlyMap<string, string> {
    const sources = new Map<string, string>();
    for (const text of textsIn(args)) {
      const node = this.#origin.get(text);
      if (node !== undefined && !sources.has(node)) sources.set(node, text);
    }
    return sources;
  }
}

function isValue(text: string): boolean {
  return text.length >= SHORTEST && text.length <= LONGEST;
}

function* textsIn(value: JsonValue | undefined): Generator<string> {
  const open: (JsonValue | undefined)[] = [value];
  let seen = 0;
  for (let at = open.pop(); at !== undefined && seen < MAX_VALUES; at = open.pop()) {
    seen++;
    if (typeof at === "string") {
      if (isValue(at)) yield at;
    } else if (Array.isArray(at)) open.push(...at.slice(0, MAX_VALUES));
    else if (isJsonObject(at)) open.push(...Object.values(at).slice(0, MAX_VALUES));
  }
}
