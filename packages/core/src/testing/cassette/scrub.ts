/** Takes secrets out of everything that is written to a cassette, and out of what is compared with it. */
import { ConfigurationError } from "../../errors/errors.ts";
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../json/json.ts";
import { redactSecrets } from "../../text/redact.ts";
import type { ScrubFunction } from "./types.ts";

/** Scrubs text and JSON. What it has scrubbed once it leaves alone: a replayed answer is sent back to it with the next request. */
export interface Scrubber {
  readonly text: (text: string) => string;
  readonly json: (value: JsonValue) => JsonValue;
}

/** Members whose value is a secret by their name alone. */
const SECRET_NAME =
  /^(?:(?:proxy[-_]?)?authorization|(?:set[-_]?)?cookie|password|passwd|pwd|pass[-_]?phrase|secret|client[-_]?secret|(?:x[-_])?api[-_]?key|private[-_]?key|(?:access|refresh|security|session)[-_]?token)$/i;
const REDACTED = "[redacted]";

/** So often what scrubs may find something in what it made itself. */
const MAX_ROUNDS = 10;

/** `redactSecrets`, and then `own`, over every string and every name of a member. */
export function scrubber(own: ScrubFunction = (text) => text): Scrubber {
  const settle = (text: string): string => {
    let clean = text;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const next: unknown = own(redactSecrets(clean));
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
    for (const [name, member] of Object.entries(value)) {
      const scrubbed = settle(name);
      let unique = scrubbed;
      for (let count = 2; clean.has(unique); count++) unique = `${scrubbed} (${count})`;
      clean.set(unique, isSecret(name, member) ? REDACTED : scrubJson(member));
    }
    return Object.fromEntries(clean);
  };
  const scrubJson = (value: JsonValue): JsonValue => {
    if (typeof value === "string") return scrubText(value);
    if (Array.isArray(value)) return value.map(scrubJson);
    return isJsonObject(value) ? scrubObject(value) : value;
  };
  return { text: scrubText, json: scrubJson };
}

function isSecret(name: string, value: JsonValue): boolean {
  return SECRET_NAME.test(name) && (typeof value === "number" || (typeof value === "string" && value !== ""));
}
