/** JSON objects in what a model wrote: whole, in fences, or among prose. Found by the grammar, so a brace in a string is text. */
import { isJsonObject, type JsonObject, MAX_DEPTH, parseJson } from "../json/json.ts";

export interface FoundJson {
  /** The outermost objects, in the order in which they stand. */
  readonly objects: readonly JsonObject[];
  /** An object begins and does not end. */
  readonly cutOff: boolean;
}

/** Whatever else braces enclose, such as `{name}` or a set of R's, is passed over. */
export function findJsonObjects(text: string): FoundJson {
  const objects: JsonObject[] = [];
  for (let at = text.indexOf("{"); at !== -1; at = text.indexOf("{", at)) {
    const end = scanValue(text, at, 0);
    if (end === CUT_OFF) return { objects, cutOff: true };
    const value = end === NO_JSON ? undefined : parseJson(text.slice(at, end));
    if (isJsonObject(value)) objects.push(value);
    at = value === undefined ? at + 1 : end;
  }
  return { objects, cutOff: false };
}

const NO_JSON = -1;
const CUT_OFF = -2;

/** Where the value that begins at `at` ends, by RFC 8259; or why there is none. */
function scanValue(text: string, at: number, depth: number): number {
  if (depth > MAX_DEPTH) return NO_JSON;
  const first = text[at];
  if (first === undefined) return CUT_OFF;
  if (first === '"') return scanString(text, at);
  if (first === "{" || first === "[") return scanMembers(text, at, first, depth);
  return scanWord(text, at);
}

function scanMembers(text: string, open: number, bracket: "{" | "[", depth: number): number {
  const close = bracket === "{" ? "}" : "]";
  let at = skipSpace(text, open + 1);
  if (text[at] === close) return at + 1;
  for (;;) {
    if (bracket === "{") {
      if (text[at] === undefined) return CUT_OFF;
      if (text[at] !== '"') return NO_JSON;
      at = scanString(text, at);
      if (at < 0) return at;
      at = skipSpace(text, at);
      if (text[at] !== ":") return text[at] === undefined ? CUT_OFF : NO_JSON;
      at = skipSpace(text, at + 1);
    }
    at = scanValue(text, at, depth + 1);
    if (at < 0) return at;
    at = skipSpace(text, at);
    if (text[at] === close) return at + 1;
    if (text[at] !== ",") return text[at] === undefined ? CUT_OFF : NO_JSON;
    at = skipSpace(text, at + 1);
  }
}

function scanString(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at + 1;
    else if (code < 0x20) return NO_JSON;
  }
  return CUT_OFF;
}

const WORD = /[-+.\w]+/y;
const VALID_WORD = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)$/;

function scanWord(text: string, at: number): number {
  WORD.lastIndex = at;
  const word = WORD.exec(text)?.[0];
  if (word === undefined) return NO_JSON;
  const end = at + word.length;
  // A word at the very end may be half of one.
  if (end === text.length) return CUT_OFF;
  return VALID_WORD.test(word) ? end : NO_JSON;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (SPACE.includes(text[at] ?? "x")) at++;
  return at;
}

const SPACE: readonly string[] = [" ", "\n", "\r", "\t"];
