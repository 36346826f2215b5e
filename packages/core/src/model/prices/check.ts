/** Rows of prices that somebody hands in, looked at before anything is priced by them. */
import { type Check, listOf, must, shape, text, whole } from "../../options/check.ts";
import type { PriceRow } from "./types.ts";

const isAmount = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** US dollars per million tokens. */
const price: Check = must("a number of US dollars from 0", (value) => isAmount(value) && value >= 0);
/** A budget in US dollars. */
export const budget: Check = must("a number of US dollars above 0", (value) => isAmount(value) && value > 0);

/** Refuses a row that no price can be read from, by its place and member. */
export const priceTable: Check = listOf(
  shape<PriceRow>(
    {
      provider: text,
      models: listOf(text),
      input: price,
      cachedInput: price,
      cacheWrite: price,
      cacheWrite1h: price,
      output: price,
      from: whole(0),
      serviceTier: text,
      asOf: text,
      source: text,
    },
    ["provider", "models", "input", "output", "asOf", "source"],
  ),
);
