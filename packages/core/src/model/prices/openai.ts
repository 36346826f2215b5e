/** What OpenAI asks for its models: standard tier, text, global processing. */
import type { PriceRow, PriceTable } from "./types.ts";

const PAGE = "https://developers.openai.com/api/docs/pricing";
/** Longer requests than 272,000 tokens have prices of their own. */
const LONG = 272_001;

/** Models, input, cached input, output, the day it was said; and what is written to the cache, where that has a price. */
type Line = readonly [
  models: string,
  input: number,
  cached: number,
  output: number,
  asOf: string,
  written?: number,
];

/** Families that price long requests twice as high, and their output half as high again. */
const LONG_DEARER: readonly Line[] = [
  ["gpt-6-astra", 10, 1, 50, "2026-09-23", 12.5],
  ["gpt-6-sol", 2, 0.2, 10, "2026-09-23", 2.5],
  ["gpt-6-luna", 0.1, 0.01, 0.5, "2026-09-23", 0.125],
  ["gpt-5.6-sol", 4, 0.4, 20, "2026-09-23", 5],
  ["gpt-5.6-terra", 2, 0.2, 12, "2026-09-23", 2.5],
  ["gpt-5.6-luna", 0.2, 0.02, 1.2, "2026-09-23", 0.25],
  ["gpt-5.5", 5, 0.5, 30, "2026-05-04"],
  ["gpt-5.4", 2.5, 0.25, 15, "2026-05-04"],
];

const FLAT: readonly Line[] = [
  ["gpt-5.4-mini", 0.75, 0.075, 4.5, "2026-05-04"],
  ["gpt-5.4-nano", 0.2, 0.02, 1.25, "2026-05-04"],
  ["gpt-5.2", 1.75, 0.175, 14, "2025-12-11"],
  ["gpt-5.2-pro", 21, 21, 168, "2025-12-11"],
  ["gpt-5.1 gpt-5.1-codex gpt-5.1-chat-latest", 1.25, 0.125, 10, "2025-11-13"],
  ["gpt-5.1-codex-mini", 0.25, 0.025, 2, "2025-11-13"],
  ["gpt-5 gpt-5-codex gpt-5-chat-latest", 1.25, 0.125, 10, "2025-11-13"],
  ["gpt-5-mini", 0.25, 0.025, 2, "2025-11-13"],
  ["gpt-5-nano", 0.05, 0.005, 0.4, "2025-11-13"],
  ["gpt-5-pro", 15, 15, 120, "2025-11-13"],
  ["gpt-4.1", 2, 0.5, 8, "2025-07-04"],
  ["gpt-4.1-mini", 0.4, 0.1, 1.6, "2025-07-04"],
  ["gpt-4.1-nano", 0.1, 0.025, 0.4, "2025-07-04"],
  ["gpt-4o-2024-05-13", 5, 5, 15, "2025-07-04"],
  ["gpt-4o", 2.5, 1.25, 10, "2025-07-04"],
  ["gpt-4o-mini", 0.15, 0.075, 0.6, "2025-07-04"],
  ["gpt-4-turbo", 10, 10, 30, "2025-07-04"],
  ["gpt-4 gpt-4-0613", 30, 30, 60, "2025-07-04"],
  ["gpt-3.5-turbo gpt-3.5-turbo-0125", 0.5, 0.5, 1.5, "2025-07-04"],
  ["o1", 15, 7.5, 60, "2025-07-04"],
  ["o1-mini", 1.1, 0.55, 4.4, "2025-07-04"],
  ["o1-pro", 150, 150, 600, "2025-07-04"],
  ["o3", 2, 0.5, 8, "2025-07-12"],
  ["o3-mini", 1.1, 0.55, 4.4, "2025-07-04"],
  ["o3-pro", 20, 20, 80, "2025-07-12"],
  ["o4-mini", 1.1, 0.275, 4.4, "2025-07-04"],
];

export const OPENAI_PRICES: PriceTable = [
  ...LONG_DEARER.flatMap((line) => [{ ...row(line, 2, 1.5), from: LONG }, row(line)]),
  ...FLAT.map((line) => row(line)),
];

function row(
  [models, input, cached, output, asOf, written]: Line,
  inputTimes = 1,
  outputTimes = 1,
): PriceRow {
  return {
    provider: "openai",
    models: models.split(" "),
    input: input * inputTimes,
    cachedInput: cached * inputTimes,
    ...(written === undefined ? {} : { cacheWrite: written * inputTimes }),
    output: output * outputTimes,
    asOf,
    source: PAGE,
  };
}
