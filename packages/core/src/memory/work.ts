/** What `memory()` does around a run, loaded with the first of them. */
import { within } from "../async/abort.ts";
import { asLocusError } from "../errors/errors.ts";
import type { AfterRunContext, BeforeRunContext, BeforeRunDecision } from "../hooks/types.ts";
import type { JsonObject } from "../json/json.ts";
import { defaultLogger, type Logger } from "../log/logger.ts";
import { messageText } from "../messages/messages.ts";
import type { Message } from "../messages/types.ts";
import type { ChatModel, Usage } from "../model/types.ts";
import { addUsage, NO_USAGE } from "../state/usage.ts";
import { redactError } from "../text/redact-error.ts";
import { notesMessage, notesShown, withNotes, withoutNotes } from "./block.ts";
import { conversationOf, hasUserWords } from "./extract.ts";
import { FACTS, type FactShelf, factText, searchFacts } from "./facts.ts";
import { type FinishedRun, LEARNED_FROM, learnFrom } from "./learn.ts";
import type { MemoryInjectOptions, MemoryOptions } from "./manager-options.ts";
import { encodeNamespace } from "./namespace.ts";
import { atMost, storeUntil } from "./patience.ts";
import { type MemoryRunContext, namespaceOf, userNamespace } from "./scope.ts";
import { type TurnLimits, Turns } from "./turns.ts";
import type { MemoryItem, MemoryMatch } from "./types.ts";

/** How long a run waits for its memory before it begins without. */
const INJECT_MS = 5000;
/** Of that, how long it looks for what fits the input; notes that stand for every conversation are shown without. */
const SEARCH_MS = 4000;
/** How long a search is by words alone, once embeddings did not answer in time. */
const WORDS_ALONE_MS = 60_000;
/** Runs that wait to be learned from, by namespace; beyond it memory is too slow for them, and runs are left out. */
const WAITING: TurnLimits = { each: 10, all: 1000, atOnce: 16 };

export class MemoryWork {
  readonly #options: MemoryOptions;
  readonly #logger: Logger;
  /** By namespace, so that no two runs of one user are compared with the same old notes. */
  readonly #turns = new Turns(WAITING);
  /** Runs that are over and whose namespace is not known yet. */
  readonly #arriving = new Set<Promise<void>>();
  #wordsAloneUntil = 0;
  #usage: Usage = NO_USAGE;
  #toldMissing = false;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#logger = options.logger ?? defaultLogger;
  }

  /** What taking notes has cost in this process. */
  get usage(): Usage {
    return this.#usage;
  }

  /** Settles when every run that is over has been learned from. */
  async flush(): Promise<void> {
    await Promise.all(this.#arriving);
    await this.#turns.idle();
    if (this.#arriving.size > 0) await this.flush();
  }

  /** Notes that fit the input, in a message before it. */
  async show(
    { input, state, metadata }: BeforeRunContext,
    options: MemoryInjectOptions,
  ): Promise<BeforeRunDecision | undefined> {
    // Going on with a run: what it was shown is in its thread.
    if (input.length === 0) return undefined;
    const { threadId } = state;
    const ended = new AbortController();
    try {
      const fitting = async (): Promise<readonly MemoryItem[]> => {
        const given = await this.#shelfOf({ metadata, threadId });
        if (given === undefined) return [];
        const shelf = { ...given, store: storeUntil(given.store, ended.signal) };
        return this.#fitting(shelf, input, state.messages, options, ended.signal);
      };
      const notes = await within(INJECT_MS, fitting());
      if (notes === undefined) {
        this.#logger.warn({ threadId }, `memory: no answer within ${INJECT_MS} ms; the run begins without`);
        return undefined;
      }
      const message = notesMessage(notes, options.maxChars ?? 4000);
      return message === undefined ? undefined : { input: withNotes(input, message) };
    } catch (error) {
      this.#logger.warn(
        { threadId, err: redactError(error) },
        "memory: nothing could be read; the run begins without",
      );
      return undefined;
    } finally {
      ended.abort();
    }
  }

  /** Standing notes and those that fit the input, without what the thread shows already. */
  async #fitting(
    shelf: FactShelf,
    input: readonly Message[],
    thread: readonly Message[],
    { limit = 8, minScore = {} }: MemoryInjectOptions,
    signal: AbortSignal,
  ): Promise<readonly MemoryItem[]> {
    const shown = new Set(notesShown(thread).map(({ id, note }) => `${id} ${note}`));
    const isNew = (item: MemoryItem): boolean => !shown.has(`${item.key} ${factText(item)}`);
    const query = withoutNotes(input)
      .filter(({ role }) => role === "user")
      .map(messageText)
      .join("\n");
    const asked = {
      limit: limit + shown.size,
      minScore: { text: minScore.text ?? 0.1, semantic: minScore.semantic ?? 0.3 },
    };
    const [standing, matches] = await Promise.all([
      this.#standing(shelf, Math.ceil(limit / 2)),
      atMost(SEARCH_MS, signal, (late) => this.#search(shelf, query, asked, late)).catch((error: unknown) => {
        this.#logger.warn({ err: redactError(error) }, "memory: no notes could be found that fit the input");
        return [];
      }),
    ]);
    const found = new Map([...standing, ...matches.map(({ item }) => item)].map((item) => [item.key, item]));
    return [...found.values()].filter(isNew).slice(0, limit);
  }

  #search(
    shelf: FactShelf,
    query: string,
    asked: { readonly limit: number; readonly minScore: MemoryInjectOptions["minScore"] },
    signal: AbortSignal,
  ): Promise<readonly MemoryMatch[]> {
    return searchFacts(shelf, query, {
      ...asked,
      ...(Date.now() < this.#wordsAloneUntil ? { mode: "text" } : {}),
      signal,
      onFallback: (error) => {
        // Not every run has to wait for what does not answer.
        if (asLocusError(error, "").code === "timeout") this.#wordsAloneUntil = Date.now() + WORDS_ALONE_MS;
        this.#logger.warn(
          { err: redactError(error) },
          "memory: no search by meaning; notes are found by their words",
        );
      },
    });
  }

  /** The latest of them. */
  async #standing({ store, namespace }: FactShelf, limit: number): Promise<readonly MemoryItem[]> {
    const items: MemoryItem[] = [];
    const query = { ...FACTS, metadata: { ...FACTS.metadata, standing: true } };
    for await (const item of store.list(namespace, query)) items.push(item);
    return items.sort((a, b) => (a.updatedAt > b.updatedAt ? -1 : 1)).slice(0, limit);
  }

  /** Does not wait for it: `flush()` does. */
  learnLater({ result, state, metadata, auxiliaryModel }: AfterRunContext): void {
    const { threadId, runId, stopReason } = result;
    if (!LEARNED_FROM.includes(stopReason)) return;
    const { run, messages } = state;
    const begin = Math.max(run.firstMessage - run.inputMessages, 0);
    const used = notesShown(messages.slice(begin, run.firstMessage)).map(({ id }) => id);
    const said = this.#options.extract === false ? [] : conversationOf(state);
    if (used.length === 0 && !hasUserWords(said)) return;
    const model = this.#options.model ?? auxiliaryModel;
    const arrival = this.#queue({ threadId, runId, used, said }, metadata, model).finally(() =>
      this.#arriving.delete(arrival),
    );
    this.#arriving.add(arrival);
  }

  /** Never rejects. */
  async #queue(run: FinishedRun, metadata: JsonObject, model: ChatModel): Promise<void> {
    const { threadId, runId } = run;
    try {
      const shelf = await atMost(INJECT_MS, undefined, () => this.#shelfOf({ metadata, threadId }));
      if (shelf === undefined) return;
      const lane = encodeNamespace(shelf.namespace);
      const tooMany = this.#turns.add(lane, () => this.#learn(shelf, run, model));
      if (tooMany === undefined) return;
      this.#logger.warn(
        { threadId, runId },
        `memory: ${tooMany.waiting} runs wait already; nothing is learned of this one`,
      );
    } catch (error) {
      this.#logger.warn({ threadId, runId, err: redactError(error) }, "memory: nothing was learned of a run");
    }
  }

  /** Never rejects. */
  async #learn(shelf: FactShelf, run: FinishedRun, model: ChatModel): Promise<void> {
    const report = await learnFrom(shelf, run, {
      model,
      extract: this.#options.extract || {},
      prices: this.#options.prices ?? [],
      logger: this.#logger,
    });
    if (report.usage !== undefined) this.#usage = addUsage(this.#usage, report.usage);
    try {
      this.#options.onReport?.(report);
    } catch (error) {
      this.#logger.warn({ err: redactError(error) }, "memory: onReport failed");
    }
  }

  async #shelfOf(context: MemoryRunContext): Promise<FactShelf | undefined> {
    const { store, namespace: rule = userNamespace, ttlMs, maxItems = 200 } = this.#options;
    const namespace = await namespaceOf(rule, context);
    if (namespace !== undefined) return { store, namespace, ttlMs, maxItems };
    if (!this.#toldMissing) {
      this.#toldMissing = true;
      const where = rule === userNamespace ? "their metadata has no userId" : "their namespace is undefined";
      this.#logger.warn({ threadId: context.threadId }, `memory: off for runs like this, since ${where}`);
    }
    return undefined;
  }
}
