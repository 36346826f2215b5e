// Server-sent events as bytes: one JSON value becomes one event in the wanted style.
import { randomInt } from "node:crypto";
import { isJsonObject, type JsonValue } from "../json.ts";
import type { WireStyle } from "./wire.ts";

/** An event to be written. */
export interface StreamEvent {
  /** JSON; a string is written as it is, which is for `[DONE]`. */
  readonly data: JsonValue;
  /** Name for the `event:` line, if the style writes one. */
  readonly name?: string;
}

const lineEndings = { lf: "\n", crlf: "\r\n", cr: "\r" } as const;

/** Serialises one event, blank line included. */
export function formatEvent(event: StreamEvent, style: WireStyle): string {
  const eol = lineEndings[style.lineEnding ?? "lf"];
  const colon = style.space === false ? ":" : ": ";
  const json = typeof event.data === "string" ? event.data : serialise(event.data, style);
  const line = (part: string): string => `data${colon}${part}${eol}`;
  // JSON's own line breaks are the only places where data may be split without changing it.
  const data = json.includes("\n") ? json.split("\n").map(line).join("") : line(json);
  const name = style.eventLines ? `event${colon}${event.name ?? "message"}${eol}` : "";
  const comment = style.comments ? `: keep-alive${eol}${eol}` : "";
  return `${comment}${name}${data}${eol}`;
}

/** The end of the stream without the blank line that would end its last event. */
export function withoutFinalBlankLine(text: string, style: WireStyle): string {
  const eol = lineEndings[style.lineEnding ?? "lf"];
  return text.endsWith(eol + eol) ? text.slice(0, -2 * eol.length) : text;
}

function serialise(data: JsonValue, style: WireStyle): string {
  const padded = style.pad && isJsonObject(data) ? { ...data, pad: "a".repeat(randomInt(1, 24)) } : data;
  return style.multilineData ? JSON.stringify(padded, null, 1) : JSON.stringify(padded);
}
