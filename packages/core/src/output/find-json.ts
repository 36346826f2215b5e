/** JSON objects in what a model wrote: whole, in fences, or among prose. Found by the grammar, so a brace in a string is text. */
import { isJsonObject, type JsonObject, MAX_DEPTH, parseJson } from "../json/json.ts";

export interface FoundJson {
  /** The outermost objects, in the order in which they stand. */
  readonly objects: readonly JsonObject[];
  /** An object begins and does not end. */
  readonly cutOff: boolean;
  /** Where an object begins that is no JSON further on. What is inside it is no answer of its own. */
  readonly malformedAt?: number;
}

/** Whatever else braces enclose, such as `{name}` or a set of R's, is passed over. */
export function findJsonObjects(text: string): FoundJson {
  const objects: JsonObject[] = [];
  let malformedAt: number | undefined;
  const found = (cutOff: boolean): FoundJson => ({
    objects,
    cutOff,
    ...(malformedAt === undefined ? {} : { malformedAt }),
  });
  for (let at = text.indexOf("{"); at !== -1; at = text.indexOf("{", at)) {
    const end = scanValue(text, at, 0);
    const isJson = isBegun(text, at);
    // A brace that is the last of a text says nothing about what came before it.
    if (end === CUT_OFF) return found(isJson || objects.length === 0);
    const value = end < 0 ? undefined : parseJson(text.slice(at, end));
    if (isJsonObject(value)) objects.push(value);
    else if (isJson) malformedAt ??= at;
    at = value !== undefined ? end : isJson ? endOfBraces(text, at) : at + 1;
  }
  return found(false);
}

/** Whether a brace opens a JSON object: a member's name and a colon follow. */
function isBegun(text: string, open: number): boolean {
  const name = skipSpace(text, open + 1);
  if (text[name] !== '"') return false;
  const end = scanString(text, name);
  if (end < 0) return end === CUT_OFF;
  const next = text[skipSpace(text, end)];
  return next === ":" || next === undefined;
}

/** Behind the brace that closes this one, as far as braces and texts can be told apart; else the text's end. */
function endOfBraces(text: string, open: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = open; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === "\\") at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return at + 1;
  }
  return text.length;
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
