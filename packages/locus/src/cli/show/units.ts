/** Times, spans and sizes: as a person writes them, and as a person reads them. */
import { InvalidArgumentError } from "commander";

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SIZES = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Local time to the minute, `2026-11-21T19:27`; what is no time is shown as it is. */
export function localTime(time: Date | string | number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The same of seconds since 1970, as OpenAI's resources tell it. */
export const localSeconds = (seconds: number): string => localTime(seconds * 1000);

/** `734 B`, `1.5 MiB`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < SIZES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${SIZES[unit]}`;
}

/** `90s`, `10m`, `12h` or `90d`, in ms. */
export function span(text: string): number {
  const [, count = "", unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = unit === "s" || unit === "m" || unit === "h" || unit === "d" ? Number(count) * UNIT_MS[unit] : 0;
  if (ms > 0 && ms <= 2_147_483_647_000) return ms;
  throw new InvalidArgumentError("It is a span such as 90s, 10m, 12h or 90d.");
}

/** An ISO date, or a span from now on, as an ISO date in the future. */
export function futureTime(text: string): string {
  const isDate = /^\d{4}-\d{2}-\d{2}/.test(text);
  const ms = isDate ? Date.parse(text) : Date.now() + span(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError("It is no date: expected one such as 2027-01-31.");
  if (ms <= Date.now()) throw new InvalidArgumentError("It is in the past.");
  return new Date(ms).toISOString();
}

/** A whole number, 1 or more. */
export function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError("It is a whole number, 1 or more.");
}

/** One of these. */
export const oneOf =
  <Name extends string>(names: readonly Name[]) =>
  (text: string): Name => {
    const found = names.find((name) => name === text);
    if (found === undefined) throw new InvalidArgumentError(`It is one of ${names.join(", ")}.`);
    return found;
  };

/** A name and its value: `name=value`. */
export function pair(text: string): readonly [name: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It is a name and a value: name=value.");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Text as it is. */
export const asIs = (text: string): string => text;

/** `1 file`, `3 files`. */
export const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
