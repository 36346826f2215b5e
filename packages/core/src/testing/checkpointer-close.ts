/** The part of the checkpointer suite about `close`. */
import { CheckpointError } from "../errors/errors.ts";
import { collect, eventsAfter, wholeThread } from "./checkpointer-events.ts";
import type { SuiteStore } from "./checkpointer-fixture.ts";
import { expect, it } from "./vitest.ts";

export function itCloses({ store: current, another, offers }: SuiteStore): void {
  it("may be closed twice, also before it was used", async () => {
    const store = current();
    await store.close?.();
    await store.close?.();
    await store[Symbol.asyncDispose]?.();
  });

  it("refuses whatever is asked of it afterwards", async () => {
    const store = current();
    await store.append("t", 0, eventsAfter("t", 0, 2));
    await store.close?.();
    const asked: Readonly<Record<string, () => Promise<unknown>>> = {
      append: () => store.append("t", 2, eventsAfter("t", 2, 1)),
      read: () => store.read("t"),
      events: () => collect(store.events("t")),
      list: () => collect(store.list()),
      fork: () => store.fork("t", 1, "copy"),
      delete: () => store.delete("t"),
      ...(store.acquire === undefined ? {} : { acquire: () => store.acquire?.("t") ?? Promise.resolve() }),
      ...(store.vacuum === undefined ? {} : { vacuum: () => store.vacuum?.() ?? Promise.resolve() }),
    };
    for (const [what, ask] of Object.entries(asked)) {
      const refusal = await ask().catch((error: unknown) => error);
      expect(refusal, what).toBeInstanceOf(CheckpointError);
    }
  });

  if (!offers.has("reopen")) return;
  it("leaves others over the same storage as they are", async () => {
    const other = await another();
    await current().append("t", 0, eventsAfter("t", 0, 2));
    expect((await other.read("t"))?.version).toBe(2);
    await current().close?.();
    await other.append("t", 2, eventsAfter("t", 2, 1));
    expect(await wholeThread(other, "t")).toEqual(eventsAfter("t", 0, 3));
  });
}
