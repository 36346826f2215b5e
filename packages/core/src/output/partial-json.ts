/** A JSON object while it is being written: each piece of text is read once, however long the object grows. */
import type { JsonValue } from "../json/json.ts";

interface Frame {
  readonly target: Record<string, JsonValue> | JsonValue[];
  /** The member that is being written, in an object. */
  key: string | undefined;
  /** How many members there are. */
  size: number;
}

/** What may come next. */
type Mode = "seek" | "key" | "colon" | "value" | "after" | "string" | "word";

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

/**
 * The JSON object of a text that comes in pieces, or the latest one where there are several. Texts are shown as far as they have come; numbers, `true`, `false` and
 * `null` once they are whole. Prose before the object is passed over, and what turns out to be no JSON is dropped.
 */
export class PartialJson {
  #mode: Mode = "seek";
  #frames: Frame[] = [];
  /** The text or word under way. */
  #text = "";
  #isKey = false;
  #escape: string | undefined;
  #done: JsonValue | undefined;
  #changed = false;

  /** Takes the next piece; `true` where `value` has changed by it. */
  push(piece: string): boolean {
    this.#changed = false;
    for (let at = 0; at < piece.length; ) at = this.#read(piece, at);
    return this.#changed;
  }

  /** How many members `value` has to copy: those of the objects and lists that are still open. */
  get openMembers(): number {
    return this.#frames.reduce((sum, { size }) => sum + size, 0);
  }

  /** What is there so far, as a value of its own: later pieces do not change it. */
  get value(): JsonValue | undefined {
    if (this.#done !== undefined) return this.#done;
    let inner: JsonValue | undefined =
      this.#mode === "string" && !this.#isKey ? whole(this.#text) : undefined;
    for (const { target, key } of this.#frames.toReversed()) {
      if (Array.isArray(target)) inner = inner === undefined ? [...target] : [...target, inner];
      else {
        const copy = { ...target };
        if (inner !== undefined && key !== undefined) define(copy, key, inner);
        inner = copy;
      }
    }
    return inner;
  }

  /** Reads at least one character, and returns where to go on. */
  #read(piece: string, at: number): number {
    const char = piece[at] ?? "";
    switch (this.#mode) {
      case "seek": {
        const open = piece.indexOf("{", at);
        if (open === -1) return piece.length;
        this.#done = undefined;
        this.#open({});
        return open + 1;
      }
      case "string":
        return this.#readText(piece, at);
      case "word":
        return this.#readWord(piece, at);
      default:
        if (char !== " " && char !== "\n" && char !== "\r" && char !== "\t") this.#take(char);
        return at + 1;
    }
  }

  #take(char: string): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      this.#drop(char);
      return;
    }
    const inArray = Array.isArray(frame.target);
    const closes = char === (inArray ? "]" : "}");
    const isEmpty = inArray ? frame.target.length === 0 : frame.key === undefined;
    if (this.#mode === "after") {
      if (char === ",") this.#mode = inArray ? "value" : "key";
      else if (closes) this.#close();
      else this.#drop(char);
    } else if (this.#mode === "colon") {
      if (char === ":") this.#mode = "value";
      else this.#drop(char);
    } else if (closes && isEmpty && this.#mode === (inArray ? "value" : "key")) this.#close();
    else if (this.#mode === "key") {
      if (char === '"') this.#begin("string", "", true);
      else this.#drop(char);
    } else if (char === '"') this.#begin("string", "", false);
    else if (char === "{") this.#open({});
    else if (char === "[") this.#open([]);
    else if (/[-\dtfn]/.test(char)) this.#begin("word", char, false);
    else this.#drop(char);
  }

  #begin(mode: "string" | "word", text: string, isKey: boolean): void {
    this.#mode = mode;
    this.#text = text;
    this.#isKey = isKey;
    this.#changed ||= mode === "string" && !isKey;
  }

  #open(target: Frame["target"]): void {
    this.#frames.push({ target, key: undefined, size: 0 });
    this.#mode = Array.isArray(target) ? "value" : "key";
    this.#changed = true;
  }

  #close(): void {
    const closed = this.#frames.pop();
    if (closed === undefined) return;
    if (this.#frames.length > 0) this.#put(closed.target);
    else {
      this.#done = closed.target;
      this.#mode = "seek";
    }
  }

  #put(value: JsonValue): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return;
    if (Array.isArray(frame.target)) frame.target.push(value);
    else define(frame.target, frame.key ?? "", value);
    frame.size += 1;
    this.#mode = "after";
    this.#changed = true;
  }

  #readText(piece: string, from: number): number {
    let at = from;
    if (this.#escape !== undefined) return this.#readEscape(piece, at);
    while (at < piece.length && piece[at] !== '"' && piece[at] !== "\\") at++;
    if (at > from) {
      this.#text += piece.slice(from, at);
      this.#changed ||= !this.#isKey;
    }
    if (at === piece.length) return at;
    if (piece[at] === "\\") this.#escape = "";
    else if (this.#isKey) {
      const frame = this.#frames.at(-1);
      if (frame !== undefined) frame.key = this.#text;
      this.#mode = "colon";
    } else this.#put(this.#text);
    return at + 1;
  }

  /** Character by character: an escape may be cut in two. */
  #readEscape(piece: string, at: number): number {
    const begun = `${this.#escape ?? ""}${piece[at] ?? ""}`;
    if (begun.startsWith("u")) {
      if (begun.length < 5) this.#escape = begun;
      else {
        this.#escape = undefined;
        this.#text += String.fromCharCode(Number.parseInt(begun.slice(1), 16));
        this.#changed ||= !this.#isKey;
      }
    } else {
      this.#escape = undefined;
      this.#text += ESCAPES[begun] ?? "";
      this.#changed ||= !this.#isKey;
    }
    return at + 1;
  }

  #readWord(piece: string, from: number): number {
    let at = from;
    while (at < piece.length && /[-+.\w]/.test(piece[at] ?? "")) at++;
    this.#text += piece.slice(from, at);
    if (at === piece.length) return at;
    const word = this.#text;
    const value = Object.hasOwn(WORDS, word) ? WORDS[word] : Number(word);
    if (value === undefined || Number.isNaN(value)) this.#drop("");
    else this.#put(value);
    return at;
  }

  /** No JSON after all: whatever had been shown of it is no part of the answer. */
  #drop(char: string): void {
    this.#frames = [];
    this.#mode = "seek";
    this.#changed = true;
    if (char === "{") this.#open({});
  }
}

/** Without half a character at its end. */
const whole = (text: string): string => (/[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text);

/** Not by assignment, which would make a prototype of a member called "__proto__". */
function define(target: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}
