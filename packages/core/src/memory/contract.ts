/** The parts of the memory contract that every store shares: checks, errors, rows to items. Pure. */
import { ConfigurationError, MemoryConflictError, MemoryError } from "../errors/errors.ts";
import { deepFreeze, type JsonObject, type JsonPrimitive, type JsonValue } from "../json/json.ts";
import {
  anObject,
  type Check,
  type Checks,
  checkOptions,
  must,
  oneOf,
  readJsonObject,
  whole,
} from "../options/check.ts";
import type { MemoryRow } from "./backend.ts";
import { decodeName, decodeNamespace, encodeName, encodeNamespace } from "./namespace.ts";
import type {
  MemoryItem,
  MemoryListQuery,
  MemoryNamespace,
  MemoryNamespacesQuery,
  MemoryPlace,
  MemoryPutOptions,
  MemorySearchQuery,
} from "./types.ts";

/** Of a note. */
export const MAX_FACT_CHARS = 500;
/** What indexes of databases can hold. */
const MAX_NAME_BYTES = 2000;

const isName = (name: unknown): boolean =>
  typeof name === "string" && name !== "" && !/\p{Surrogate}/u.test(name);

/**
 * The text of a namespace that is used as a prefix; `[]` is fine.
 *
 * @throws MemoryError for anything but a list of non-empty, well-formed strings.
 */
export function checkPrefix(namespace: MemoryNamespace): string {
  if (!Array.isArray(namespace) || !namespace.every(isName)) {
    throw new MemoryError(
      `${show(namespace)} cannot be a namespace: expected a list of non-empty, well-formed Unicode strings`,
      { hint: 'For example ["users", "ada"].' },
    );
  }
  return encodeNamespace(namespace);
}

/** The texts of a namespace and a key. @throws MemoryError where no store could keep them. */
export function checkPlace({ namespace, key }: MemoryPlace): {
  readonly namespace: string;
  readonly key: string;
} {
  const place = { namespace: checkPrefix(namespace), key: encodeName(checkKey(key)) };
  if (namespace.length === 0) {
    throw new MemoryError("an item's namespace must have a name", {
      hint: 'For example ["shared"]; [] stands for all namespaces there are.',
    });
  }
  const bytes = Buffer.byteLength(place.namespace) + Buffer.byteLength(place.key);
  if (bytes > MAX_NAME_BYTES) {
    throw new MemoryError(
      `namespace and key take ${bytes} bytes, and may take ${MAX_NAME_BYTES}: ${show(key).slice(0, 60)}…`,
    );
  }
  return place;
}

function checkKey(key: string): string {
  if (isName(key)) return key;
  throw new MemoryError(`${show(key)} cannot be a key: expected a non-empty, well-formed Unicode string`);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

const version = whole(0);
/** A hundred years: what is kept longer has no `ttlMs`, and every database and every date can hold the end of it. */
const MAX_TTL_MS = 100 * 365 * 86_400_000;
/** How long an item, or a note, is kept. */
export const timeToLive: Check = must(
  `a whole number of milliseconds from 1 to ${MAX_TTL_MS}, which is a hundred years`,
  (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_TTL_MS,
);
/** The last moment that a date can hold. */
const END_OF_DATES = 8.64e15;
const signal = must("an AbortSignal", (value) => value instanceof AbortSignal);
const boolean = must("true or false", (value) => typeof value === "boolean");
const string = must("a text", (value) => typeof value === "string");
const score = must("a number from 0 to 1", (value) => typeof value === "number" && value >= 0 && value <= 1);

const PUT: Checks<MemoryPutOptions> = {
  ttlMs: timeToLive,
  ifVersion: version,
  metadata: anObject,
  signal,
};
const DELETE = { ifVersion: version };
const LIST: Checks<MemoryListQuery> = {
  metadata: anObject,
  deep: boolean,
  prefix: string,
  limit: whole(1),
  after: anObject,
};
const NAMESPACES: Checks<MemoryNamespacesQuery> = { limit: whole(1), after: must("a list", Array.isArray) };
const SEARCH: Checks<MemorySearchQuery> = {
  metadata: anObject,
  deep: boolean,
  query: string,
  mode: oneOf("text", "semantic", "hybrid"),
  limit: whole(1, 1000),
  minScore: (name, value) => {
    anObject(name, value);
    checkOptions(name, value as object, { text: score, semantic: score });
  },
  signal,
};

/** @throws ConfigurationError for an option that is unknown or does not fit; the same below. */
export function checkPut(options: MemoryPutOptions): void {
  checkOptions("memory put", options, PUT);
}
export function checkDelete(options: { readonly ifVersion?: number | undefined }): void {
  checkOptions("memory delete", options, DELETE);
}
export function checkList(query: MemoryListQuery): void {
  checkOptions("memory list", query, LIST);
}
export function checkNamespaces(query: MemoryNamespacesQuery): void {
  checkOptions("memory namespaces", query, NAMESPACES);
}
export function checkSearch(query: MemorySearchQuery): void {
  checkOptions("memory search", query, SEARCH, ["query"]);
}

/** A frozen copy. @throws ConfigurationError naming the member that is not plain JSON. */
export function readValue(value: JsonValue): JsonValue {
  return readJsonObject("memory", { value }).value ?? null;
}

/** The error of the writer who came second. */
export function memoryConflict(
  { namespace, key }: MemoryPlace,
  expected: number,
  found: number,
): MemoryConflictError {
  const is = found === 0 ? "is not there" : `is at version ${found}`;
  const wanted = expected === 0 ? "to be new" : `at version ${expected}`;
  return new MemoryConflictError(
    `memory item ${show(key)} of ${show(namespace)} ${is}, expected ${wanted}: someone else wrote it`,
    { hint: "Read it again and go on from what it says now." },
  );
}

/**
 * Members of metadata by which items are chosen, each a line: one that is wanted is in the text or it is not. JSON is
 * written without line breaks, so no member can pass for another.
 */
export function metadataTags(metadata: JsonObject): string {
  const tags = Object.entries(metadata).flatMap(([name, value]) =>
    typeof value === "object" && value !== null ? [] : [tagOf(name, value)],
  );
  return tags.length === 0 ? "" : `\n${tags.join("\n")}\n`;
}

/** What `metadataTags` holds where a member has that value. */
export function wantedTags(metadata: Readonly<Record<string, JsonPrimitive>> = {}): readonly string[] {
  return Object.entries(metadata).map(([name, value]) => {
    if (typeof value === "object" && value !== null) {
      throw new ConfigurationError(
        `metadata.${name}: items are chosen by texts, numbers, true, false and null`,
      );
    }
    return `\n${tagOf(name, value)}\n`;
  });
}

function tagOf(name: string, value: JsonPrimitive): string {
  return JSON.stringify([name, value]);
}

/** The item that a row holds, frozen. */
export function itemOf(row: MemoryRow): MemoryItem {
  return deepFreeze({
    namespace: decodeNamespace(row.namespace),
    key: decodeName(row.key),
    // Written by `JSON.stringify` of what was checked then.
    value: JSON.parse(row.value) as JsonValue,
    metadata: JSON.parse(row.metadata) as JsonObject,
    version: row.version,
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
    // One that somebody else wrote, beyond all dates, keeps no other item from being read.
    ...(row.expiresAt === null
      ? {}
      : { expiresAt: new Date(Math.min(row.expiresAt, END_OF_DATES)).toISOString() }),
  });
}
