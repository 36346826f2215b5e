/** Options objects: a key nobody knows is a slip, and is answered with the nearest known one; a value has a check. */
import { ConfigurationError } from "../errors/errors.ts";
import {
  deepFreeze,
  isJsonObject,
  isRecord,
  type JsonObject,
  type JsonValue,
  MAX_DEPTH,
} from "../json/json.ts";
import { didYouMean } from "../text/nearest.ts";

/** @throws ConfigurationError naming the first unknown key of `options` and the nearest known one. */
export function checkKeys(owner: string, options: object, known: readonly string[]): void {
  if (!isObject(options)) {
    throw new ConfigurationError(`${owner}: expected an object of options, not ${describeValue(options)}`, {
      hint: `Known options: ${known.join(", ")}.`,
    });
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new ConfigurationError(`${owner}: unknown option "${key}"${didYouMean(key, known)}`, {
      hint: `Known options: ${known.join(", ")}.`,
    });
  }
}

/** What a timer can hold: 24.8 days. Beyond it Node's fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** @throws ConfigurationError where `ms` is neither absent nor a number of milliseconds that a timer can hold. */
export function checkTime(name: string, ms: number | undefined): void {
  if (ms !== undefined) time(name, ms);
}

/** Refuses a value that does not fit, by its name. It is not asked about what is absent. */
export type Check = (name: string, value: unknown) => void;

/** One check for each option that there is. */
export type Checks<Options> = Readonly<Record<keyof Options & string, Check>>;

/** @throws ConfigurationError for a key that has no check, a value that does not fit, or a required one left out. */
export function checkOptions<Options extends object>(
  owner: string,
  options: Options,
  checks: Checks<Options>,
  required: readonly (keyof Options & string)[] = [],
): void {
  checkKeys(owner, options, Object.keys(checks));
  checkMembers(`${owner}: `, options, checks, required);
}

/** A check in one sentence: `<name> must be <expected>, not <what it is>`. */
export function must(expected: string, fits: (value: unknown) => boolean): Check {
  return (name, value) => {
    if (fits(value)) return;
    throw new ConfigurationError(`${name} must be ${expected}, not ${describeValue(value)}`);
  };
}

/** A number with an end to it. */
export const number: Check = must("a number", (value) => Number.isFinite(value));
export const boolean: Check = must("true or false", (value) => typeof value === "boolean");
export const text: Check = must("text, and not empty", (value) => typeof value === "string" && value !== "");
export const func: Check = must("a function", isFunction);
/** What a timer can hold, and more than none. */
export const time: Check = must(
  `a number of milliseconds above 0 and up to ${LONGEST_MS} (24.8 days)`,
  (value) => typeof value === "number" && value > 0 && value <= LONGEST_MS,
);
/** A wait, which may be none. */
export const wait: Check = must(
  `a number of milliseconds from 0 to ${LONGEST_MS} (24.8 days)`,
  (value) => typeof value === "number" && value >= 0 && value <= LONGEST_MS,
);
export const anObject: Check = must("an object", isObject);
/** Plain JSON with members. */
export const json: Check = (name, value) => void readJsonObject(name, value);

export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER): Check {
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  return must(
    `a whole number ${range}`,
    (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  );
}

export function oneOf(...choices: readonly string[]): Check {
  const known = choices.map((choice) => `"${choice}"`).join(" or ");
  return must(known, (value) => typeof value === "string" && choices.includes(value));
}

/** An object of any class that has these methods. */
export function having(what: string, methods: readonly string[]): Check {
  const list = methods.length === 1 ? `the method ${methods[0]}` : `the methods ${methods.join(", ")}`;
  return must(`${what}: an object with ${list}`, (value) => hasMethods(value, methods));
}

export function hasMethods(value: unknown, methods: readonly string[]): boolean {
  return isObject(value) && methods.every((method) => isFunction(Reflect.get(value, method)));
}

export function listOf(check: Check): Check {
  return (name, value) => {
    must("a list", Array.isArray)(name, value);
    for (const [index, item] of (value as readonly unknown[]).entries()) check(`${name}[${index}]`, item);
  };
}

/** An object with these members; other members are for classes, not for object literals. */
export function shape<Options>(
  checks: Checks<Options>,
  required: readonly (keyof Options & string)[] = [],
): Check {
  return (name, value) => {
    if (!isObject(value)) return anObject(name, value);
    if (isRecord(value)) checkKeys(name, value, Object.keys(checks));
    checkMembers(`${name}.`, value, checks, required);
  };
}

/** The first that knows the value's kind judges it. */
export function either(fits: (value: unknown) => boolean, first: Check, otherwise: Check): Check {
  return (name, value) => (fits(value) ? first : otherwise)(name, value);
}

/**
 * A frozen copy of a run's or an agent's `metadata`; what was handed in is neither kept nor frozen.
 *
 * @throws ConfigurationError naming the member that is not plain JSON.
 */
export function readMetadata(owner: string, value: unknown): JsonObject {
  return value === undefined ? Object.freeze({}) : readJsonObject(`${owner}: metadata`, value);
}

/** A frozen copy of plain JSON with members. Members that are `undefined` are left out. */
export function readJsonObject(name: string, value: unknown): JsonObject {
  const copy = isRecord(value) ? copyJson(name, value, []) : undefined;
  if (isJsonObject(copy)) return deepFreeze(copy);
  throw new ConfigurationError(`${name} must be a JSON object, not ${describeValue(value)}`);
}

function copyJson(name: string, value: unknown, above: readonly unknown[]): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (above.includes(value)) {
    throw new ConfigurationError(`${name} must be plain JSON, not an object that holds itself`);
  }
  if (above.length >= MAX_DEPTH) {
    throw new ConfigurationError(`${name.slice(0, 60)}… is nested deeper than ${MAX_DEPTH} levels`);
  }
  const path = [...above, value];
  if (Array.isArray(value)) {
    return Array.from(value, (item: unknown, index) => copyJson(`${name}[${index}]`, item, path));
  }
  if (!isRecord(value)) {
    throw new ConfigurationError(`${name} must be plain JSON, not ${describeValue(value)}`);
  }
  // Not by assignment, which would make a prototype of a member called "__proto__".
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, copyJson(`${name}.${key}`, member, path)]),
  );
}

function checkMembers(
  prefix: string,
  value: object,
  checks: Readonly<Record<string, Check>>,
  required: readonly string[],
): void {
  for (const [key, check] of Object.entries(checks)) {
    const member: unknown = Reflect.get(value, key);
    if (member !== undefined || required.includes(key)) check(`${prefix}${key}`, member);
  }
}

/** Of any class, but not a list. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

/** What a value is, short enough for a sentence. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (value === null) return "null";
  if (typeof value === "object") return describeObject(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : typeof value;
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (!isRecord(value)) return `an instance of ${value.constructor?.name || "a class"}`;
  const keys = Object.keys(value);
  return keys.length === 0 ? "an empty object" : `an object with ${keys.slice(0, 6).join(", ")}`;
}
