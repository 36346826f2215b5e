/** The conformance suite of the checkpointer contract: what every backend must do, as tests that anyone can run. */

import type { Checkpointer } from "../checkpoint/types.ts";
import { itAppendsAndReads, itFindsAgain, itRefusesNewerThreads } from "./checkpointer-append.ts";
import { itCloses } from "./checkpointer-close.ts";
import { itEncrypts, itHidesWhatItEncrypts } from "./checkpointer-encryption.ts";
import {
  type CheckpointerFixture,
  type DescribeCheckpointerOptions,
  FEATURES,
  featuresOf,
  namesOfFeatures,
  type SuiteStore,
} from "./checkpointer-fixture.ts";
import { itLeases, itLosesLeases } from "./checkpointer-leases.ts";
import { itLists } from "./checkpointer-list.ts";
import { itPages } from "./checkpointer-pages.ts";
import { itSettlesRaces } from "./checkpointer-races.ts";
import { itKeepsSnapshots } from "./checkpointer-snapshots.ts";
import { itForksAndDeletes, itKeepsIdsApart } from "./checkpointer-threads.ts";
import { itForgets } from "./checkpointer-ttl.ts";
import { afterEach, beforeEach, describe, expect, it } from "./vitest.ts";

/**
 * Describes `name` with every guarantee of `Checkpointer`. `factory` makes an empty store; it is called for each
 * test. What not every store can do is tested where `offers` says that this one can.
 *
 * @example
 * ```ts
 * import { MemoryCheckpointer } from "@locus-sdk/core";
 * import { describeCheckpointer } from "@locus-sdk/core/testing";
 *
 * describeCheckpointer("MemoryCheckpointer", () => ({ checkpointer: new MemoryCheckpointer() }), {
 *   offers: ["acquire", "vacuum"],
 * });
 * ```
 */
export function describeCheckpointer(
  name: string,
  factory: () => CheckpointerFixture | Promise<CheckpointerFixture>,
  options: DescribeCheckpointerOptions = {},
): void {
  const offers = new Set(options.offers);
  const all = namesOfFeatures();
  describe(`${name} keeps the checkpointer contract`, { timeout: options.timeoutMs ?? 30_000 }, () => {
    let fixture: CheckpointerFixture;
    let opened: Checkpointer[];

    beforeEach(async () => {
      fixture = await factory();
      opened = [fixture.checkpointer];
    });
    afterEach(async () => {
      for (const each of opened) await each.close?.();
      await fixture.dispose?.();
    });
    const open: SuiteStore["opened"] = async (store) => {
      const other = await store;
      opened.push(other);
      return other;
    };
    const suite: SuiteStore = {
      store: () => fixture.checkpointer,
      fixture: () => fixture,
      another: async () => await open(fixture.reopen?.() ?? fixture.checkpointer),
      opened: open,
      offers,
    };

    const lacking = all.filter((feature) => !offers.has(feature)).map((feature) => FEATURES[feature]);
    it(`is tested for ${lacking.length === 0 ? "everything" : `all but: ${lacking.join(", ")}`}`, () => {
      const hint =
        "the `offers` of describeCheckpointer must name what store and fixture have, and nothing else";
      expect(featuresOf(fixture), hint).toEqual(all.filter((feature) => offers.has(feature)));
    });

    describe("append and read", () => {
      itAppendsAndReads(suite);
      if (offers.has("reopen")) itFindsAgain(suite);
      if (offers.has("plant")) itRefusesNewerThreads(suite);
    });
    describe("writers at the same time", () => itSettlesRaces(suite));
    describe("fork and delete", () => itForksAndDeletes(suite));
    describe("thread ids", () => itKeepsIdsApart(suite));
    describe("list", () => {
      itLists(suite);
      itPages(suite);
    });
    if (offers.has("snapshotEvery")) describe("snapshots", () => itKeepsSnapshots(suite));
    if (offers.has("acquire")) {
      describe("leases", () => {
        itLeases(suite);
        if (offers.has("leaseStore")) itLosesLeases(suite);
      });
    }
    if (offers.has("withTtl")) describe("time to live", () => itForgets(suite));
    if (offers.has("withEncryption")) {
      describe("encryption", () => {
        itEncrypts(suite);
        if (offers.has("dump")) itHidesWhatItEncrypts(suite);
      });
    }
    if (offers.has("close")) describe("close", () => itCloses(suite));
  });
}
