/** A resource as lines of name and value: all of it, whatever the service says about it. */
import { isRecord } from "@locus-sdk/core";
import { localSeconds, localTime, size } from "./units.ts";

/** How values of a name are shown, where not as they are; the first row that fits. */
const SHOWN: readonly {
  readonly name: RegExp;
  readonly show: (value: string | number) => string;
}[] = [
  { name: /^time[A-Z]|^time$/, show: localTime },
  { name: /_at$/, show: (value) => (typeof value === "number" ? localSeconds(value) : value) },
  { name: /(?:^|_)bytes$/, show: (value) => (typeof value === "number" ? size(value) : value) },
];

/** Names, with a dot before each level, and what a person reads there. What is empty is left out. */
export function detailsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (value === undefined || value === null || value === "") return [];
  const plain = value instanceof Date ? value.toISOString() : value;
  if (Array.isArray(plain) || isRecord(plain)) {
    return Object.entries(plain).flatMap(([name, part]) => detailsOf(part, [...path, name]));
  }
  const name = path.at(-1) ?? "";
  const isShort = typeof plain === "string" || typeof plain === "number";
  const row = isShort ? SHOWN.find((candidate) => candidate.name.test(name)) : undefined;
  return [[path.join("."), isShort && row !== undefined ? row.show(plain) : textOf(plain)]];
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
