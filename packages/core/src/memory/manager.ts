/** `memory()`: before a run it shows what is remembered and fits, after it learns what is worth keeping. */
import { within } from "../async/abort.ts";
import type { StopReason } from "../events/types.ts";
import type { AfterRunContext, BeforeRunContext, BeforeRunDecision, Hook, Plugin } from "../hooks/types.ts";
import { defaultLogger, type Logger } from "../log/logger.ts";
import { messageText } from "../messages/messages.ts";
import type { Message } from "../messages/types.ts";
import type { ChatModel, Usage } from "../model/types.ts";
import { addUsage, NO_USAGE } from "../state/usage.ts";
import { isNotesMessage, notesMessage, notesShown } from "./block.ts";
import { conversationOf, hasUserWords } from "./extract.ts";
import { FACTS, type FactShelf, factText, searchFacts } from "./facts.ts";
import { type FinishedRun, learnFrom } from "./learn.ts";
import { checkMemoryOptions, type MemoryInjectOptions, type MemoryOptions } from "./manager-options.ts";
import { encodeNamespace } from "./namespace.ts";
import { type MemoryRunContext, namespaceOf, userNamespace } from "./scope.ts";
import type { MemoryItem } from "./types.ts";

/** How long a run waits for its memory before it begins without. */
const INJECT_MS = 5000;
/** Runs that wait to be learned from; beyond it memory is too slow for its agents, and runs are left out. */
const MAX_PENDING = 100;
/** How runs end that said something worth learning from; others were stopped, withheld or are not over. */
const LEARNED_FROM: readonly StopReason[] = [
  "complete",
  "terminal_tool",
  "confidence_met",
  "max_iterations",
  "tool_loop",
  "token_budget",
  "time_budget",
];

/**
 * Long-term memory for agents: put it into `plugins`. Before a run it shows the model the notes that fit the input, quoted,
 * in a message before the user's. When the run is over it has a model take notes of what the user said; the result does
 * not wait for that, `agent.close()` and `flush()` do. A failure of memory is logged and never a run's.
 *
 * @throws ConfigurationError for an option that is unknown, missing or does not fit.
 * @example
 * ```ts
 * import { Agent, InMemoryStore, memory } from "locus-sdk";
 *
 * const agent = new Agent({
 *   model: "oci:openai.gpt-oss-120b",
 *   plugins: [memory({ store: new InMemoryStore() })],
 * });
 * await agent.run("I am vegetarian.", { metadata: { userId: "ada" } });
 * await agent.close();
 * ```
 */
export function memory(options: MemoryOptions): MemoryManager {
  return new MemoryManager(options);
}

/** What `memory()` makes: a plugin with work of its own under way. One may serve any number of agents and users. */
export class MemoryManager implements Plugin {
  readonly name = "memory";
  readonly hooks: readonly Hook[];
  readonly #options: MemoryOptions;
  readonly #logger: Logger;
  /** By namespace, so that no two runs of one user are compared with the same old notes. */
  readonly #underWay = new Map<string, Promise<void>>();
  #pending = 0;
  #usage: Usage = NO_USAGE;
  #toldMissing = false;

  constructor(options: MemoryOptions) {
    checkMemoryOptions(options);
    this.#options = options;
    this.#logger = options.logger ?? defaultLogger;
    this.hooks = [
      {
        name: this.name,
        ...(options.inject === false
          ? {}
          : { beforeRun: (context: BeforeRunContext) => this.#show(context, options.inject || {}) }),
        afterRun: (context: AfterRunContext) => this.#learnLater(context),
      },
    ];
  }

  /** What taking notes has cost in this process. */
  get usage(): Usage {
    return this.#usage;
  }

  /** Settles when every run that is over has been learned from. */
  async flush(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values());
  }

  async #show(
    { input, state, metadata }: BeforeRunContext,
    options: MemoryInjectOptions,
  ): Promise<BeforeRunDecision | undefined> {
    // Going on with a run: what it was shown is in its thread.
    if (input.length === 0) return undefined;
    const { threadId } = state;
    const ended = new AbortController();
    try {
      const shelf = await this.#shelfOf({ metadata, threadId });
      if (shelf === undefined) return undefined;
      const notes = await within(
        INJECT_MS,
        this.#fitting(shelf, input, state.messages, options, ended.signal),
      );
      if (notes === undefined) {
        this.#logger.warn({ threadId }, `memory: no answer within ${INJECT_MS} ms; the run begins without`);
        return undefined;
      }
      const message = notesMessage(notes, options.maxChars ?? 4000);
      return message === undefined ? undefined : { input: withNotes(input, message) };
    } catch (error) {
      this.#logger.warn({ threadId, err: error }, "memory: nothing could be read; the run begins without");
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
    const query = input
      .filter((message) => message.role === "user" && !isNotesMessage(message))
      .map(messageText)
      .join("\n");
    const [standing, matches] = await Promise.all([
      this.#standing(shelf, Math.ceil(limit / 2)),
      searchFacts(shelf, query, {
        limit: limit + shown.size,
        minScore: { text: minScore.text ?? 0.1, semantic: minScore.semantic ?? 0.3 },
        signal,
        onFallback: (error) =>
          this.#logger.warn({ err: error }, "memory: no search by meaning; notes are found by their words"),
      }),
    ]);
    const found = new Map([...standing, ...matches.map(({ item }) => item)].map((item) => [item.key, item]));
    return [...found.values()].filter(isNew).slice(0, limit);
  }

  /** The latest of them. */
  async #standing({ store, namespace }: FactShelf, limit: number): Promise<readonly MemoryItem[]> {
    const items: MemoryItem[] = [];
    const query = { ...FACTS, metadata: { ...FACTS.metadata, standing: true } };
    for await (const item of store.list(namespace, query)) items.push(item);
    return items.sort((a, b) => (a.updatedAt > b.updatedAt ? -1 : 1)).slice(0, limit);
  }

  async #learnLater({ result, state, metadata, auxiliaryModel }: AfterRunContext): Promise<void> {
    const { threadId, runId, stopReason } = result;
    if (!LEARNED_FROM.includes(stopReason)) return;
    const { run, messages } = state;
    const begin = Math.max(run.firstMessage - run.inputMessages, 0);
    const used = notesShown(messages.slice(begin, run.firstMessage)).map(({ id }) => id);
    const said = this.#options.extract === false ? [] : conversationOf(state);
    if (used.length === 0 && !hasUserWords(said)) return;
    const shelf = await this.#shelfOf({ metadata, threadId }).catch((error: unknown) => {
      this.#logger.warn({ threadId, runId, err: error }, "memory: nothing was learned of a run");
    });
    if (shelf === undefined) return;
    if (this.#pending >= MAX_PENDING) {
      this.#logger.warn(
        { threadId, runId },
        `memory: ${MAX_PENDING} runs wait already; nothing is learned of this one`,
      );
      return;
    }
    this.#queue(shelf, { threadId, runId, used, said }, this.#options.model ?? auxiliaryModel);
  }

  #queue(shelf: FactShelf, run: FinishedRun, model: ChatModel): void {
    const id = encodeNamespace(shelf.namespace);
    this.#pending++;
    const work = (this.#underWay.get(id) ?? Promise.resolve())
      .then(() => this.#learn(shelf, run, model))
      .finally(() => {
        this.#pending--;
        if (this.#underWay.get(id) === work) this.#underWay.delete(id);
      });
    this.#underWay.set(id, work);
  }

  /** Never rejects. */
  async #learn(shelf: FactShelf, run: FinishedRun, model: ChatModel): Promise<void> {
    const report = await learnFrom(shelf, run, {
      model,
      extract: this.#options.extract || {},
      logger: this.#logger,
    });
    if (report.usage !== undefined) this.#usage = addUsage(this.#usage, report.usage);
    try {
      this.#options.onReport?.(report);
    } catch (error) {
      this.#logger.warn({ err: error }, "memory: onReport failed");
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

/** Right before the last message, which is the user's; before all others where it is not. */
function withNotes(input: readonly Message[], notes: Message): readonly Message[] {
  const at = input.at(-1)?.role === "user" ? input.length - 1 : 0;
  return [...input.slice(0, at), notes, ...input.slice(at)];
}
