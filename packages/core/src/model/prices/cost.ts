/** What tokens cost: the row that fits, and the sum. */
import type { Usage } from "../types.ts";
import { PRICES, UNLISTED } from "./table.ts";
import type { PricedModel, PriceRow, PriceTable } from "./types.ts";

const MILLION = 1_000_000;

/** What providers call the tier that has the list price. */
const STANDARD: readonly (string | undefined)[] = [
  undefined,
  "",
  "auto",
  "default",
  "standard",
  "standard_only",
  "on_demand",
];
/** What may follow an id without making it another model: a day, as vendors write it, or that it is the newest. */
const VERSION = /(?:-\d{4}-\d{2}-\d{2}|[-@]\d{8}|-latest)$/;
/** The same without a year: snapshots from before 2024 had prices of their own, so a list price says nothing of them. */
const SNAPSHOT = /-\d{4}$/;

/**
 * The row that has the price of a model; `undefined` where none is known.
 *
 * @param own Asked before the built-in `PRICES`.
 * @param inputTokens Of the request: some vendors price long ones higher. Default 0.
 * @example
 * ```ts
 * import { priceOf } from "@locus-sdk/core";
 *
 * const row = priceOf({ provider: "openai", modelId: "gpt-4.1-2025-04-14" });
 * console.log(row?.input, row?.output, row?.asOf, row?.source);
 * ```
 */
export function priceOf(model: PricedModel, own: PriceTable = [], inputTokens = 0): PriceRow | undefined {
  return rowIn(own, model, inputTokens) ?? listRow(model, inputTokens);
}

/** The first row of `table` that fits. */
export function rowIn(table: PriceTable, model: PricedModel, inputTokens: number): PriceRow | undefined {
  return table.find((row) => isFor(row, model) && inputTokens >= (row.from ?? 0));
}

/** The built-in row that fits. */
export function listRow(model: PricedModel, inputTokens: number): PriceRow | undefined {
  return listed(model).find((row) => inputTokens >= (row.from ?? 0));
}

/** A model, and the built-in rows that are for it. */
interface Listed extends PricedModel {
  readonly rows: PriceTable;
}

/** As many as one process asks for in turns; what servers call their models has no end. */
const MOST_REMEMBERED = 16;
/** What was looked up last. The built-in rows never change: each call of a run asks for the same ones. */
const remembered: Listed[] = [];

/** The built-in rows for a model, of requests of any length. */
function listed({ provider, modelId, serviceTier }: PricedModel): PriceTable {
  for (const known of remembered) {
    if (known.modelId === modelId && known.provider === provider && known.serviceTier === serviceTier)
      return known.rows;
  }
  const model = { provider, modelId, serviceTier };
  const isUnlisted = UNLISTED.some(
    (row) => row.provider === provider && row.models.some((name) => isCalled(name, modelId)),
  );
  const rows = isUnlisted ? [] : PRICES.filter((row) => isFor(row, model));
  if (remembered.unshift({ ...model, rows }) > MOST_REMEMBERED) remembered.pop();
  return rows;
}

/** Whether `answered` is what a server may call `asked` by its full name. */
export function isVersionOf(asked: string, answered: string): boolean {
  return answered === asked || [VERSION, SNAPSHOT].some((suffix) => answered.replace(suffix, "") === asked);
}

/**
 * What the tokens of one answer cost, in US dollars; `undefined` where the price of the model is not known. What a provider
 * said itself (`usage.costUsd`) is not asked.
 *
 * Give it the usage of one request: the sum of several may be longer than any of them was, and priced as long.
 *
 * @param own Rows of your own, asked before the built-in `PRICES`.
 * @example
 * ```ts
 * import { costOf } from "@locus-sdk/core";
 *
 * const usage = { inputTokens: 1000, cachedInputTokens: 600, outputTokens: 200, totalTokens: 1200 };
 * costOf(usage, { provider: "openai", modelId: "gpt-4.1" }); // 0.0027
 * costOf(usage, { provider: "oci", modelId: "openai.gpt-oss-120b" }); // undefined
 * ```
 */
export function costOf(usage: Usage, model: PricedModel, own: PriceTable = []): number | undefined {
  const row = priceOf(model, own, usage.inputTokens);
  return row === undefined ? undefined : costAt(row, usage);
}

/** What the tokens of one answer cost at the prices of `row`, in US dollars. */
export function costAt(row: PriceRow, usage: Usage): number {
  const { cachedInput = row.input, cacheWrite = row.input } = row;
  const { cacheWrite1h = cacheWrite } = row;
  // What is told of the input is never more than the input: a provider that miscounts must not be paid by us.
  const cached = Math.min(usage.cachedInputTokens ?? 0, usage.inputTokens);
  const written = Math.min(usage.cacheWriteTokens ?? 0, usage.inputTokens - cached);
  const long = Math.min(usage.cacheWrite1hTokens ?? 0, written);
  const fresh = usage.inputTokens - cached - written;
  const sum =
    fresh * row.input +
    cached * cachedInput +
    (written - long) * cacheWrite +
    long * cacheWrite1h +
    usage.outputTokens * row.output;
  return sum / MILLION;
}

function isFor(row: PriceRow, { provider, modelId, serviceTier }: PricedModel): boolean {
  if (row.provider !== provider) return false;
  const isTier =
    row.serviceTier === undefined
      ? STANDARD.includes(serviceTier?.toLowerCase())
      : row.serviceTier.toLowerCase() === serviceTier?.toLowerCase();
  return isTier && row.models.some((name) => isCalled(name, modelId));
}

function isCalled(name: string, modelId: string): boolean {
  if (!name.includes("*")) return modelId === name || modelId.replace(VERSION, "") === name;
  const [begin = "", ...rest] = name.split("*");
  const end = rest.pop() ?? "";
  if (!modelId.startsWith(begin) || modelId.length < begin.length + end.length) return false;
  if (!modelId.endsWith(end)) return false;
  let at = begin.length;
  for (const part of rest) {
    const found = modelId.indexOf(part, at);
    if (found < 0 || found + part.length > modelId.length - end.length) return false;
    at = found + part.length;
  }
  return true;
}
