/** Where the resources of the wire are, and how a thread's id gets into a path. Both sides use it. */
import { createHash } from "node:crypto";

/** The version of what is said over the wire; the first segment of every path. */
const PROTOCOL = "v1";
/** Ids that take more characters in a path go in the body: servers and proxies bound the length of an address. */
const MAX_PATH_ID = 1_024;
/** Stands before an id, since a segment of dots alone would be taken for a way up. */
const PLAIN = "=";
const HASHED = "~";

/** Says which method is meant where a long id made the request a POST. */
export const METHOD_HEADER = "locus-method";
/** Marks a request whose earlier attempt may have been carried out. */
export const RETRY_HEADER = "locus-retry";
/** How many events lie between two snapshots of the store behind the service. */
export const SNAPSHOT_HEADER = "locus-snapshot-every";

/** A resource of a thread; `""` is the thread itself. */
export type ThreadResource = "" | "events" | "forks" | "leases";

export const listPath = (): string => `/${PROTOCOL}/threads`;
export const vacuumPath = (): string => `/${PROTOCOL}/vacuum`;

export function threadPath(threadId: string, resource: ThreadResource): string {
  const thread = `/${PROTOCOL}/threads/${segmentOf(threadId)}`;
  return resource === "" ? thread : `${thread}/${resource}`;
}

export const isLong = (threadId: string): boolean => segmentOf(threadId).startsWith(HASHED);

function segmentOf(threadId: string): string {
  const encoded = encodeURIComponent(threadId);
  if (encoded.length <= MAX_PATH_ID) return `${PLAIN}${encoded}`;
  return `${HASHED}${createHash("sha256").update(threadId, "utf8").digest("hex")}`;
}

/** What a path is for; `threadId` is absent where the body has it. */
export type Target =
  | { readonly kind: "list" | "vacuum" }
  | { readonly kind: "thread"; readonly threadId?: string; readonly resource: ThreadResource };

/** `undefined` for a path that is none of ours. */
export function targetOf(pathname: string): Target | undefined {
  if (pathname === listPath()) return { kind: "list" };
  if (pathname === vacuumPath()) return { kind: "vacuum" };
  const match = new RegExp(`^/${PROTOCOL}/threads/([^/]+)(?:/(events|forks|leases))?$`).exec(pathname);
  const [, segment = "", found = ""] = match ?? [];
  if (segment === "") return undefined;
  // The expression lets no other through.
  const resource = found as ThreadResource;
  if (/^~[0-9a-f]{64}$/.test(segment)) return { kind: "thread", resource };
  if (!segment.startsWith(PLAIN)) return undefined;
  try {
    return { kind: "thread", threadId: decodeURIComponent(segment.slice(PLAIN.length)), resource };
  } catch {
    return undefined;
  }
}

/** Whether a hashed path is that of `threadId`. */
export const isPathOf = (pathname: string, threadId: string, resource: ThreadResource): boolean =>
  pathname === threadPath(threadId, resource);
