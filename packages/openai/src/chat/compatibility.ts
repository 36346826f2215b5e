/** What a server wants differently, whichever model it serves: laid over the profile of the model's family. */
import { ConfigurationError, checkKeys, didYouMean } from "@locus-sdk/core";
import { COMPATIBLE_SERVERS, type CompatibleServer, type ServerRow } from "./compatible-servers.ts";
import { type ChatProfile, DEFAULT_CHAT_PROFILE, type InputSupport } from "./profile.ts";

/** Differences of a server that is in no table, or of one that is. */
export type CompatibilityOverrides = Partial<Omit<ChatProfile, "name">> & {
  /** The row that this differs from. Default: what the base URL says, if anything. */
  readonly server?: CompatibleServer;
};

/** A server by its name, or what it wants differently. */
export type Compatibility = CompatibleServer | CompatibilityOverrides;

/** What is known about the server behind a base URL. */
export interface ResolvedServer {
  /** The row, where there is one. */
  readonly row?: ServerRow;
  /** The row whose own address the base URL is, however it is said to behave: the key has to be this one's. */
  readonly vendor?: ServerRow;
  readonly differences: ServerRow["differences"];
}

/** The row whose own address the base URL is. Only what is certain is told apart: a proxy may be anything. */
export function detectServer(baseURL: string): CompatibleServer | undefined {
  // A name may end with the dot of the root.
  const host = (URL.parse(baseURL)?.host.toLowerCase() ?? "").replace(/\.(?=:|$)/, "");
  return SERVERS.find((name) => COMPATIBLE_SERVERS[name].hosts?.test(host) === true);
}

/**
 * The server behind `baseURL`: as it is said to be, or as its address tells.
 *
 * @throws ConfigurationError for a name that is in no row, and a difference that no profile has.
 */
export function resolveServer(baseURL: string, compatibility: Compatibility | undefined): ResolvedServer {
  const detected = detectServer(baseURL);
  const { server = detected, ...given } =
    typeof compatibility === "string" ? { server: compatibility } : (compatibility ?? {});
  checkKeys("compatibility", given, DIFFERENCES);
  const vendor = detected === undefined ? {} : { vendor: COMPATIBLE_SERVERS[detected] };
  if (server === undefined) return { differences: given };
  if (!Object.hasOwn(COMPATIBLE_SERVERS, server)) {
    throw new ConfigurationError(`compatibility "${server}" is not known${didYouMean(server, SERVERS)}`, {
      hint: `Known are ${SERVERS.join(", ")}; another server is described by an object of differences.`,
    });
  }
  const row = COMPATIBLE_SERVERS[server];
  const differences = Object.keys(given).length === 0 ? row.differences : { ...row.differences, ...given };
  return { ...vendor, row, differences };
}

const DIFFERENCES = Object.keys(DEFAULT_CHAT_PROFILE).filter((name) => name !== "name");
const SERVERS = Object.keys(COMPATIBLE_SERVERS) as CompatibleServer[];

/** Profiles are compared by identity: one family on one server is one profile. */
const made = new WeakMap<ChatProfile, Map<ServerRow["differences"], ChatProfile>>();

/**
 * The profile of a family on a server. What either refuses is refused, and what neither can do less well than the
 * other is done as the weaker one does it; in all else the server has the last word.
 */
export function profileOn(profile: ChatProfile, { row, differences }: ResolvedServer): ChatProfile {
  if (Object.keys(differences).length === 0) return profile;
  const known = made.get(profile)?.get(differences);
  if (known !== undefined) return known;
  const composed: ChatProfile = Object.freeze({
    ...profile,
    ...differences,
    name: row === undefined ? profile.name : `${profile.name} on ${row.name}`,
    unsupported: [...new Set([...profile.unsupported, ...(differences.unsupported ?? [])])],
    // A family that has no place for instructions has none anywhere.
    system: profile.system === "fold" ? "fold" : (differences.system ?? profile.system),
    tools: profile.tools && differences.tools !== false,
    structuredOutput: weaker(
      profile.structuredOutput,
      differences.structuredOutput ?? profile.structuredOutput,
    ),
    input: bothRead(profile.input, differences.input),
  });
  // Differences of an object of the caller's are made anew with each model, and kept by nobody else.
  if (row?.differences === differences) {
    const ofFamily = made.get(profile) ?? new Map<ServerRow["differences"], ChatProfile>();
    ofFamily.set(differences, composed);
    made.set(profile, ofFamily);
  }
  return composed;
}

const STRENGTHS: readonly ChatProfile["structuredOutput"][] = ["none", "json_object", "json_schema"];

const weaker = (
  one: ChatProfile["structuredOutput"],
  other: ChatProfile["structuredOutput"],
): ChatProfile["structuredOutput"] => (STRENGTHS.indexOf(one) < STRENGTHS.indexOf(other) ? one : other);

function bothRead(family: InputSupport, server: InputSupport | undefined): InputSupport {
  if (server === undefined) return family;
  return {
    ...family,
    ...server,
    image: family.image && server.image,
    file: family.file && server.file,
    audio: family.audio && server.audio,
  };
}
