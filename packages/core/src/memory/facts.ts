/** Facts: short notes in a memory store. Written so that the same one is there once, and that there are never too many. */
import { createHash } from "node:crypto";
import { MemoryConflictError, MemoryError } from "../errors/errors.ts";
import { isJsonObject, type JsonObject } from "../json/json.ts";
import { redactSecrets } from "../text/redact.ts";
import { termsOf } from "./terms.ts";
import type { MemoryItem, MemoryMatch, MemoryNamespace, MemoryStore } from "./types.ts";

export const MAX_FACT_CHARS = 500;
/** From this cosine on, two texts say the same. High: what is taken for the same replaces what is there. */
const SAME_MEANING = 0.97;
/** How many of the closest facts are looked at for one that says the same. */
const CLOSEST = 10;

/** All facts of a namespace, and nothing else that may be kept there or below. */
export const FACTS: { readonly deep: false; readonly metadata: { readonly kind: "fact" } } = {
  deep: false,
  metadata: { kind: "fact" },
};

/** Where facts are kept, how long and how many of them. */
export interface FactShelf {
  readonly store: MemoryStore;
  readonly namespace: MemoryNamespace;
  readonly ttlMs: number | undefined;
  /** Beyond it, those go that were neither learned nor used for longest. */
  readonly maxItems: number;
}

export interface FactDraft {
  readonly text: string;
  /** Id of the fact that this one is in the place of. */
  readonly replaces?: string | undefined;
  /** Matters whatever is talked about. */
  readonly standing?: boolean | undefined;
  /** Where it was learned. */
  readonly threadId: string;
  readonly runId: string;
  readonly signal?: AbortSignal | undefined;
}

export interface SavedFact {
  readonly id: string;
  readonly status: "new" | "updated" | "known";
}

export function factText({ value }: MemoryItem): string {
  return isJsonObject(value) && typeof value.text === "string" ? value.text : "";
}

/** The day on which it was learned, ISO 8601. */
export function factDate({ metadata, updatedAt }: MemoryItem): string {
  return (typeof metadata.learnedAt === "string" ? metadata.learnedAt : updatedAt).slice(0, 10);
}

/**
 * Keeps a fact: in the place of the one that it replaces, or of one that says the same, or as a new one. The same fact
 * again is not written twice.
 *
 * @throws MemoryError for a text that is empty, too long or holds a secret.
 */
export async function saveFact(shelf: FactShelf, draft: FactDraft): Promise<SavedFact> {
  const text = checkFact(draft.text);
  const same = await findSame(shelf, text, draft.signal);
  const replaced = draft.replaces === undefined ? undefined : await readFact(shelf, draft.replaces);
  if (same !== undefined) {
    if (replaced !== undefined && replaced.key !== same.key) await removeFact(shelf, replaced.key);
    const standing = same.metadata.standing === true || draft.standing === true;
    await rewrite(shelf, same, standing ? { ...same.metadata, standing } : same.metadata);
    return { id: same.key, status: "known" };
  }
  const id = replaced?.key ?? factId(text);
  const metadata: JsonObject = {
    kind: "fact",
    learnedAt: new Date().toISOString(),
    threadId: draft.threadId,
    runId: draft.runId,
    ...((draft.standing ?? replaced?.metadata.standing) === true ? { standing: true } : {}),
  };
  const { ttlMs } = shelf;
  const { version } = await shelf.store.put(
    shelf.namespace,
    id,
    { text },
    { metadata, ttlMs, signal: draft.signal },
  );
  return { id, status: version === 1 ? "new" : "updated" };
}

/** Facts that are still as they were seen: their time begins anew, and they are the last to go. */
export async function touchFacts(shelf: FactShelf, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const item = await readFact(shelf, id);
    if (item !== undefined) await rewrite(shelf, item, item.metadata);
  }
}

/** Whether there was such a fact. */
export async function removeFact(shelf: FactShelf, id: string): Promise<boolean> {
  const item = await readFact(shelf, id);
  return item !== undefined && (await shelf.store.delete(shelf.namespace, id));
}

/** Deletes what is more than the shelf may hold; resolves to the ids. */
export async function trimFacts({ store, namespace, maxItems }: FactShelf): Promise<readonly string[]> {
  const items: MemoryItem[] = [];
  for await (const item of store.list(namespace, FACTS)) items.push(item);
  if (items.length <= maxItems) return [];
  const oldest = items.sort((a, b) => (a.updatedAt < b.updatedAt ? -1 : Number(a.updatedAt > b.updatedAt)));
  const gone: string[] = [];
  for (const { key, version } of oldest.slice(0, items.length - maxItems)) {
    // One that was written since is not the oldest any more.
    if (await unlessChanged(store.delete(namespace, key, { ifVersion: version }))) gone.push(key);
  }
  return gone;
}

/** Closest facts first: by words and meaning, and by words alone where no vectors can be had. */
export async function searchFacts(
  { store, namespace }: Pick<FactShelf, "store" | "namespace">,
  query: string,
  options: {
    readonly limit: number;
    readonly minScore?:
      | { readonly text?: number | undefined; readonly semantic?: number | undefined }
      | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onFallback?: (error: unknown) => void;
  },
): Promise<readonly MemoryMatch[]> {
  const { onFallback, ...asked } = options;
  try {
    return await store.search(namespace, { ...FACTS, ...asked, query });
  } catch (error) {
    if (options.signal?.aborted === true || error instanceof MemoryError) throw error;
    onFallback?.(error);
    return store.search(namespace, { ...FACTS, ...asked, query, mode: "text" });
  }
}

/** @throws MemoryError saying what is wrong with the text. */
function checkFact(given: string): string {
  const text = given.trim().replaceAll(/\s+/g, " ");
  if (text === "" || text.length > MAX_FACT_CHARS) {
    throw new MemoryError(
      `a note has 1 to ${MAX_FACT_CHARS} characters, not ${text.length}: keep one fact in each`,
    );
  }
  if (redactSecrets(text) === text) return text.toWellFormed();
  throw new MemoryError("a note that holds a password, key or token is not kept", {
    hint: "Secrets belong into a vault; keep where they are, not what they are.",
  });
}

async function readFact({ store, namespace }: FactShelf, id: string): Promise<MemoryItem | undefined> {
  if (id === "") return undefined;
  const item = await store.get(namespace, id.slice(0, MAX_FACT_CHARS).toWellFormed());
  return item?.metadata.kind === "fact" ? item : undefined;
}

async function findSame(
  shelf: FactShelf,
  text: string,
  signal: AbortSignal | undefined,
): Promise<MemoryItem | undefined> {
  const own = wordsOf(text);
  const kept = await readFact(shelf, factId(text));
  if (kept !== undefined && wordsOf(factText(kept)) === own) return kept;
  const close = await searchFacts(shelf, text, { limit: CLOSEST, signal });
  return close.find(
    ({ item, matched }) => wordsOf(factText(item)) === own || (matched.semantic ?? 0) >= SAME_MEANING,
  )?.item;
}

/** The same value once more; what somebody else has made of it by now stays. */
async function rewrite(shelf: FactShelf, item: MemoryItem, metadata: JsonObject): Promise<void> {
  const { key, value, version } = item;
  const { store, namespace, ttlMs } = shelf;
  await unlessChanged(store.put(namespace, key, value, { metadata, ttlMs, ifVersion: version }));
}

async function unlessChanged(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof MemoryConflictError) return false;
    throw error;
  }
}

function wordsOf(text: string): string {
  return termsOf(text).join(" ") || text;
}

/** The same words have the same id, so writing a fact again has no effect of its own. */
function factId(text: string): string {
  return `fact_${createHash("sha256").update(wordsOf(text)).digest("hex").slice(0, 16)}`;
}
