/** Learns from one run that is over: what it used is kept longer, what the user said is noted. Never rejects. */
import { asLocusError, LocusError } from "../errors/errors.ts";
import type { StopReason } from "../events/types.ts";
import type { Logger } from "../log/logger.ts";
import type { PriceTable } from "../model/prices/types.ts";
import type { ChatModel, Usage } from "../model/types.ts";
import { redactError } from "../text/redact-error.ts";
import { extractFacts, hasUserWords, type Said } from "./extract.ts";
import { type FactShelf, removeFact, saveFact, searchFacts, touchFacts, trimFacts } from "./facts.ts";
import type { MemoryExtractOptions, MemoryReport } from "./manager-options.ts";
import { storeUntil } from "./patience.ts";
import type { MemoryItem } from "./types.ts";

/** How long learning from one run may last, whatever does not answer: the model, its embeddings or the store. */
const EXTRACT_MS = 60_000;
const MAX_FACTS = 10;
/** Known notes that the model is shown to compare with. */
const KNOWN = 20;

/** How runs end that said something worth learning from; others were stopped, withheld or are not over. */
export const LEARNED_FROM: readonly StopReason[] = [
  "complete",
  "terminal_tool",
  "confidence_met",
  "max_iterations",
  "tool_loop",
  "token_budget",
  "time_budget",
];

/** A run that is over, as far as memory is concerned. */
export interface FinishedRun {
  readonly threadId: string;
  readonly runId: string;
  /** Ids of the notes that the run was shown. */
  readonly used: readonly string[];
  /** Nothing of it: no notes are taken. */
  readonly said: readonly Said[];
}

export interface LearnSetting {
  readonly model: ChatModel;
  readonly extract: MemoryExtractOptions;
  readonly prices: PriceTable;
  readonly logger: Logger;
}

interface Outcome {
  readonly learned: string[];
  readonly updated: string[];
  readonly forgotten: string[];
  readonly evicted: string[];
  usage?: Usage;
  error?: LocusError;
}

export async function learnFrom(
  given: FactShelf,
  run: FinishedRun,
  setting: LearnSetting,
): Promise<MemoryReport> {
  const { threadId, runId } = run;
  const outcome: Outcome = { learned: [], updated: [], forgotten: [], evicted: [] };
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(tooLong()), EXTRACT_MS);
  const shelf = { ...given, store: storeUntil(given.store, ended.signal) };
  try {
    await touchFacts(shelf, run.used);
    if (hasUserWords(run.said)) await takeNotes(shelf, run, setting, outcome, ended.signal);
  } catch (error) {
    outcome.error = asLocusError(error, "not all was learned of a run");
    setting.logger.warn({ threadId, runId, err: redactError(error) }, "memory: not all was learned of a run");
  } finally {
    clearTimeout(timer);
  }
  return Object.freeze({ namespace: shelf.namespace, threadId, runId, ...outcome });
}

async function takeNotes(
  shelf: FactShelf,
  run: FinishedRun,
  { model, extract, prices, logger }: LearnSetting,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const { said, threadId, runId } = run;
  const { maxFacts = MAX_FACTS, instructions } = extract;
  const known = await knownNotes(shelf, run, signal);
  const asking = { said, known, instructions };
  const { facts, forget } = await extractFacts(model, asking, signal, prices, (usage) => {
    outcome.usage = usage;
  });
  // An id that the model was not shown is one that it made up.
  const ids = new Set(known.map(({ key }) => key));
  for (const id of forget) if (ids.has(id) && (await removeFact(shelf, id))) outcome.forgotten.push(id);
  for (const { text, replaces, standing } of facts.slice(0, maxFacts)) {
    signal.throwIfAborted();
    const replaced = replaces !== null && ids.has(replaces) ? replaces : undefined;
    try {
      const { id, status } = await saveFact(shelf, {
        text,
        replaces: replaced,
        standing,
        threadId,
        runId,
        signal,
      });
      if (status === "new") outcome.learned.push(id);
      if (status === "updated") outcome.updated.push(id);
    } catch (error) {
      // One fact that cannot be kept does not take the others with it.
      outcome.error ??= asLocusError(error, "a fact was not kept");
      logger.warn({ threadId, runId, err: redactError(error) }, "memory: a fact was not kept");
    }
  }
  outcome.evicted.push(...(await trimFacts(shelf)));
}

/** What the run was shown, and what is closest to what was said. */
async function knownNotes(
  shelf: FactShelf,
  { said, used }: FinishedRun,
  signal: AbortSignal,
): Promise<readonly MemoryItem[]> {
  const query = said.map(({ text }) => text).join("\n");
  const matches = await searchFacts(shelf, query, { limit: KNOWN, signal });
  const shown = await Promise.all(used.map((id) => shelf.store.get(shelf.namespace, id)));
  const items = [...shown.filter((item) => item !== undefined), ...matches.map(({ item }) => item)];
  return [...new Map(items.map((item) => [item.key, item])).values()];
}

function tooLong(): LocusError {
  return new LocusError(`learning from a run took longer than ${EXTRACT_MS} ms`, { code: "timeout" });
}
