/** Snapshots in links: whatever way a thread grew and was compacted, the chain tells the state that was kept. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyState } from "../state/reduce.ts";
import type { AgentState, LedgerEntry, ToolExecution } from "../state/types.ts";
import { restoreSnapshot, type SnapshotRecord, snapshotDraft, snapshotRecord } from "./snapshot.ts";
import { snapshotBase } from "./snapshot-base.ts";
import type { SnapshotDraft } from "./types.ts";

const stateOf = (version: number, texts: readonly string[]): AgentState => ({
  ...emptyState("t"),
  version,
  metadata: { at: version },
  messages: texts.map((content) => ({ role: "user", content })),
});
const parsed = (record: SnapshotRecord): unknown => JSON.parse(JSON.stringify(record));

describe("a chain of snapshots", () => {
  test("tells each state that was kept, however messages were added, cut and replaced in between", () => {
    const steps = fc.array(
      fc.record({
        keep: fc.nat({ max: 30 }),
        added: fc.array(fc.string(), { maxLength: 4 }),
        whole: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(steps, (changes) => {
        const records: unknown[] = [];
        let texts: readonly string[] = [];
        let last: SnapshotDraft["base"];
        for (const [index, { keep, added, whole }] of changes.entries()) {
          const kept = Math.min(keep, texts.length);
          texts = [...texts.slice(0, kept), ...added];
          const state = stateOf((index + 1) * 10, texts);
          const base = last === undefined || whole ? undefined : { version: last.version, messages: kept };
          records.push(parsed(snapshotRecord({ state, ...(base === undefined ? {} : { base }) })));
          last = { version: state.version, messages: texts.length };
          expect(restoreSnapshot("t", records)).toEqual(state);
        }
        const shuffled = records.toReversed();
        expect(restoreSnapshot("other", shuffled)?.threadId).toBe("other");
      }),
    );
  });

  test("stores only what is new", () => {
    const state = stateOf(20, ["a", "b", "c"]);
    expect(snapshotRecord({ state, base: { version: 10, messages: 2 } })).toMatchObject({
      base: 10,
      keep: 2,
      messages: [{ content: "c" }],
    });
  });

  test("tells nothing where a link is missing, damaged, or of another schema version", () => {
    const first = parsed(snapshotRecord({ state: stateOf(10, ["a"]) }));
    const second = parsed(
      snapshotRecord({ state: stateOf(20, ["a", "b"]), base: { version: 10, messages: 1 } }),
    );
    expect(restoreSnapshot("t", [second])).toBeUndefined();
    expect(restoreSnapshot("t", [])).toBeUndefined();
    expect(restoreSnapshot("t", [first, { ...Object(second), keep: 7 }])).toBeUndefined();
    expect(restoreSnapshot("t", [first, { ...Object(second), base: 20 }])).toBeUndefined();
    expect(
      restoreSnapshot("t", [first, { ...Object(second), messages: [{ role: "nobody" }] }]),
    ).toBeUndefined();
    expect(restoreSnapshot("t", [{ ...Object(first), schemaVersion: 99 }])).toBeUndefined();
    expect(restoreSnapshot("t", ["no record", null])).toBeUndefined();
  });

  test("goes by the newest that it understands", () => {
    const first = parsed(snapshotRecord({ state: stateOf(10, ["a"]) }));
    const newer = { ...Object(parsed(snapshotRecord({ state: stateOf(20, ["a"]) }))), schemaVersion: 99 };
    expect(restoreSnapshot("t", [first, newer])?.version).toBe(10);
  });
});

const executionOf = (result: string): ToolExecution =>
  Object.freeze({
    callId: `call_${result}`,
    name: "look_up",
    arguments: {},
    isError: false,
    cached: false,
    source: "executed",
    durationMs: 1,
    result,
  });
const entryOf = (result: string): LedgerEntry =>
  Object.freeze({ callId: `call_${result}`, name: "look_up", scope: "thread", result });

/** `state` later, with more said and done; a new run has no executions yet. */
function later(
  state: AgentState,
  change: { readonly newRun: boolean; readonly done: readonly string[]; readonly forgotten: number },
): AgentState {
  const { newRun, done, forgotten } = change;
  const ledger = Object.entries(state.toolLedger).filter((_entry, index) => index >= forgotten);
  for (const result of done) ledger.push([result.slice(0, 1), entryOf(result)]);
  const before = newRun ? [] : state.run.toolExecutions;
  return {
    ...state,
    version: state.version + 10,
    messages: [...state.messages, ...done.map((content) => ({ role: "user" as const, content }))],
    toolLedger: Object.fromEntries(ledger),
    run: { ...state.run, toolExecutions: [...before, ...done.map(executionOf)] },
  };
}

describe("what tools did", () => {
  const changes = fc.array(
    fc.record({
      newRun: fc.boolean(),
      done: fc.array(fc.oneof(fc.string({ maxLength: 3 }), fc.constant("__proto__")), { maxLength: 5 }),
      forgotten: fc.nat({ max: 3 }),
      told: fc.constantFrom("new", "messages", "all"),
    }),
    { minLength: 1, maxLength: 12 },
  );

  test("is told by the chain, through runs, entries that ran out and links that say all of it", () => {
    fc.assert(
      fc.property(changes, (steps) => {
        const records: unknown[] = [];
        let state = stateOf(10, []);
        let last: AgentState | undefined;
        for (const { told, ...change } of steps) {
          state = later(state, change);
          const { tools, ...messages } = last === undefined ? {} : snapshotBase(last, state);
          const base =
            last === undefined || told === "all"
              ? undefined
              : told === "messages"
                ? messages
                : { ...messages, tools };
          const record = parsed(
            snapshotRecord({ state, ...(base === undefined ? {} : { base }) } as SnapshotDraft),
          );
          records.push(record);
          expect(restoreSnapshot("t", records)).toEqual(state);
          const draft = snapshotDraft("t", record, last);
          expect(draft?.state).toEqual(state);
          // Whoever is handed the draft stores the same.
          expect(draft && parsed(snapshotRecord(draft))).toEqual(record);
          last = state;
        }
      }),
    );
  });

  test("is stored once", () => {
    const before = later(stateOf(10, []), { newRun: true, done: ["a1", "b1"], forgotten: 0 });
    const state = later(before, { newRun: false, done: ["b2", "c1"], forgotten: 1 });
    expect(snapshotRecord({ state, base: snapshotBase(before, state) })).toMatchObject({
      keep: 2,
      tools: {
        keep: 2,
        executions: [{ result: "b2" }, { result: "c1" }],
        removed: ["a"],
        ledger: { b: { result: "b2" }, c: { result: "c1" } },
      },
    });
  });

  test("keeps a record from being read where a part of it is missing", () => {
    const before = later(stateOf(10, []), { newRun: true, done: ["a1"], forgotten: 0 });
    const state = later(before, { newRun: false, done: ["b1"], forgotten: 0 });
    const first = parsed(snapshotRecord({ state: before }));
    const { tools, ...second } = snapshotRecord({ state, base: snapshotBase(before, state) });
    expect(restoreSnapshot("t", [first, second])).toEqual(before);
    expect(restoreSnapshot("t", [first, { ...second, tools: { ...tools, keep: 2 } }])).toBeUndefined();
    expect(restoreSnapshot("t", [{ ...second, tools }])).toBeUndefined();
    expect(snapshotDraft("t", { ...second, tools })).toBeUndefined();
  });
});
