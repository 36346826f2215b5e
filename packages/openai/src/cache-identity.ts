/** What makes two models of one id the same to a cache: where they are, and what is sent differently. */
import { isRecord, type JsonValue, parseJson } from "@locus-sdk/core";
import type { ChatProfile } from "./chat/profile.ts";

/** Where a model is, or a function that finds out; nothing where that fails. */
export type CacheIdentity = JsonValue | (() => JsonValue | undefined);

/** The identity of a model over `api`; none where nobody says where it is. */
export function identityOf(
  api: string,
  given: CacheIdentity | undefined,
  profile: ChatProfile,
  options: { readonly [name: string]: JsonValue | undefined } = {},
): JsonValue | undefined {
  const at = typeof given === "function" ? given() : given;
  if (at === undefined) return undefined;
  const set = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return { api, at, profile: plain(profile), options: Object.fromEntries(set) };
}

/** An address without what is secret, or changes nothing, in it. */
export function placeOf(baseURL: string): string {
  const url = URL.parse(baseURL);
  return url === null ? baseURL : `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

const known = new WeakMap<ChatProfile, JsonValue>();

/** A profile is the same object for all models of its family: it is written out once. */
function plain(profile: ChatProfile): JsonValue {
  const written = known.get(profile) ?? parseJson(JSON.stringify(profile)) ?? null;
  if (isRecord(profile)) known.set(profile, written);
  return written;
}
