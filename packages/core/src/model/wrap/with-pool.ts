/** The same model several times, by other credentials or in other regions, as one that takes turns. */
import { ConfigurationError } from "../../errors/errors.ts";
import { isRecord } from "../../json/json.ts";
import { type Checks, checkOptions, oneOf } from "../../options/check.ts";
import { checkModels } from "../check-model.ts";
import { takesState } from "../provider-state.ts";
import type { ChatModel, ModelResponse, ProviderState } from "../types.ts";
import { type GroupOptions, groupModel, type Member, membersOf, soonest, withKnownState } from "./group.ts";
import { GROUP_OPTIONS } from "./with-failover.ts";

/** How calls are spread, and how long a member that failed is left alone. */
export interface WithPoolOptions extends GroupOptions {
  /** `"least_busy"`: whoever has the fewest calls under way; default. `"round_robin"`: one after the other. */
  readonly strategy?: "least_busy" | "round_robin";
}

const OPTIONS: Checks<WithPoolOptions> = { ...GROUP_OPTIONS, strategy: oneOf("least_busy", "round_robin") };

/** What a member's state is wrapped in, so that a later process, too, finds out whose it is. */
interface PooledState {
  readonly member: string;
  readonly state: ProviderState;
}

/**
 * Spreads calls over `models`, which are one model behind several credentials or regions. A member that fails, or has had
 * too many requests, rests as in `withFailover`, and its call goes on to the next member under the same rules.
 *
 * What a server keeps of a conversation is with one member: the conversation goes on there as long as that member does not
 * rest, after a restart as well. Members are told apart by their names, or by their places in a list; names outlive
 * a change of the list.
 *
 * @throws ConfigurationError without models, for members of different providers or ids, or for options that do not fit.
 * @example
 * ```ts
 * import { Agent, getModel, withPool } from "locus-sdk";
 *
 * const name = "oci:openai.gpt-oss-120b";
 * const model = withPool({
 *   chicago: await getModel(name, { region: "us-chicago-1" }),
 *   frankfurt: await getModel(name, { region: "eu-frankfurt-1" }),
 * });
 * const agent = new Agent({ model });
 * ```
 */
export function withPool(
  models: Readonly<Record<string, ChatModel>> | readonly ChatModel[],
  options: WithPoolOptions = {},
): ChatModel {
  checkOptions("withPool", options, OPTIONS);
  checkModels("withPool", models, "members");
  const { strategy = "least_busy", ...rules } = options;
  const members = membersOf("withPool", Object.entries(models));
  refuseMixed(members);

  let turn = 0;
  const load = (member: Member): number => (strategy === "least_busy" ? member.busy : 0);
  /** Who, and from which state, goes on with a conversation that a member's server keeps. */
  const keeperOf = (
    given: ProviderState | undefined,
  ): { member: Member; state: ProviderState } | undefined => {
    const pooled = given === undefined ? undefined : readPooled(given);
    const member = members.find(({ key }) => key === pooled?.member);
    if (pooled === undefined || member === undefined) return undefined;
    return takesState(member.model, pooled.state) ? { member, state: pooled.state } : undefined;
  };

  return groupModel(members, {
    ...rules,
    choose: (untried, { providerState }) => {
      const ready = untried.filter(({ health }) => health.ready);
      const keeper = keeperOf(providerState)?.member;
      const chosen =
        ready.find((member) => member === keeper) ??
        ready.toSorted((a, b) => load(a) - load(b) || a.turn - b.turn)[0] ??
        soonest(untried);
      if (chosen === undefined) throw new RangeError("there is nobody left to choose");
      turn += 1;
      chosen.turn = turn;
      return chosen;
    },
    requestFor: (member, request) => {
      const { providerState, ...rest } = request;
      if (providerState === undefined) return request;
      if (readPooled(providerState) === undefined) return withKnownState(member.model, request);
      const keeper = keeperOf(providerState);
      return keeper?.member === member ? { ...rest, providerState: keeper.state } : rest;
    },
    responseOf: ({ key }, response) => withMember(key, response),
    takesState: (state) =>
      readPooled(state) === undefined
        ? members.some(({ model }) => takesState(model, state))
        : keeperOf(state) !== undefined,
  });
}

function refuseMixed(members: readonly Member[]): void {
  const names = new Set(members.map(({ model }) => `${model.provider}:${model.modelId}`));
  if (names.size < 2) return;
  throw new ConfigurationError(
    `withPool: expected one model several times, not ${[...names].join(" and ")}`,
    {
      hint: "Different models stand for each other in withFailover([…]).",
    },
  );
}

function withMember(member: string, response: ModelResponse): ModelResponse {
  const { providerState } = response;
  if (providerState === undefined) return response;
  const { provider, modelId, data } = providerState;
  return { ...response, providerState: { provider, modelId, data: { poolMember: member, data } } };
}

function readPooled({ provider, modelId, data }: ProviderState): PooledState | undefined {
  if (!isRecord(data) || typeof data.poolMember !== "string" || data.data === undefined) return undefined;
  return { member: data.poolMember, state: { provider, modelId, data: data.data } };
}
