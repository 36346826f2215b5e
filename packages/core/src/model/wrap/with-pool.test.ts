/** How calls are spread over one model's credentials or regions, and where a kept conversation goes on. */
import { describe, expect, it } from "vitest";
import { ConnectionError, RateLimitError, ServerError } from "../../errors/errors.ts";
import { collectParts } from "../../testing/chat-model-backend.ts";
import { ScriptedModel, type ScriptedStep } from "../../testing/scripted-model.ts";
import type { ModelRequest, ProviderState } from "../types.ts";
import { withPool } from "./with-pool.ts";

const busy = new ServerError("busy", { status: 503 });
const request: ModelRequest = { messages: [{ role: "user", content: "Hi" }] };
const steady = (...script: readonly ScriptedStep[]): ScriptedModel =>
  new ScriptedModel(script.length === 0 ? ["here"] : script, { repeat: true });
const asked = (models: readonly ScriptedModel[]): readonly number[] =>
  models.map(({ requests }) => requests.length);

describe("withPool", () => {
  it("takes turns", async () => {
    const models = [steady(), steady(), steady()];
    const pool = withPool(models, { strategy: "round_robin" });
    for (let call = 0; call < 7; call++) await pool.complete(request);
    expect(asked(models)).toEqual([3, 2, 2]);
  });

  it("asks whoever has least to do, and takes turns among equals", async () => {
    const gate = Promise.withResolvers<void>();
    const slow = steady(async () => {
      await gate.promise;
      return "slow";
    });
    const quick = steady();
    const pool = withPool([slow, quick]);
    const waiting = pool.complete(request);
    for (let call = 0; call < 5; call++) await pool.complete(request);
    expect(asked([slow, quick])).toEqual([1, 5]);
    gate.resolve();
    await waiting;
    await pool.complete(request);
    expect(asked([slow, quick])).toEqual([2, 5]);
  });

  it("counts a stream until it ends, fails or is left", async () => {
    const [one, two] = [steady(), steady({ text: "half an answer", error: busy })];
    const pool = withPool([one, two]);
    const streams = [pool.stream(request), pool.stream(request), pool.stream(request)].map((stream) =>
      stream[Symbol.asyncIterator](),
    );
    for (const stream of streams) await stream.next();
    expect(asked([one, two])).toEqual([2, 1]);
    await streams[0]?.return?.();
    await streams[2]?.return?.();
    await pool.complete(request);
    expect(asked([one, two])).toEqual([3, 1]);
    // The failed stream counts no more: both have nothing to do, and it was longer ago for the second.
    await expect(collectParts({ [Symbol.asyncIterator]: () => streams[1] as never })).rejects.toBe(busy);
    await pool.complete(request).catch(() => undefined);
    expect(asked([one, two])[1]).toBe(2);
  });

  it("goes on to each other member once, and leaves those that failed alone", async () => {
    const limited = new RateLimitError("slow down", { status: 429, retryAfterMs: 60_000 });
    const models = [steady({ error: limited }), steady({ error: new ConnectionError("reset") }), steady()];
    const pool = withPool(models);
    for (let call = 0; call < 4; call++) await pool.complete(request);
    expect(asked(models)).toEqual([1, 1, 4]);
  });

  it("rejects with what each said when none answers", async () => {
    const pool = withPool({ chicago: steady({ error: busy }), frankfurt: steady({ error: busy }) });
    await expect(pool.complete(request)).rejects.toThrow(
      "none of 2 models answered: scripted:scripted (chicago): busy; scripted:scripted (frankfurt): busy",
    );
  });

  it("goes on with a kept conversation where it is kept, in another process as well", async () => {
    const kept: ProviderState = { provider: "scripted", modelId: "scripted", data: { previous: "resp_1" } };
    const make = () => {
      const chicago = steady({ text: "hi", providerState: kept });
      const frankfurt = steady({ text: "hi", providerState: kept });
      return { chicago, frankfurt, pool: withPool({ chicago, frankfurt }, { strategy: "round_robin" }) };
    };
    const before = make();
    await before.pool.complete(request);
    const { providerState } = await before.pool.complete(request);
    expect(before.frankfurt.requests).toHaveLength(1);
    const stored: ProviderState = JSON.parse(JSON.stringify(providerState));

    const after = make();
    expect(after.pool.takesState?.(stored)).toBe(true);
    for (let call = 0; call < 3; call++) await after.pool.complete({ ...request, providerState: stored });
    expect(asked([after.chicago, after.frankfurt])).toEqual([0, 3]);
    expect(after.frankfurt.requests[0]?.providerState).toEqual(kept);
  });

  it("begins a kept conversation anew elsewhere while its member rests", async () => {
    const data = { poolMember: "0", data: { previous: "resp_1" } };
    const providerState: ProviderState = { provider: "scripted", modelId: "scripted", data };
    const models = [steady({ error: busy }), steady()];
    await withPool(models).complete({ ...request, providerState });
    expect(models[0]?.requests[0]?.providerState?.data).toEqual({ previous: "resp_1" });
    expect(models[1]?.requests[0]).not.toHaveProperty("providerState");
  });

  it("knows no state of a member that is not in it, and takes one from before the pool", () => {
    const pool = withPool({ chicago: steady() });
    const state = { provider: "scripted", modelId: "scripted" };
    expect(pool.takesState?.({ ...state, data: { poolMember: "phoenix", data: {} } })).toBe(false);
    expect(pool.takesState?.({ ...state, data: { previous: "resp_1" } })).toBe(true);
    expect(pool.takesState?.({ ...state, modelId: "other", data: {} })).toBe(false);
  });

  it("refuses models that differ", () => {
    expect(() => withPool([steady(), new ScriptedModel([], { modelId: "other" })])).toThrow(
      "withPool: expected one model several times, not scripted:scripted and scripted:other",
    );
  });
});
