/** Records as the server hands them out, checked. */
import { CheckpointError } from "@locus-sdk/core";
import { z } from "zod";
import type { StoreSettings } from "../shared/options.ts";
import type { Connection } from "./connection.ts";

/** What every operation of this store needs. */
export interface Context extends StoreSettings {
  readonly connection: Connection;
}

/** An event's record: its payload, and before it what is to be known without opening it. */
export interface EventRecord {
  readonly schemaVersion: number;
  readonly opensRun: boolean;
  readonly payload: string;
}

export const recordText = ({ schemaVersion, opensRun, payload }: EventRecord): string =>
  `${schemaVersion}:${opensRun ? 1 : 0}:${payload}`;

export function readRecord(text: string): EventRecord {
  const [head, schemaVersion, opensRun] = /^(\d{1,9}):([01]):/.exec(text) ?? [];
  if (head === undefined) throw foreign();
  return {
    schemaVersion: Number(schemaVersion),
    opensRun: opensRun === "1",
    payload: text.slice(head.length),
  };
}

/** The time to live as scripts take it. */
export const ttlText = ({ ttlMs }: StoreSettings): string => (ttlMs === undefined ? "" : String(ttlMs));

/** Numbers come as text. */
export const count: z.ZodType<number> = z.coerce.number().pipe(z.int());
export const texts: z.ZodType<string[]> = z.array(z.string());

/** @throws CheckpointError for an answer of another shape: somebody changed the keys, or how the client reads replies. */
export function checked<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw foreign(parsed.error);
}

function foreign(cause?: unknown): CheckpointError {
  return new CheckpointError("what Redis holds is not what this store writes", {
    hint: "The keys were changed from outside, or the client that was given maps replies to other types than text.",
    ...(cause === undefined ? {} : { cause }),
  });
}

const headSchema = z.tuple([z.string(), count, count, z.string()]).nullable();

/** What is known of a thread before its events are read. */
export interface Head {
  /** Another one where the thread was deleted and made anew. */
  readonly incarnation: string;
  readonly version: number;
  readonly schemaVersion: number;
  readonly facts: string;
}

export function readHead(answer: unknown): Head | undefined {
  const head = checked(headSchema, answer);
  if (head === null) return undefined;
  const [incarnation, version, schemaVersion, facts] = head;
  return { incarnation, version, schemaVersion, facts };
}
