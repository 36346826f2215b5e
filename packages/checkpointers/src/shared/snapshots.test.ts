/** Chains of snapshots in a store: the newest that is whole is found, and what it does not need is known. */
import { type AgentState, CheckpointError, emptyState } from "@locus-sdk/core";
import { payloadCodec } from "@locus-sdk/core/checkpoint";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkSnapshot,
  encodeSnapshot,
  restoreNewest,
  type SnapshotLink,
  versionsInUse,
} from "./snapshots.ts";

const codec = payloadCodec();
const stateAt = (version: number): AgentState => ({
  ...emptyState("t"),
  version,
  messages: Array.from({ length: version }, (_, index) => ({
    role: "user",
    content: `message ${index + 1}`,
  })),
});

/** Snapshots at 1 to `count`, each building on the one before it but for those that begin a chain. */
function chain(
  count: number,
  roots: readonly number[] = [],
): Map<number, SnapshotLink & { payload: string }> {
  const stored = new Map<number, SnapshotLink & { payload: string }>();
  for (let version = 1; version <= count; version += 1) {
    const base = { version: version - 1, messages: roots.includes(version) ? 0 : version - 1 };
    stored.set(
      version,
      encodeSnapshot(codec, { state: stateAt(version), base }, (wanted) => stored.has(wanted)),
    );
  }
  return stored;
}

describe("the newest state that can be restored", () => {
  it("is that before the first damaged link of its chain, found without trying each", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat({ max: 60 }), (count, damaged) => {
        const stored = chain(count);
        let opened = 0;
        const state = restoreNewest(codec, "t", [...stored.values()], (version) => {
          opened += 1;
          return version === damaged ? "{}" : stored.get(version)?.payload;
        });
        const wanted = damaged >= 1 && damaged <= count ? damaged - 1 : count;
        expect(state).toEqual(wanted === 0 ? undefined : stateAt(wanted));
        expect(opened, "each is read once").toBe(count);
      }),
    );
  });

  it("is of an earlier chain where the last one has no whole beginning", () => {
    const stored = chain(9, [4, 7]);
    const payloadOf = (version: number): string | undefined =>
      version === 7 ? undefined : stored.get(version)?.payload;
    expect(restoreNewest(codec, "t", [...stored.values()], payloadOf)).toEqual(stateAt(6));
  });

  it("passes over what is encrypted under a key that is gone", () => {
    const encrypted = payloadCodec({ keys: { k: Buffer.alloc(32) }, current: "k" });
    const link = encodeSnapshot(encrypted, { state: stateAt(3) }, () => false);
    expect(restoreNewest(codec, "t", [link], () => link.payload)).toBeUndefined();
    expect(restoreNewest(encrypted, "t", [link], () => link.payload)).toEqual(stateAt(3));
  });
});

it("a snapshot whose base is not stored, or gives it nothing, is stored whole", () => {
  const base = { version: 2, messages: 2 };
  expect(encodeSnapshot(codec, { state: stateAt(4), base }, () => true)).toMatchObject({ base: 2 });
  for (const link of [
    encodeSnapshot(codec, { state: stateAt(4), base }, () => false),
    encodeSnapshot(codec, { state: stateAt(4), base: { ...base, messages: 0 } }, () => true),
  ]) {
    expect(link.base).toBeUndefined();
    expect(restoreNewest(codec, "t", [link], () => link.payload)).toEqual(stateAt(4));
  }
});

it("in use are the links of the newest whole chain, and nothing else", () => {
  expect(versionsInUse([...chain(9, [4, 7]).values()])).toEqual(new Set([7, 8, 9]));
  const withoutRoot = [...chain(9, [4, 7]).values()].filter(({ version }) => version !== 7);
  expect(versionsInUse(withoutRoot)).toEqual(new Set([4, 5, 6]));
  expect(versionsInUse([])).toEqual(new Set());
});

it("a snapshot of another version or thread than its events is refused", () => {
  checkSnapshot("t", 3, { state: stateAt(3) });
  checkSnapshot("t", 3, undefined);
  expect(() => checkSnapshot("t", 4, { state: stateAt(3) })).toThrow(CheckpointError);
  expect(() => checkSnapshot("u", 3, { state: stateAt(3) })).toThrow(/thread "t" at version 3/);
});
