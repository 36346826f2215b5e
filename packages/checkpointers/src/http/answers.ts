/** The handler's answers: a value, or lines of JSON. */
import { SCHEMA_VERSION, type StoredThread } from "@locus-sdk/core";
import { snapshotRecord } from "@locus-sdk/core/checkpoint";
import { toWire } from "./errors.ts";
import { bodyOf } from "./ndjson.ts";

export function linesOfThread(thread: StoredThread | undefined): Response {
  async function* lines(): AsyncGenerator<unknown, void, undefined> {
    yield { schemaVersion: SCHEMA_VERSION };
    if (thread === undefined) yield { thread: null };
    else {
      const { schemaVersion, version, snapshot, events } = thread;
      const record = snapshot === undefined ? undefined : snapshotRecord({ state: snapshot.state });
      yield { thread: { schemaVersion, version, snapshot: record } };
      for (const event of events) yield { event };
    }
    yield { end: true };
  }
  return ndjson(lines());
}

/** The first item is had before the answer begins, so that most errors still have a status of their own. */
export async function streamed<T>(items: AsyncIterable<T>, lineOf: (item: T) => unknown): Promise<Response> {
  const iterator = items[Symbol.asyncIterator]();
  let next = await iterator.next();
  async function* lines(): AsyncGenerator<unknown, void, undefined> {
    try {
      yield { schemaVersion: SCHEMA_VERSION };
      while (next.done !== true) {
        yield lineOf(next.value);
        try {
          next = await iterator.next();
        } catch (error) {
          yield { error: toWire(error).error };
          return;
        }
      }
      yield { end: true };
    } finally {
      await iterator.return?.();
    }
  }
  return ndjson(lines());
}

const ndjson = (lines: AsyncGenerator<unknown, void, undefined>): Response =>
  new Response(bodyOf(lines), { headers: { "content-type": "application/x-ndjson" } });

export const json = (status: number, value: unknown): Response =>
  new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json" } });
