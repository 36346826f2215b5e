/** `memory()`: before a run it shows what is remembered and fits, after it learns what is worth keeping. */
import type { AfterRunContext, BeforeRunContext, Hook, Plugin } from "../hooks/types.ts";
import type { Usage } from "../model/types.ts";
import { NO_USAGE } from "../state/usage.ts";
import { checkMemoryOptions, type MemoryOptions } from "./manager-options.ts";
import type { MemoryWork } from "./work.ts";

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
  #loading: Promise<MemoryWork> | undefined;
  #work: MemoryWork | undefined;

  constructor(options: MemoryOptions) {
    checkMemoryOptions(options);
    this.#options = options;
    const { inject } = options;
    this.hooks = [
      {
        name: this.name,
        ...(inject === false
          ? {}
          : {
              beforeRun: async (context: BeforeRunContext) =>
                (await this.#loaded()).show(context, inject || {}),
            }),
        // Most runs were shown something, by what is loaded then; for another `flush()` waits, as it does for its notes.
        afterRun: (context: AfterRunContext) =>
          this.#work === undefined
            ? this.#loaded().then((work) => work.learnLater(context))
            : this.#work.learnLater(context),
      },
    ];
  }

  /** What taking notes has cost in this process. */
  get usage(): Usage {
    return this.#work?.usage ?? NO_USAGE;
  }

  /** Settles when every run that is over has been learned from. */
  async flush(): Promise<void> {
    await (await this.#loading)?.flush();
  }

  #loaded(): Promise<MemoryWork> {
    this.#loading ??= import("./work.ts").then(({ MemoryWork }) => {
      this.#work = new MemoryWork(this.#options);
      return this.#work;
    });
    return this.#loading;
  }
}
