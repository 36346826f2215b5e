/** The models that an agent opens by name: checked now, opened when first used, closed with the agent. */
import { getModel, type ModelOptions, parseModelName } from "../model/registry.ts";
import type { ChatModel } from "../model/types.ts";

/** Opens a model when it is first used, where it is not open already. */
export type OpenModel = (model: string | ChatModel) => () => Promise<ChatModel>;

export class OpenedModels {
  readonly #opened = new Set<Promise<ChatModel>>();

  /** @throws ConfigurationError for a name that is none, or of an unknown provider. */
  lazily(model: string | ChatModel, options: ModelOptions): () => Promise<ChatModel> {
    if (typeof model !== "string") return () => Promise.resolve(model);
    parseModelName(model);
    let opening: Promise<ChatModel> | undefined;
    return () => {
      if (opening === undefined) {
        const begun = getModel(model, options);
        opening = begun;
        this.#opened.add(begun);
        begun.catch(() => {
          opening = undefined;
          this.#opened.delete(begun);
        });
      }
      return opening;
    };
  }

  /** Models handed to the agent as such are their owner's. */
  async close(): Promise<void> {
    const opened = [...this.#opened];
    this.#opened.clear();
    // One that is still being opened is waited for; one that could not be has nothing to close.
    await Promise.all(
      opened.map((opening) =>
        opening.then(
          (model) => model.close?.(),
          () => undefined,
        ),
      ),
    );
  }
}
