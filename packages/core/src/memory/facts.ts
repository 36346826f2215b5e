/** Facts: short notes in a memory store. Written so that the same one is there once, and that there are never too many. */
import { createHash } from "node:crypto";
import { MemoryConflictError, MemoryError } from "../errors/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { MAX_FACT_CHARS } from "./contract.ts";
import { atMost, type FactStore, withDeadline } from "./patience.ts";
import { numbersOf, wordsOf } from "./same.ts";
import { holdsSecret } from "./secrets.ts";
import type { MemoryItem, MemoryMatch, MemoryNamespace, MemoryPutOptions } from "./types.ts";

/** From this cosine on, two texts say the same. High: what is taken for the same replaces what is there. */
const SAME_MEANING = 0.97;
/** How many of the closest facts are looked at for one that says the same. */
const CLOSEST = 10;

/** How long embeddings may take, of a query or of a note. After it a search is by words, and a note has no vector yet. */
const EMBEDDINGS_MS = 2500;

/** All facts of a namespace, and nothing else that may be kept there or below. */
export const FACTS: { readonly deep: false; readonly metadata: { readonly kind: "fact" } } = {
  deep: false,
  metadata: { kind: "fact" },
};

/** Where facts are kept, how long and how many of them. */
export interface FactShelf {
  readonly store: FactStore;
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
 * again is not written twice, and no fact is overwritten that was not named.
 *
 * @throws MemoryError for a text that is empty, too long or holds a secret.
 */
export async function saveFact(shelf: FactShelf, draft: FactDraft): Promise<SavedFact> {
  const text = checkFact(draft.text);
  const replaced = draft.replaces === undefined ? undefined : await readFact(shelf, draft.replaces);
  // What is close to the one that it corrects is not known already: that is why it is corrected.
  const same = await findSame(shelf, text, { bySense: replaced === undefined, signal: draft.signal });
  if (same !== undefined && (same.key !== replaced?.key || factText(same) === text)) {
    if (replaced !== undefined && replaced.key !== same.key) await removeFact(shelf, replaced.key);
    return await confirm(shelf, same, draft);
  }
  const metadata: JsonObject = {
    kind: "fact",
    learnedAt: new Date().toISOString(),
    threadId: draft.threadId,
    runId: draft.runId,
    ...((draft.standing ?? replaced?.metadata.standing) === true ? { standing: true } : {}),
  };
  if (replaced === undefined) return await addFact(shelf, text, draft, metadata);
  const { version } = await putFact(shelf, replaced.key, { text }, { metadata, signal: draft.signal });
  return { id: replaced.key, status: version === 1 ? "new" : "updated" };
}

/** Under the first of its ids that is free. */
async function addFact(
  shelf: FactShelf,
  text: string,
  draft: FactDraft,
  metadata: JsonObject,
): Promise<SavedFact> {
  for (let turn = 0; ; turn++) {
    draft.signal?.throwIfAborted();
    const id = factId(text, turn);
    const put = putFact(shelf, id, { text }, { metadata, ifVersion: 0, signal: draft.signal });
    if (await unlessChanged(put)) return { id, status: "new" };
    // The same fact, written by somebody else just now; or another one, which took this one's place.
    const there = await readFact(shelf, id);
    if (there !== undefined && wordsOf(factText(there)) === wordsOf(text)) {
      return await confirm(shelf, there, draft);
    }
  }
}

/** A fact that is known already: its time begins anew. */
async function confirm(shelf: FactShelf, known: MemoryItem, { standing }: FactDraft): Promise<SavedFact> {
  const stands = known.metadata.standing === true || standing === true;
  await rewrite(shelf, known, stands ? { ...known.metadata, standing: true } : known.metadata);
  return { id: known.key, status: "known" };
}

/** Facts that are still as they were seen: their time begins anew, and they are the last to go. */
export async function touchFacts(shelf: FactShelf, ids: readonly string[]): Promise<void> {
  const touch = async (id: string): Promise<void> => {
    const item = await readFact(shelf, id);
    if (item !== undefined) await rewrite(shelf, item, item.metadata);
  };
  await Promise.all(ids.map(touch));
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

/** Closest facts first: by words and meaning, and by words alone where no vectors can be had in time. */
export async function searchFacts(
  { store, namespace }: Pick<FactShelf, "store" | "namespace">,
  query: string,
  options: {
    readonly limit: number;
    readonly mode?: "text";
    readonly minScore?:
      | { readonly text?: number | undefined; readonly semantic?: number | undefined }
      | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onFallback?: (error: unknown) => void;
  },
): Promise<readonly MemoryMatch[]> {
  const { onFallback, ...asked } = options;
  if (asked.mode === "text") return store.search(namespace, { ...FACTS, ...asked, query });
  try {
    return await atMost(EMBEDDINGS_MS, options.signal, (signal) =>
      store.search(namespace, { ...FACTS, ...asked, query, signal }),
    );
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
  if (!holdsSecret(text)) return text.toWellFormed();
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
  { bySense, signal }: { readonly bySense: boolean; readonly signal: AbortSignal | undefined },
): Promise<MemoryItem | undefined> {
  const own = wordsOf(text);
  for (let turn = 0; ; turn++) {
    signal?.throwIfAborted();
    const there = await shelf.store.get(shelf.namespace, factId(text, turn));
    if (there === undefined) break;
    if (there.metadata.kind === "fact" && wordsOf(factText(there)) === own) return there;
  }
  const close = await searchFacts(shelf, text, {
    limit: CLOSEST,
    signal,
    ...(bySense ? {} : { mode: "text" }),
  });
  return close.find(({ item, matched }) => {
    const other = factText(item);
    if (wordsOf(other) === own) return true;
    // Vectors hardly tell one date or amount from another.
    return bySense && (matched.semantic ?? 0) >= SAME_MEANING && numbersOf(other) === numbersOf(text);
  })?.item;
}

/** The same value once more; what somebody else has made of it by now stays. */
async function rewrite(shelf: FactShelf, item: MemoryItem, metadata: JsonObject): Promise<void> {
  const { key, value, version } = item;
  await unlessChanged(putFact(shelf, key, value, { metadata, ifVersion: version }));
}

function putFact(
  { store, namespace, ttlMs }: FactShelf,
  id: string,
  value: JsonValue,
  { signal: parent, ...options }: MemoryPutOptions,
): Promise<MemoryItem> {
  return withDeadline(EMBEDDINGS_MS, parent, (signal) =>
    store.put(namespace, id, value, { ...options, ttlMs, signal }),
  );
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

/**
 * The same words have the same ids, so writing a fact again has no effect of its own. A fact that was corrected keeps its
 * id: what it said before is given the next of its own.
 */
function factId(text: string, turn: number): string {
  const words = turn === 0 ? wordsOf(text) : `${wordsOf(text)}\n${turn}`;
  return `fact_${createHash("sha256").update(words).digest("hex").slice(0, 16)}`;
}
