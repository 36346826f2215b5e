/** What is learned about the time from an answer that refused a signature. */
import { expect, test } from "vitest";
import { serviceClock } from "./clock.ts";

const MINUTE = 60_000;
const date = (ms: number): string => new Date(ms).toUTCString();

test("a skew OCI tolerates is none of ours; a larger one is taken over, and forgotten once it is gone", () => {
  let local = 1_000 * MINUTE;
  const clock = serviceClock(() => local);
  expect(clock.learn(date(local + 4 * MINUTE))).toBe(false);
  expect(clock.now()).toBe(local);
  expect(clock.learn(date(local - 10 * MINUTE))).toBe(true);
  expect(clock.now()).toBe(local - 10 * MINUTE);
  local -= 10 * MINUTE;
  expect(clock.learn(date(local))).toBe(true);
  expect(clock.now()).toBe(local);
});

test("an answer without a readable date teaches nothing", () => {
  const clock = serviceClock(() => 0);
  for (const header of [null, "", "yesterday"]) expect(clock.learn(header)).toBe(false);
  expect(clock.now()).toBe(0);
});
