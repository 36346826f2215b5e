/** Profiles of an OCI configuration file: which keys a profile has, its own and those `[DEFAULT]` may lend it. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { ConfigurationError, didYouMean } from "@locus-sdk/core";
import { parse } from "ini";
import { z } from "zod";
import { Secret } from "../secret.ts";
import { rewrite } from "./ini-text.ts";

/** What a profile holds, paths absolute and secrets wrapped. Keys Locus has no use for are left out. */
export interface Profile {
  readonly name: string;
  /** The file it was read from. */
  readonly file: string;
  readonly tenancy: string | undefined;
  readonly user: string | undefined;
  readonly fingerprint: string | undefined;
  readonly keyFile: string | undefined;
  readonly keyContent: Secret | undefined;
  readonly passPhrase: Secret | undefined;
  readonly region: string | undefined;
  readonly securityTokenFile: string | undefined;
  readonly authenticationType: string | undefined;
  readonly delegationTokenFile: string | undefined;
}

/** Which kind of credential a set of keys describes: `[DEFAULT]` lends credentials to its own kind only. */
type Kind = "api_key" | "session_token" | "other" | undefined;
type Keys = ReadonlyMap<string, string>;

const DEFAULT = "DEFAULT";
const KEY_PAIR = ["key_file", "key_content", "fingerprint", "pass_phrase"];
const BOUND_TO_KEY = new Set(["key_file", "key_content", "fingerprint"]);
/** Keys that belong to credentials, by the kinds they belong to. All others are always inherited. */
const CREDENTIAL_KEYS: Readonly<Record<string, readonly Kind[]>> = {
  user: ["api_key"],
  security_token_file: ["session_token"],
  authentication_type: ["other"],
  delegation_token_file: ["other"],
  ...Object.fromEntries(KEY_PAIR.map((key) => [key, ["api_key", "session_token"] satisfies Kind[]])),
};

const parsedFile = z.record(
  z.string(),
  z.union([z.record(z.string(), z.union([z.string(), z.boolean(), z.null()])), z.string()]),
);

/** The sections of a configuration file by name, each with its own keys in lower case. */
export function parseProfiles(source: string, file = "the configuration"): ReadonlyMap<string, Keys> {
  const { text, sections } = rewrite(source, (line) => {
    // The line itself stays out of the message: it may be the middle of somebody's private key.
    throw new ConfigurationError(`${file}, line ${line}: expected "[PROFILE]", "key = value" or a comment`, {
      hint: "Comments begin with # or ;. A private key belongs into its own file, named by key_file.",
    });
  });
  const profiles = new Map<string, Map<string, string>>();
  const parsed = parsedFile.parse({ ...parse(text) });
  for (const [index, name] of sections.entries()) {
    const keys = profiles.get(name) ?? new Map<string, string>();
    profiles.set(name, keys);
    const section = parsed[String(index)];
    if (typeof section !== "object") continue;
    for (const [key, value] of Object.entries(section)) {
      // A key that is there but empty is not there: `region =` must not hide the one of [DEFAULT].
      if (value !== "") keys.set(key.slice(2), String(value));
    }
  }
  return profiles;
}

function kindOf(keys: Keys): Kind {
  if (keys.has("authentication_type")) return "other";
  if (keys.has("user")) return "api_key";
  if (keys.has("security_token_file")) return "session_token";
  return KEY_PAIR.some((key) => keys.has(key)) ? "api_key" : undefined;
}

/** A profile's keys with what it lacks taken from `[DEFAULT]`, credentials only where both are of one kind. */
function inherit(own: Keys, defaults: Keys): Keys {
  const kind = kindOf(own);
  const lent = new Map(own);
  for (const [key, value] of defaults) {
    if (own.has(key)) continue;
    const kinds = Object.hasOwn(CREDENTIAL_KEYS, key) ? CREDENTIAL_KEYS[key] : undefined;
    const mayLend =
      kinds === undefined || kind === undefined || (kind === kindOf(defaults) && kinds.includes(kind));
    // A session may be one of another tenancy, and would then be sent with a compartment that its own knows nothing of.
    if (key === "tenancy" && kind === "session_token" && kindOf(defaults) === "api_key") continue;
    // A key of the profile's own goes with no other key, and not with another key's fingerprint.
    const ownKey = (own.has("key_file") || own.has("key_content")) && BOUND_TO_KEY.has(key);
    if (mayLend && !ownKey) lent.set(key, value);
  }
  return lent;
}

/** The path with a leading `~` expanded, relative ones taken from `base`. */
export function expandPath(path: string, base: string): string {
  const expanded = path === "~" || /^~[/\\]/.test(path) ? join(homedir(), path.slice(1)) : path;
  return isAbsolute(expanded) ? expanded : resolve(base, expanded);
}

/** The profile `name` of an already parsed file, or `undefined` where it has none of that name. */
export function selectProfile(
  profiles: ReadonlyMap<string, Keys>,
  name: string,
  file: string,
): Profile | undefined {
  const own = profiles.get(name);
  if (own === undefined) return undefined;
  const keys = name === DEFAULT ? own : inherit(own, profiles.get(DEFAULT) ?? new Map());
  const path = (key: string): string | undefined => {
    const value = keys.get(key);
    return value === undefined ? undefined : expandPath(value, dirname(file));
  };
  const secret = (key: string): Secret | undefined => {
    const value = keys.get(key);
    return value === undefined ? undefined : new Secret(value.replaceAll("\\n", "\n"));
  };
  const phrase = keys.get("pass_phrase");
  return Object.freeze({
    name,
    file,
    tenancy: keys.get("tenancy"),
    user: keys.get("user"),
    fingerprint: keys.get("fingerprint"),
    keyFile: path("key_file"),
    keyContent: secret("key_content"),
    passPhrase: phrase === undefined ? undefined : new Secret(phrase),
    region: keys.get("region"),
    securityTokenFile: path("security_token_file"),
    authenticationType: keys.get("authentication_type"),
    delegationTokenFile: path("delegation_token_file"),
  });
}

/**
 * Reads the profile `name` of the configuration file `file` (an absolute path).
 *
 * @throws ConfigurationError when the file cannot be read or parsed, or has no such profile.
 */
export function readProfile(file: string, name: string): Profile {
  let source: string;
  try {
    source = readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigurationError(`the OCI configuration file ${file} cannot be read`, {
      hint: "Run `oci setup config` or `oci session authenticate`, or name another file: the `configFile` option or OCI_CONFIG_FILE.",
      cause,
    });
  }
  const profiles = parseProfiles(source, file);
  const profile = selectProfile(profiles, name, file);
  if (profile === undefined) {
    const known = [...profiles.keys()];
    throw new ConfigurationError(`${file} has no profile "${name}"${didYouMean(name, known)}`, {
      hint: `Profiles there: ${known.length === 0 ? "none" : known.join(", ")}. Choose one with the \`profile\` option or OCI_PROFILE.`,
    });
  }
  return profile;
}
