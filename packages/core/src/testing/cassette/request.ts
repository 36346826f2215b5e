/** A request as a cassette holds and compares it: what the model is asked, and nothing that is different in every run. */
import { createHash } from "node:crypto";
import { isJsonObject, type JsonObject, type JsonValue, toJson } from "../../json/json.ts";
import type { ModelRequest } from "../../model/types.ts";
import type { Scrubber } from "./scrub.ts";

/** Parts of messages whose `data` or data URL is an image, a file or a sound. */
const MEDIA: readonly unknown[] = ["image", "file", "audio"];
/** From this length on, text that is nothing but base64 is taken for data. */
const LONG_BASE64 = 1024;
/** Ids that a run makes up: of calls that came without one of their own, of runs, threads and questions. */
const RANDOM_ID =
  /\b(call_[0-9a-f]{32}|(?:run|thread|int)_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b/g;

/**
 * Plain JSON without secrets. Images and files are replaced by `{ sha256, bytes }`, ids that are random by numbers;
 * what says nothing (no tools, no settings) is left out.
 */
export function recordedRequest(request: ModelRequest, scrubber: Scrubber): JsonObject {
  const { messages, tools, hostedTools, toolChoice, outputSchema, settings, providerState } = request;
  const asked = { messages, tools, hostedTools, toolChoice, outputSchema, settings, providerState };
  const told = Object.entries(asked).flatMap(([name, member]): [string, JsonValue][] => {
    const value = member === undefined ? null : toJson(member);
    if (name === "messages") return [[name, withoutMedia(value)]];
    return saysNothing(value) ? [] : [[name, value]];
  });
  const ids = new Map<string, string>();
  const clean = mapText(scrubber.json(Object.fromEntries(told)), (text) =>
    isData(text) ? digestOf(text) : text.replace(RANDOM_ID, (id) => numbered(id, ids)),
  );
  return isJsonObject(clean) ? clean : {};
}

function saysNothing(value: JsonValue): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

/** Media are digested before anything is scrubbed: what looks like a secret in the bytes of an image is none. */
function withoutMedia(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutMedia);
  if (!isJsonObject(value)) return value;
  const isMedia = MEDIA.includes(value.type);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (!isMedia) return [name, withoutMedia(member)];
      const isBytes = name === "data" || (name === "url" && isDataUrl(member));
      return [name, isBytes && typeof member === "string" ? digestOf(member) : member];
    }),
  );
}

function isDataUrl(value: JsonValue): boolean {
  return typeof value === "string" && /^data:/i.test(value);
}

function isData(text: string): boolean {
  return /^data:[^,]*;base64,/i.test(text) || (text.length >= LONG_BASE64 && /^[\w+/=-]+$/.test(text));
}

function digestOf(text: string): JsonObject {
  const url = /^data:([^,;]*)([^,]*),/i.exec(text);
  const isPlain = url !== null && !/;base64$/i.test(url[2] ?? "");
  const bytes = Buffer.from(url === null ? text : text.slice(url[0].length), isPlain ? "utf8" : "base64");
  return {
    ...(url?.[1] ? { mediaType: url[1] } : {}),
    sha256: createHash("sha256").update(bytes).digest("hex"),
    bytes: bytes.length,
  };
}

function numbered(id: string, ids: Map<string, string>): string {
  const known = ids.get(id) ?? `${id.slice(0, id.indexOf("_"))}_#${ids.size + 1}`;
  ids.set(id, known);
  return known;
}

function mapText(value: JsonValue, change: (text: string) => JsonValue): JsonValue {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item: JsonValue) => mapText(item, change));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapText(member, change)]));
}
