/** Which members hold a secret by their name alone, however the name is put together. */
import { isJsonObject, type JsonValue } from "../../json/json.ts";

/** Words that name a secret wherever a name ends in them, be they written apart or not: `db_password`, `dbpassword`. */
const ENDINGS = [
  "passwords?",
  "passwd",
  "pass-?phrase",
  "pass-?code",
  "pwd",
  "secrets?",
  "credentials?",
  "api-?keys?",
  "(?:access|secret|private|signing|encryption|account|auth|master|shared|deploy|license|subscription|webhook|ssh|hmac)-?keys?",
  "(?:access|auth|api|bearer|bot|client|csrf|delegation|id|jwt|refresh|sas|security|service|session|xsrf)-?tokens?",
  "connection-?strings?",
  "session-?id",
  "sessid",
];
/** Words that do so only as words: `stopwatch` has no password, and `compass` no pass. */
const WORDS = [
  "pw",
  "(?:admin|auth|db|login|mail|proxy|root|smtp|user)-pass",
  "token",
  "jwt",
  "bearer",
  "csrf",
  "xsrf",
  "t?otp",
  "(?:t?otp|mfa|2fa|two-factor|recovery|backup)-codes?",
  "cookies?",
  "authorization",
  "seed-phrase",
];
const SECRET = new RegExp(`(?:${ENDINGS.join("|")}|(?:^|-)(?:${WORDS.join("|")}))$`);

/** What may follow and changes nothing: `privateKeyPem`, `secret_value`, `password2`. */
const TAIL = /-(?:value|raw|plain|plaintext|hash|base64|b64|pem|headers?|\d+)$/;
const AWS_TAIL = /(?<=secret)-(?:string|binary)$/;

/** Tokens that tell where a list or a text goes on; whoever replays a call with one needs it as it was. */
const HARMLESS =
  /(?:^|-)(?:page|next|prev|previous|continuation|continue|cursor|resume|sync|start|stop|end|first|last|bos|eos|pad|unk|sep|cls|mask|max|min)-tokens?$/;
/** Kinds of secrets that have members of their own. */
const HOLDERS = /(?:^|-)(?:secrets?|credentials?|cookies?)$/;

/** What is kept by a name: nothing, a secret, or several, each by a name of its own. */
export type Kept = "nothing" | "secret" | "secrets";

export function keptBy(name: string): Kept {
  const joined = wordsOf(name);
  if (HARMLESS.test(joined) || !SECRET.test(joined)) return "nothing";
  return HOLDERS.test(joined) ? "secrets" : "secret";
}

/** Whether a value may be the secret of such a name: `token: 17` counts, or is the number of one. */
export function mayBeSecret(name: string, value: JsonValue): boolean {
  if (typeof value === "number")
    return !/tokens?$/i.test(name) || /(?:access|refresh|security|session)/i.test(name);
  return typeof value === "string" && value !== "";
}

/** A schema's `properties` have names like these, and say in an object what they are. */
export function isSchema(value: JsonValue): boolean {
  return (
    isJsonObject(value) &&
    ["type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "description", "properties"].some((word) =>
      Object.hasOwn(value, word),
    )
  );
}

/** `X-Auth-Token`, `authToken` and `AUTH_TOKEN` are `…auth-token`. */
function wordsOf(name: string): string {
  const words = name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1-$2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1-$2")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/(\p{L})(\d+)$/u, "$1-$2")
    .replace(/^-|-$/g, "")
    .toLowerCase();
  return words.replace(AWS_TAIL, "").replace(TAIL, "");
}
