/** What a manifest notes, and what follows from all of it. */
import { z } from "zod";

export const headerSchema: z.ZodType<{
  readonly type: "upload";
  readonly version: 1;
  readonly vectorStoreId: string;
  /** The folder, from where the manifest is: both may be moved together. */
  readonly directory?: string | undefined;
  readonly key: string;
}> = z.object({
  type: z.literal("upload"),
  version: z.literal(1),
  vectorStoreId: z.string(),
  directory: z.string().optional(),
  key: z.string(),
});

/** One version of one file. */
interface Version {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

interface InStore {
  readonly path: string;
  readonly fileId: string;
}

/** One line of a manifest. */
export type Note =
  /** It is about to be sent; `after` is a time of the service, in seconds, that had passed already. */
  | ({ readonly type: "intent"; readonly token: string; readonly after: number } & Version)
  /** The service has it. Without a token it was there before us, and is not ours to delete. */
  | ({ readonly type: "uploaded"; readonly token?: string | undefined; readonly fileId: string } & Version)
  /** It was sent, and the service did not take it. */
  | { readonly type: "refused"; readonly token: string }
  /** The store has been given it, under attributes of this digest. */
  | ({ readonly type: "attached"; readonly attributes?: string | undefined } & InStore)
  /** The store has taken it in. */
  | ({ readonly type: "ingested" } & InStore)
  /** The store has been given other attributes for it. */
  | ({ readonly type: "attributes"; readonly attributes: string } & InStore)
  /** The service does not have it any more. */
  | ({ readonly type: "gone" } & InStore)
  /** It was looked for at the end, and is there no more than once. */
  | { readonly type: "settled"; readonly token: string };

const version = { path: z.string(), sha256: z.string(), bytes: z.number() };
const step = { path: z.string(), fileId: z.string().min(1) };

export const noteSchema: z.ZodType<Note> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("intent"), token: z.string(), after: z.number(), ...version }),
  z.object({ type: z.literal("uploaded"), token: z.string().optional(), fileId: step.fileId, ...version }),
  z.object({ type: z.literal("refused"), token: z.string() }),
  z.object({ type: z.literal("attached"), attributes: z.string().optional(), ...step }),
  z.object({ type: z.literal("ingested"), ...step }),
  z.object({ type: z.literal("attributes"), attributes: z.string(), ...step }),
  z.object({ type: z.literal("gone"), ...step }),
  z.object({ type: z.literal("settled"), token: z.string() }),
]);

/** The version of a file that the service has, and how far it is. */
interface Kept {
  readonly sha256: string;
  readonly bytes: number;
  readonly fileId: string;
  /** Whether it was sent from here. */
  readonly ours: boolean;
  readonly step: "uploaded" | "attached" | "ingested";
  /** Of the attributes that it has in the store, where they are known. */
  readonly attributes?: string | undefined;
}

/** A version that was sent, or may have been. */
export interface Intent extends Version {
  readonly after: number;
  /** How often it was sent without the service refusing it. */
  readonly sent: number;
  /** Whether one answer, or one look, told its id. */
  readonly known: boolean;
}

/** What follows from a manifest. */
export interface ManifestState {
  readonly key: string;
  /** By path. */
  readonly kept: Map<string, Kept>;
  /** Ids of files that were replaced, by path; all ours. */
  readonly replaced: Map<string, Set<string>>;
  /** By token: what is not known, or may be on the service twice. */
  readonly intents: Map<string, Intent>;
}

export function emptyState(key: string): ManifestState {
  return { key, kept: new Map(), replaced: new Map(), intents: new Map() };
}

/** Takes one more note into account. */
export function apply(state: ManifestState, note: Note): void {
  const { kept, replaced, intents } = state;
  switch (note.type) {
    case "intent": {
      const { type: _type, token, ...intent } = note;
      const before = intents.get(token);
      const after = Math.min(note.after, before?.after ?? note.after);
      intents.set(token, { ...intent, after, sent: (before?.sent ?? 0) + 1, known: before?.known ?? false });
      return;
    }
    case "uploaded": {
      const { path, sha256, bytes, fileId, token } = note;
      const old = kept.get(path);
      if (old?.ours === true && old.fileId !== fileId) add(replaced, path, old.fileId);
      kept.set(path, { sha256, bytes, fileId, ours: token !== undefined, step: "uploaded" });
      const intent = token === undefined ? undefined : intents.get(token);
      if (token === undefined || intent === undefined) return;
      // Sent once and known: there can be no other.
      if (intent.sent === 1) intents.delete(token);
      else intents.set(token, { ...intent, known: true });
      return;
    }
    case "refused": {
      const intent = intents.get(note.token);
      if (intent === undefined) return;
      if (intent.sent === 1) intents.delete(note.token);
      else intents.set(note.token, { ...intent, sent: intent.sent - 1 });
      return;
    }
    case "attached":
    case "ingested":
    case "attributes": {
      const file = kept.get(note.path);
      if (file?.fileId !== note.fileId) return;
      const attributes = note.type === "ingested" ? file.attributes : note.attributes;
      kept.set(note.path, { ...file, attributes, step: note.type === "attributes" ? file.step : note.type });
      return;
    }
    case "gone": {
      if (kept.get(note.path)?.fileId === note.fileId) kept.delete(note.path);
      const left = replaced.get(note.path);
      if (left?.delete(note.fileId) === true && left.size === 0) replaced.delete(note.path);
      return;
    }
    case "settled":
      intents.delete(note.token);
  }
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}
