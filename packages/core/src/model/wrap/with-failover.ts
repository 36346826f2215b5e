/** A model that stands before others and asks the next one where one fails. */

import { withAuthor } from "../../messages/authors.ts";
import { boolean, type Checks, checkOptions, either, func, listOf, wait } from "../../options/check.ts";
import { checkModels } from "../check-model.ts";
import { takesState } from "../provider-state.ts";
import type { ChatModel } from "../types.ts";
import { type GroupOptions, groupModel, membersOf, soonest, withKnownState } from "./group.ts";

/** After what the next model is asked, and how long one that failed is left alone. */
export interface WithFailoverOptions extends GroupOptions {}

export const GROUP_OPTIONS: Checks<GroupOptions> = {
  on: either(Array.isArray, listOf(func), func),
  afterPaid: boolean,
  downMs: wait,
};

/**
 * Asks the first of `models`, and the next one where that fails in a way that is its own (`FAILOVER_ERRORS`): too many
 * requests, a server or connection that failed, credentials or a model that are not there. Never once a part of a stream
 * has been delivered, never after the caller's signal, and not where the failed call may have been paid for.
 *
 * A model that failed rests for `downMs`, or for as long as its server asked; then one call finds out whether it is back,
 * while the others go on elsewhere. That is remembered for all calls together. When all rest, they are asked anyway, the
 * one whose rest ends first at the beginning.
 *
 * The model it makes has the first one's name and what all of them can do. A response of another one says so in
 * `provider` and `modelId`; each move is told through `request.onRetry`.
 *
 * @throws ConfigurationError without models, or for options that do not fit. A call that no model answered rejects with an
 * error of the last one's class that names them all; its `cause` is an `AggregateError` of what each one threw.
 * @example
 * ```ts
 * import { Agent, getModel, withFailover } from "locus-sdk";
 *
 * const model = withFailover([await getModel("oci:openai.gpt-oss-120b"), await getModel("openai:gpt-4o-mini")]);
 * const agent = new Agent({ model });
 * ```
 */
export function withFailover(models: readonly ChatModel[], options: WithFailoverOptions = {}): ChatModel {
  checkOptions("withFailover", options, GROUP_OPTIONS);
  checkModels("withFailover", models, "list");
  const members = membersOf(
    "withFailover",
    models.map((model) => ["", model]),
  );
  return groupModel(members, {
    ...options,
    choose: (untried) => {
      const chosen = untried.find(({ health }) => health.ready) ?? soonest(untried);
      if (chosen === undefined) throw new RangeError("there is nobody left to choose");
      return chosen;
    },
    requestFor: ({ model }, request) => withKnownState(model, request),
    responseOf: ({ model }, response) => {
      if (model === members[0]?.model) return response;
      const { provider } = model;
      const told = response.provider === undefined ? { ...response, provider } : response;
      // Its thoughts are its own: the group goes by the first one's name.
      return { ...told, message: withAuthor(told.message, model) };
    },
    takesState: (state) => models.some((model) => takesState(model, state)),
  });
}
