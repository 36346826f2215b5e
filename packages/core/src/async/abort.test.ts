/** Waiting that ends when a signal aborts: what had come by then counts, and nothing is left behind. */
import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { type Aborting, abortable, within, withinOfAbort } from "./abort.ts";
import { Ending } from "./ending.ts";

const never = new Promise<string>(() => undefined);
const done = Promise.resolve("done");
const late = (): Error => new Error("late");
const listenersOf = ({ signal }: AbortController): number => getEventListeners(signal, "abort").length;

describe("work that can be aborted", () => {
  it("settles as it would, and leaves no listener", async () => {
    const controller = new AbortController();
    const failure = new Error("no");
    await expect(abortable(Promise.resolve("done"), controller.signal)).resolves.toBe("done");
    await expect(abortable(Promise.reject(failure), controller.signal)).rejects.toBe(failure);
    expect(listenersOf(controller)).toBe(0);
  });

  it("is left with the signal's reason, whatever it comes to later", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const { promise, reject } = Promise.withResolvers<string>();
    const waiting = abortable(promise, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    reject(new Error("nobody hears of this"));
    await expect(abortable(promise, controller.signal)).rejects.toBe(reason);
    expect(listenersOf(controller)).toBe(0);
  });

  it("counts where it is done by the time that the signal aborts", async () => {
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<string>();
    const waiting = abortable(promise, controller.signal);
    resolve("just in time");
    controller.abort();
    await expect(waiting).resolves.toBe("just in time");
  });
});

describe("work that has a time", () => {
  it("is waited for no longer", async () => {
    await expect(within(1, never)).resolves.toBeUndefined();
    await expect(within(60_000, Promise.resolve("done"))).resolves.toBe("done");
    await expect(within(60_000, "there already")).resolves.toBe("there already");
  });

  it("is waited for no longer than that after an abort", async () => {
    const controller = new AbortController();
    const waiting = withinOfAbort(1, never, controller.signal, late);
    controller.abort();
    await expect(waiting).rejects.toThrow("late");
    await expect(withinOfAbort(1, never, controller.signal, late)).rejects.toThrow("late");
    await expect(withinOfAbort(60_000, done, controller.signal, late)).resolves.toBe("done");
  });

  it("leaves no listener where no abort comes", async () => {
    const controller = new AbortController();
    await expect(withinOfAbort(60_000, done, controller.signal, late)).resolves.toBe("done");
    expect(listenersOf(controller)).toBe(0);
  });
});

describe("an ending", () => {
  it("wakes those who still wait, once, and tells whoever comes later at once", async () => {
    const ending = new Ending();
    const asked: Aborting = ending;
    const first = new Error("first");
    const left = abortable(done, asked);
    await expect(left).resolves.toBe("done");
    const waiting = abortable(never, asked);
    ending.abort(first);
    ending.abort(new Error("second"));
    await expect(waiting).rejects.toBe(first);
    await expect(abortable(never, asked)).rejects.toBe(first);
  });

  it("has a signal that says the same, whenever it is asked for", () => {
    const ending = new Ending();
    const before = ending.signal;
    ending.abort("over");
    expect([before.aborted, before.reason]).toEqual([true, "over"]);
    expect(ending.signal).toBe(before);
    const late = new Ending();
    late.abort("over");
    expect([late.signal.aborted, late.signal.reason]).toEqual([true, "over"]);
  });
});
