/** The frame of every model that stands around another one: what it does not change is the inner model's. */
import { checkModel } from "../check-model.ts";
import { takesState } from "../provider-state.ts";
import type { ChatModel } from "../types.ts";

/** What a wrapper does in its own way. */
export interface WrappedCalls {
  /** Whose it is, for the error about something that is no model. */
  readonly owner?: string;
  readonly complete: ChatModel["complete"];
  readonly stream: ChatModel["stream"];
  /** Default: closes the inner model. */
  readonly close?: () => Promise<void>;
}

/**
 * `inner`, called through `calls`. Its name, its abilities, its tokenizer and its server state stay its own.
 *
 * @throws ConfigurationError where `inner` is no model.
 */
export function wrapModel(inner: ChatModel, calls: WrappedCalls): ChatModel {
  checkModel(calls.owner ?? "a wrapper of a model", inner);
  return {
    provider: inner.provider,
    modelId: inner.modelId,
    get capabilities() {
      return inner.capabilities;
    },
    complete: calls.complete,
    stream: calls.stream,
    ...(inner.countTokens === undefined
      ? {}
      : { countTokens: (request) => inner.countTokens?.(request) ?? 0 }),
    get cacheIdentity() {
      return inner.cacheIdentity;
    },
    takesState: (state) => takesState(inner, state),
    close: calls.close ?? (async () => inner.close?.()),
  };
}
