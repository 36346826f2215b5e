import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { timestamp } from "./timestamp.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

it("says when it is, whenever it is asked: again, a moment later, in another second, before 1970", () => {
  const steps = fc.array(fc.oneof(fc.nat({ max: 1_500 }), fc.constant(0)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.oneof(fc.constant(0), fc.integer(), fc.nat(4e12)), steps, (start, later) => {
      let now = start;
      for (const step of later) {
        vi.setSystemTime(now);
        expect(timestamp()).toBe(new Date(now).toISOString());
        now += step;
      }
    }),
  );
});
