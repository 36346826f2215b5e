// Makes a value fit what its schema says about numbers and texts.
import type { JsonObject } from "../../json.ts";
import { textMatching } from "./pattern.ts";
import { textOf, typeOf } from "./schema.ts";

/** Moves a number into the schema's bounds. */
export function fitNumber(value: number, node: JsonObject): number {
  const step = typeof node.multipleOf === "number" ? node.multipleOf : undefined;
  const unit = step ?? (typeOf(node) === "integer" ? 1 : undefined);
  let fitted = unit === undefined ? value : Math.round(value / unit) * unit;
  const nudge = unit ?? 0.5;
  if (typeof node.minimum === "number") fitted = Math.max(fitted, roundTo(node.minimum, unit, Math.ceil));
  if (typeof node.maximum === "number") fitted = Math.min(fitted, roundTo(node.maximum, unit, Math.floor));
  if (typeof node.exclusiveMinimum === "number" && fitted <= node.exclusiveMinimum) {
    fitted = roundTo(node.exclusiveMinimum, unit, Math.floor) + nudge;
  }
  if (typeof node.exclusiveMaximum === "number" && fitted >= node.exclusiveMaximum) {
    fitted = roundTo(node.exclusiveMaximum, unit, Math.ceil) - nudge;
  }
  return fitted;
}

const roundTo = (value: number, unit: number | undefined, round: (value: number) => number): number =>
  unit === undefined ? value : round(value / unit) * unit;

const formats: Readonly<Record<string, { readonly shape: RegExp; readonly example: string }>> = {
  "date-time": {
    shape: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/,
    example: "2026-01-01T00:00:00Z",
  },
  date: { shape: /^\d{4}-\d{2}-\d{2}$/, example: "2026-01-01" },
  time: { shape: /^\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})$/, example: "00:00:00Z" },
  email: { shape: /^[\w.+-]+@[\w-]+(\.[\w-]+)+$/, example: "nobody@example.com" },
  uri: { shape: /^[a-z][a-z\d+.-]*:\S+$/i, example: "https://example.com/" },
  url: { shape: /^https?:\S+$/i, example: "https://example.com/" },
  uuid: {
    shape: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
    example: "00000000-0000-4000-8000-000000000000",
  },
  ipv4: { shape: /^\d{1,3}(\.\d{1,3}){3}$/, example: "127.0.0.1" },
};

/** Makes a text fit format, pattern and length. */
export function fitText(text: string, node: JsonObject, prompt: string): string {
  const format = formats[textOf(node.format)];
  let fitted = text;
  if (format !== undefined && !format.shape.test(fitted)) {
    fitted = wordsOf(prompt).find((word) => format.shape.test(word)) ?? format.example;
  }
  if (typeof node.pattern === "string") fitted = fitPattern(fitted, node.pattern, prompt);
  if (typeof node.minLength === "number") fitted = fitted.padEnd(node.minLength, ".");
  if (typeof node.maxLength === "number") fitted = fitted.slice(0, node.maxLength);
  return fitted;
}

/** Words as they stand, punctuation around them taken off. */
const wordsOf = (prompt: string): readonly string[] =>
  prompt.split(/[\s,;!?"']+/).map((word) => word.replace(/\.$/, ""));

function fitPattern(text: string, source: string, prompt: string): string {
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, "u");
  } catch {
    return text;
  }
  if (pattern.test(text)) return text;
  return wordsOf(prompt).find((word) => word !== "" && pattern.test(word)) ?? textMatching(source) ?? text;
}
