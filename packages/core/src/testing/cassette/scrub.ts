/** Takes secrets out of everything that is written to a cassette, and out of what is compared with it. */
import { ConfigurationError } from "../../errors/errors.ts";
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../json/json.ts";
import { redactSecrets } from "../../text/redact.ts";
import { isSchema, keptBy, mayBeSecret } from "./secret-name.ts";
import { redactUrls } from "./secret-url.ts";
import type { ScrubFunction } from "./types.ts";

/** Scrubs text and JSON. What it has scrubbed once it leaves alone: a replayed answer is sent back to it with the next request. */
export interface Scrubber {
  readonly text: (text: string) => string;
  readonly json: (value: JsonValue) => JsonValue;
}

const REDACTED = "[redacted]";

/** So often what scrubs may find something in what it made itself. */
const MAX_ROUNDS = 10;

/** `redactSecrets`, what addresses let in by, and then `own`, over every string and every name of a member. */
export function scrubber(own: ScrubFunction = (text) => text): Scrubber {
  const settle = (text: string): string => {
    let clean = text;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const next: unknown = own(redactUrls(redactSecrets(clean)));
      if (typeof next !== "string") {
        throw new ConfigurationError(`scrub returned ${typeof next}; expected the text to be written`);
      }
      if (next === clean) return clean;
      clean = next;
    }
    throw new ConfigurationError("scrub does not come to an end: it changes what it made itself", {
      hint: "Let it put in something that it does not find again, such as a fixed word.",
    });
  };
  const scrubText = (text: string): string => {
    const value = /^\s*[[{]/.test(text) ? parseJson(text) : undefined;
    if (value === undefined) return settle(text);
    // Text that is JSON, such as the arguments of a call, stays JSON: it is scrubbed member by member.
    const clean = scrubJson(value);
    const isClean = canonicalJson(clean) === canonicalJson(value);
    // The text may hold what parsing it does not show: a member that is there twice.
    return isClean && settle(text) === text ? text : JSON.stringify(clean);
  };
  const scrubObject = (value: JsonObject): JsonObject => {
    const clean = new Map<string, JsonValue>();
    // One variable of many, or one header: `{ "name": "DB_PASSWORD", "value": "…" }`.
    const { name: called = value.key } = value;
    const isNamed = typeof called === "string" && keptBy(called) !== "nothing";
    for (const [name, member] of Object.entries(value)) {
      const scrubbed = settle(name);
      let unique = scrubbed;
      for (let count = 2; clean.has(unique); count++) unique = `${scrubbed} (${count})`;
      clean.set(unique, scrubMember(isNamed && name === "value" ? called : name, member));
    }
    return Object.fromEntries(clean);
  };
  const scrubMember = (name: string, value: JsonValue): JsonValue => {
    const kept = keptBy(name);
    if (kept === "nothing") return scrubJson(value);
    if (Array.isArray(value)) return value.map((item) => scrubMember(name, item));
    if (kept === "secrets" && isJsonObject(value) && !isSchema(value)) {
      const within = Object.entries(value).map(([own, member]) => [own, redactAll(member)]);
      return scrubObject(Object.fromEntries(within));
    }
    return mayBeSecret(name, value) ? REDACTED : scrubJson(value);
  };
  const scrubJson = (value: JsonValue): JsonValue => {
    if (typeof value === "string") return scrubText(value);
    if (Array.isArray(value)) return value.map(scrubJson);
    return isJsonObject(value) ? scrubObject(value) : value;
  };
  return { text: scrubText, json: scrubJson };
}

/** A value of secrets without any: what it is made of stays. */
function redactAll(value: JsonValue): JsonValue {
  if (typeof value === "string") return value === "" ? value : REDACTED;
  if (typeof value === "number") return REDACTED;
  if (Array.isArray(value)) return value.map(redactAll);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, redactAll(member)]));
}
