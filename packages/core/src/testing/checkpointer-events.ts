/** Durable events to fill threads with, plain and unfrozen, as a writer may hand them in. */
import type { Checkpointer } from "../checkpoint/types.ts";
import { type DurableEvent, type EventEnvelope, SCHEMA_VERSION } from "../events/types.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";

const START = Date.UTC(2026, 0, 1);

/** The timestamp of the event with that sequence: a second apart. */
export const timestampOf = (sequence: number): string => new Date(START + sequence * 1_000).toISOString();

const envelope = (threadId: string, sequence: number): EventEnvelope => ({
  runId: "run_1",
  threadId,
  sequence,
  timestamp: timestampOf(sequence),
});

/** Says who wrote it, so that a race shows its winner. */
export function noteEvent(threadId: string, sequence: number, text: string): DurableEvent {
  return {
    ...envelope(threadId, sequence),
    type: "message_added",
    message: { role: "user", content: text },
    origin: "test",
  };
}

export function startEvent(
  threadId: string,
  sequence: number,
  options: { readonly agent?: string; readonly metadata?: JsonObject } = {},
): DurableEvent {
  return {
    ...envelope(threadId, sequence),
    type: "run_start",
    schemaVersion: SCHEMA_VERSION,
    agent: options.agent ?? "tester",
    input: [{ role: "user", content: [{ type: "text", text: "Hello." }] }],
    ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
  };
}

export function resultEvent(threadId: string, sequence: number, result: JsonValue): DurableEvent {
  return {
    ...envelope(threadId, sequence),
    type: "tool_complete",
    callId: `call_${sequence}`,
    name: "lookup",
    result,
    isError: false,
    durationMs: 1.5,
    cached: false,
    source: "executed",
  };
}

/** `count` events that follow `version`, of several types. */
export function eventsAfter(threadId: string, version: number, count: number): readonly DurableEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const sequence = version + index + 1;
    if (sequence === 1) return startEvent(threadId, sequence);
    return sequence % 2 === 0
      ? noteEvent(threadId, sequence, `note ${sequence}`)
      : resultEvent(threadId, sequence, { row: sequence, nested: [{ deep: [1, null, "x"] }] });
  });
}

/** Everything an iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The events of a read, from a snapshot or not. */
export async function wholeThread(
  store: Checkpointer,
  threadId: string,
  upTo?: number,
): Promise<readonly DurableEvent[]> {
  const thread = await store.read(threadId, upTo === undefined ? {} : { upTo });
  if (thread?.snapshot === undefined) return thread?.events ?? [];
  const before = await collect(store.events(threadId, { upTo: thread.snapshot.version }));
  return [...before, ...thread.events];
}

export async function threadIdsOf(
  store: Checkpointer,
  ...query: Parameters<Checkpointer["list"]>
): Promise<readonly string[]> {
  return (await collect(store.list(...query))).map(({ threadId }) => threadId);
}

/**
 * Thread ids that a store may mix up: by separators, wildcards, path segments, case, normalization, length,
 * white space, control characters.
 */
export const HOSTILE_THREAD_IDS: readonly string[] = [
  ["a:b", "a_b", "a/b", "a\\b", "a%2Fb", "a=2fb", "a.b", "a-b", "a b", "a+b", "a|b", "a*b", "a?b", "a%b"],
  [
    ".",
    "..",
    "../a",
    "../../etc/passwd",
    "/a",
    "a/",
    "a/../b",
    "./a",
    "~",
    "~root",
    "C:\\a",
    "con",
    "nul.txt",
  ],
  [" ", "  ", "\t", "\n", "a\n", "a\r\nb", "\u0000", "a\u0000", "a\u0000b", "\u2028", "\ufeff", "\ufeffa"],
  ["A:B", "thread", "Thread", "THREAD", "stra\u00dfe", "strasse", "STRASSE", "\u0131", "i", "I", "\u0130"],
  ["caf\u00e9", "cafe\u0301", "\u212b", "\u00c5", "A\u030a", "\ufb01", "fi", "日本語", "😀", "😁", "\uffff"],
  ["'", '"', "`", "'; DROP TABLE threads; --", "{}", "[a]", "%", "_", "*", "a%", "__proto__", "constructor"],
  ["undefined", "null", "0", "-1", "01", "1", "latest", "events", "a:latest", "a:1", "a:events"],
  [198, 228, 258].map((length) => "x".repeat(length)),
  [
    "%_*?[]{}:'\"\\",
    "a[b]c",
    "h[ae]llo",
    "h[^e]llo",
    "a{b,c}",
    "{t}",
    "{t}:1",
    "^a$",
    ".*",
    "$1",
    "$(a)",
    "\\0",
  ],
  [
    "a\\%b",
    "a\\_b",
    "a''b",
    "a;b",
    "a,b",
    "a=b",
    "a&b",
    "a#b",
    "a<b>",
    "a@b",
    "a!b",
    "(a)",
    "-a",
    "--",
    "/",
    "//",
  ],
  [
    "e\u0301\u0323",
    "e\u0323\u0301",
    "\u1ec7",
    "\uac00",
    "\u1100\u1161",
    "👩\u200d👧",
    "👩👧",
    "\u202ea",
    "a\u200b",
  ],
  [
    "LONG".repeat(2_500),
    `${"long".repeat(2_500)}?`,
    "a/".repeat(1_200),
    "../".repeat(800),
    "%2F".repeat(700),
  ],
  ["long".repeat(2_500), `${"long".repeat(2_500)}!`, "é".repeat(5_000)],
].flat();
