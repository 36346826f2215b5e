/** The part of the checkpointer suite about encryption at rest: what is stored says nothing without its key. */
import { randomBytes } from "node:crypto";
import type { EncryptionOptions } from "../checkpoint/encryption.ts";
import type { Checkpointer } from "../checkpoint/types.ts";
import { CheckpointError } from "../errors/errors.ts";
import type { DurableEvent } from "../events/types.ts";
import { emptyState, fold } from "../state/reduce.ts";
import {
  collect,
  noteEvent,
  resultEvent,
  startEvent,
  threadIdsOf,
  wholeThread,
} from "./checkpointer-events.ts";
import { given, type SuiteStore } from "./checkpointer-fixture.ts";
import { expect, it } from "./vitest.ts";

const OLD = randomBytes(32);
const NEW = randomBytes(32).toString("base64");
const BEFORE: EncryptionOptions = { keys: { old: OLD }, current: "old" };
const ROTATED: EncryptionOptions = { keys: { old: OLD, new: NEW }, current: "new" };
const AFTER: EncryptionOptions = { keys: { new: NEW }, current: "new" };

/** What must not be found in the storage. */
const SECRETS = ["quicksilver", "persimmon", "tambourine", "marzipan", "vermilion"] as const;
const [SAID, KEY, VALUE, RESULT, PROMPT] = SECRETS;

function secretEvents(threadId: string): readonly DurableEvent[] {
  return [
    startEvent(threadId, 1, { metadata: { [KEY]: VALUE, tenant: 7 } }),
    noteEvent(threadId, 2, `it is ${SAID}`),
    resultEvent(threadId, 3, { answer: [RESULT] }),
    noteEvent(threadId, 4, `and ${PROMPT}`),
  ];
}

export function itEncrypts({ store: current, fixture, opened, offers }: SuiteStore): void {
  const encrypted = async (encryption: EncryptionOptions): Promise<Checkpointer> =>
    await opened(given(fixture().withEncryption)(encryption));
  const fill = async (store: Checkpointer, threadId: string): Promise<void> =>
    await fillWith(store, threadId, offers.has("snapshotEvery"));

  it("gives everything back, to its own instance and to another with the key", async () => {
    await fill(await encrypted(BEFORE), "t");
    const store = await encrypted(BEFORE);
    await store.append("t", 4, [noteEvent("t", 5, "more")]);
    expect(await wholeThread(store, "t")).toEqual([...secretEvents("t"), noteEvent("t", 5, "more")]);
    expect(await collect(store.events("t", { after: 1, upTo: 3 }))).toEqual(secretEvents("t").slice(1, 3));
    expect(await collect(store.list({ metadata: { [KEY]: VALUE, tenant: 7 } }))).toMatchObject([
      { threadId: "t", version: 5, metadata: { [KEY]: VALUE, tenant: 7 } },
    ]);
    expect(await threadIdsOf(store, { metadata: { tenant: "7" } })).toEqual([]);
  });

  it("says which key it lacks, and loses nothing over it", async () => {
    await fill(await encrypted(BEFORE), "t");
    for (const store of [await encrypted(AFTER), current()]) {
      const attempts: readonly (() => Promise<unknown>)[] = [
        () => store.read("t"),
        () => collect(store.events("t")),
        () => store.fork("t", 2, "copy"),
      ];
      for (const attempt of attempts) {
        const error = await attempt().catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(CheckpointError);
        expect(error).toMatchObject({
          code: "encryption_key_missing",
          message: expect.stringContaining('"old"'),
        });
      }
    }
    expect(await wholeThread(await encrypted(BEFORE), "t")).toEqual(secretEvents("t"));
    expect(await threadIdsOf(await encrypted(BEFORE))).toEqual(["t"]);
  });

  it("does not open what was encrypted under another key of the same name", async () => {
    await fill(await encrypted(BEFORE), "t");
    const store = await encrypted({ keys: { old: randomBytes(32) }, current: "old" });
    await expect(store.read("t")).rejects.toMatchObject({ code: "encryption_failed" });
    expect(await wholeThread(await encrypted(BEFORE), "t")).toEqual(secretEvents("t"));
  });

  it("reads plain threads once it is turned on, and goes on with them", async () => {
    await fill(current(), "t");
    const store = await encrypted(BEFORE);
    expect(await wholeThread(store, "t")).toEqual(secretEvents("t"));
    await store.append("t", 4, [noteEvent("t", 5, "more")]);
    expect(await wholeThread(store, "t")).toEqual([...secretEvents("t"), noteEvent("t", 5, "more")]);
    expect(await collect(store.list({ metadata: { tenant: 7 } }))).toMatchObject([{ version: 5 }]);
  });

  it("reads forks under their own ids, also when the source is gone", async () => {
    const store = await encrypted(BEFORE);
    await fill(store, "t");
    await store.fork("t", 3, "copy");
    await (await encrypted(ROTATED)).fork("t", 4, "rotated copy");
    await store.delete("t");
    const reader = await encrypted(ROTATED);
    expect(await wholeThread(reader, "copy")).toEqual(secretEvents("copy").slice(0, 3));
    expect(await wholeThread(reader, "rotated copy")).toEqual(secretEvents("rotated copy"));
    await store.append("copy", 3, [noteEvent("copy", 4, "apart")]);
    expect((await wholeThread(reader, "copy")).at(-1)).toEqual(noteEvent("copy", 4, "apart"));
  });

  it("goes on under a new key beside the old one", async () => {
    await fill(await encrypted(BEFORE), "t");
    const store = await encrypted(ROTATED);
    await store.append("t", 4, [noteEvent("t", 5, "more")]);
    await fill(store, "later");
    expect(await wholeThread(store, "t")).toEqual([...secretEvents("t"), noteEvent("t", 5, "more")]);
    expect(await wholeThread(await encrypted(AFTER), "later")).toEqual(secretEvents("later"));
    await expect((await encrypted(AFTER)).read("t")).rejects.toMatchObject({
      code: "encryption_key_missing",
    });
  });

  if (!offers.has("vacuum")) return;
  it("encrypts everything anew when told to, and then needs the new key alone", async () => {
    await fill(current(), "plain");
    await fill(await encrypted(BEFORE), "t");
    const store = await encrypted(ROTATED);
    await fill(store, "new");
    await store.append("t", 4, [noteEvent("t", 5, "more")]);
    expect(await store.vacuum?.()).toMatchObject({ rekeyed: 0, deletedThreads: 0 });
    expect((await store.vacuum?.({ rekey: true }))?.rekeyed).toBeGreaterThan(0);
    expect(await store.vacuum?.({ rekey: true })).toMatchObject({ rekeyed: 0 });
    for (const reader of [await encrypted(AFTER), store]) {
      expect(await wholeThread(reader, "t")).toEqual([...secretEvents("t"), noteEvent("t", 5, "more")]);
      expect(await wholeThread(reader, "plain")).toEqual(secretEvents("plain"));
      expect(await wholeThread(reader, "new")).toEqual(secretEvents("new"));
      expect(await threadIdsOf(reader, { metadata: { tenant: 7 } })).toEqual(["new", "plain", "t"]);
    }
    await (await encrypted(AFTER)).append("plain", 4, [noteEvent("plain", 5, "on")]);
    expect((await store.read("plain"))?.version).toBe(5);
    await expect(current().read("plain")).rejects.toMatchObject({ code: "encryption_key_missing" });
  });
}

/** Where the test can look at the storage itself. */
export function itHidesWhatItEncrypts({ store: current, fixture, opened, offers }: SuiteStore): void {
  const found = async (): Promise<readonly string[]> => {
    const text = await given(fixture().dump)();
    return SECRETS.filter((secret) => text.includes(secret));
  };
  const encrypted = async (encryption: EncryptionOptions): Promise<Checkpointer> =>
    await opened(given(fixture().withEncryption)(encryption));

  it("leaves nothing to read of what was said, done and noted", async () => {
    const store = await encrypted(BEFORE);
    await fillWith(store, "t", offers.has("snapshotEvery"));
    await store.fork("t", 3, "copy");
    expect(await found()).toEqual([]);
    // The dump does show what is not encrypted, or it would prove nothing.
    await fillWith(current(), "plain", false);
    expect(await found()).toEqual(SECRETS);
  });

  if (!offers.has("vacuum")) return;
  it("leaves nothing to read of plain threads either, once they are encrypted anew", async () => {
    await fillWith(current(), "plain", offers.has("snapshotEvery"));
    expect(await found()).toEqual(SECRETS);
    await (await encrypted(AFTER)).vacuum?.({ rekey: true });
    expect(await found()).toEqual([]);
    expect(await wholeThread(await encrypted(AFTER), "plain")).toEqual(secretEvents("plain"));
  });
}

/** Two batches, the second with a snapshot where there is such a thing. */
async function fillWith(store: Checkpointer, threadId: string, withSnapshot: boolean): Promise<void> {
  const events = secretEvents(threadId);
  await store.append(threadId, 0, events.slice(0, 2));
  const state = fold(emptyState(threadId), events);
  await store.append(threadId, 2, events.slice(2), withSnapshot ? { snapshot: { state } } : {});
}
