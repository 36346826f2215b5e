/** What Anthropic asks for its models. Writing to the cache costs 1.25 times the input, for an hour twice as much. */
import type { PriceRow, PriceTable } from "./types.ts";

const PAGE = "https://platform.claude.com/docs/en/about-claude/pricing";

/** Models, input, what is read from the cache, output, the day it was said. */
type Line = readonly [models: string, input: number, cached: number, output: number, asOf: string];

const LINES: readonly Line[] = [
  ["claude-fable-5-1 claude-mythos-5-1", 10, 0.25, 50, "2026-09-23"],
  ["claude-fable-5 claude-mythos-5", 10, 1, 50, "2026-09-23"],
  ["claude-opus-5-5", 4, 0.2, 20, "2026-10-24"],
  ["claude-opus-5", 5, 0.5, 25, "2026-10-24"],
  ["claude-opus-4-8 claude-opus-4-7 claude-opus-4-6 claude-opus-4-5", 5, 0.5, 25, "2026-10-24"],
  ["claude-opus-4-1 claude-opus-4 claude-opus-4-0", 15, 1.5, 75, "2026-10-24"],
  ["claude-sonnet-5-5", 2, 0.1, 10, "2026-10-24"],
  ["claude-sonnet-5", 2, 0.2, 10, "2026-10-24"],
  ["claude-sonnet-4-6 claude-sonnet-4-5 claude-sonnet-4 claude-sonnet-4-0", 3, 0.3, 15, "2026-10-24"],
  ["claude-haiku-4-5", 1, 0.1, 5, "2026-10-24"],
  ["claude-3-7-sonnet claude-3-7-sonnet-latest", 3, 0.3, 15, "2025-06-23"],
  ["claude-3-5-sonnet claude-3-5-sonnet-latest claude-3-sonnet", 3, 0.3, 15, "2025-06-23"],
  ["claude-3-5-haiku claude-3-5-haiku-latest", 0.8, 0.08, 4, "2025-06-23"],
  ["claude-3-opus claude-3-opus-latest", 15, 1.5, 75, "2025-06-23"],
];

/** Priced by the length of the prompt, what comes from the cache and goes into it included. */
const HAIKU = ["claude-haiku-5-5", "2026-10-24"] as const;

export const ANTHROPIC_PRICES: PriceTable = [
  ...LINES.map(row),
  { ...row([HAIKU[0], 0.5, 0.05, 2.5, HAIKU[1]]), from: 100_001 },
  row([HAIKU[0], 0.1, 0.01, 0.5, HAIKU[1]]),
  // The one whose writes are not dearer by the usual factor.
  { ...row(["claude-3-haiku", 0.25, 0.03, 1.25, "2025-06-23"]), cacheWrite: 0.3 },
];

function row([models, input, cachedInput, output, asOf]: Line): PriceRow {
  return {
    provider: "anthropic",
    models: models.split(" "),
    input,
    cachedInput,
    cacheWrite: input * 1.25,
    cacheWrite1h: input * 2,
    output,
    asOf,
    source: PAGE,
  };
}
