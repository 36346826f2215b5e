/** Snapshots as payloads, the chains that they make, and the newest one that can be restored. */
import { type AgentState, CheckpointError, LocusError, parseJson, type SnapshotDraft } from "@locus-sdk/core";
import { type PayloadCodec, restoreSnapshot, snapshotRecord } from "@locus-sdk/core/checkpoint";

/** A snapshot's version, and that of the one it continues. */
export interface SnapshotLink {
  readonly version: number;
  readonly base?: number;
}

export const snapshotPlace = (threadId: string, version: number): string => `snapshot/${version}/${threadId}`;

/** Checks that a draft is the state after the last event of its append. */
export function checkSnapshot(threadId: string, version: number, draft: SnapshotDraft | undefined): void {
  if (draft === undefined || (draft.state.version === version && draft.state.threadId === threadId)) return;
  throw new CheckpointError(
    `a snapshot of thread "${draft.state.threadId}" at version ${draft.state.version} was appended to thread "${threadId}" at version ${version}`,
  );
}

/**
 * What to store of a draft. Its base is left out where the store does not have it, or where nothing of it would be kept: a
 * chain then begins anew.
 */
export function encodeSnapshot(
  codec: PayloadCodec,
  { state, base }: SnapshotDraft,
  hasBase: (version: number) => boolean,
): SnapshotLink & { readonly payload: string } {
  const isKept = base !== undefined && (base.messages > 0 || (base.tools?.executions ?? 0) > 0);
  const isLinked = isKept && base.version < state.version && hasBase(base.version);
  const record = snapshotRecord(isLinked ? { state, base } : { state });
  return {
    version: state.version,
    ...(isLinked ? { base: base.version } : {}),
    payload: codec.encode(JSON.stringify(record), snapshotPlace(state.threadId, state.version)),
  };
}

/** The links of the chain that ends with `last`, from its first; `undefined` where one is missing. */
function chainOf(
  links: ReadonlyMap<number, SnapshotLink>,
  last: SnapshotLink,
): readonly SnapshotLink[] | undefined {
  const chain = [last];
  for (let link = last; link.base !== undefined; chain.push(link)) {
    const base = links.get(link.base);
    if (base === undefined || base.version >= link.version) return undefined;
    link = base;
  }
  return chain.reverse();
}

/** The versions that the newest whole chain consists of: the thread is read from these, all others are out of use. */
export function versionsInUse(links: readonly SnapshotLink[]): ReadonlySet<number> {
  const byVersion = new Map(links.map((link) => [link.version, link]));
  for (const link of newestFirst(links)) {
    const chain = chainOf(byVersion, link);
    if (chain !== undefined) return new Set(chain.map(({ version }) => version));
  }
  return new Set();
}

/**
 * The newest state that can be restored from `links`, the thread's snapshots up to the version asked for, none of a later one;
 * `undefined` where the thread must be read from its first event. A snapshot that is damaged or does not open is passed over,
 * as the events tell the same.
 */
export function restoreNewest(
  codec: PayloadCodec,
  threadId: string,
  links: readonly SnapshotLink[],
  payloadOf: (version: number) => string | undefined,
): AgentState | undefined {
  const byVersion = new Map(links.map((link) => [link.version, link]));
  const records = new Map<number, unknown>();
  const recordOf = (version: number): unknown => {
    if (!records.has(version)) records.set(version, openRecord(codec, threadId, version, payloadOf(version)));
    return records.get(version);
  };
  const restore = (chain: readonly SnapshotLink[]): AgentState | undefined => {
    const state = restoreSnapshot(
      threadId,
      chain.map(({ version }) => recordOf(version)),
    );
    return state !== undefined && state.version === chain.at(-1)?.version ? state : undefined;
  };
  for (const link of newestFirst(links)) {
    const chain = byVersion.has(link.version) ? chainOf(byVersion, link) : undefined;
    if (chain === undefined) continue;
    const state = longestRestorable(chain, restore);
    if (state !== undefined) return state;
    // Nothing that builds on these can be restored either.
    for (const { version } of chain) byVersion.delete(version);
  }
  return undefined;
}

/** What a chain's first links tell, as many as are whole: found by halving, since a damaged link spoils all after it. */
function longestRestorable(
  chain: readonly SnapshotLink[],
  restore: (chain: readonly SnapshotLink[]) => AgentState | undefined,
): AgentState | undefined {
  let best = restore(chain);
  if (best !== undefined) return best;
  for (let [good, bad] = [0, chain.length]; bad - good > 1; ) {
    const middle = Math.floor((good + bad) / 2);
    const state = restore(chain.slice(0, middle));
    if (state === undefined) bad = middle;
    else [best, good] = [state, middle];
  }
  return best;
}

function openRecord(
  codec: PayloadCodec,
  threadId: string,
  version: number,
  payload: string | undefined,
): unknown {
  if (payload === undefined) return undefined;
  try {
    return parseJson(codec.decode(payload, snapshotPlace(threadId, version)));
  } catch (error) {
    if (error instanceof LocusError) return undefined;
    throw error;
  }
}

const newestFirst = (links: readonly SnapshotLink[]): readonly SnapshotLink[] =>
  links.toSorted((a, b) => b.version - a.version);
