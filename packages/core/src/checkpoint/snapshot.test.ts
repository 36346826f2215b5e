/** Snapshots in links: whatever way a thread grew and was compacted, the chain tells the state that was kept. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyState } from "../state/reduce.ts";
import type { AgentState } from "../state/types.ts";
import { restoreSnapshot, type SnapshotRecord, snapshotRecord } from "./snapshot.ts";
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
