/** One model made of several: who is asked, who is asked next, and who rests. */
import { ConfigurationError, LocusError, messageOf } from "../../errors/errors.ts";
import type { JsonValue } from "../../json/json.ts";
import { lostTokens, mayBePaid } from "../lost-call.ts";
import { takesState } from "../provider-state.ts";
import type { ChatModel, LostCall, ModelRequest, ModelResponse, ModelStreamPart } from "../types.ts";
import { commonCapabilities } from "./capabilities.ts";
import { type Failure, failureOf, type MoveOptions, movesOn, rests } from "./failures.ts";
import { Health } from "./health.ts";
import { OpenedStream } from "./opened-stream.ts";

/** One of the models. */
export interface Member {
  readonly model: ChatModel;
  /** What it is called among the members; empty where its place says enough. */
  readonly key: string;
  /** What messages call it. */
  readonly name: string;
  readonly health: Health;
  /** Its calls under way, streams until they end. */
  busy: number;
  /** When it was last asked, counted in calls. */
  turn: number;
}

export interface GroupOptions extends MoveOptions {
  /** How long a model that failed rests where its server does not say, in ms. Default 30,000. */
  readonly downMs?: number;
}

/** What makes one group differ from another. */
export interface GroupRules extends GroupOptions {
  /** Who is asked of those that were not yet; there is one at least. */
  choose(untried: readonly Member[], request: ModelRequest): Member;
  /** The request as this member is to see it. */
  requestFor(member: Member, request: ModelRequest): ModelRequest;
  /** What is made of this member's answer. */
  responseOf(member: Member, response: ModelResponse): ModelResponse;
  readonly takesState: NonNullable<ChatModel["takesState"]>;
}

const DEFAULT_DOWN_MS = 30_000;

/** @throws ConfigurationError where there is no model. That each is one, `checkModels` has seen. */
export function membersOf(
  owner: string,
  models: readonly (readonly [string, ChatModel])[],
): readonly Member[] {
  if (models.length === 0) throw new ConfigurationError(`${owner}: expected one model at least`);
  return models.map(([key, model]) => {
    const own = `${model.provider}:${model.modelId}`;
    const name = key === "" ? own : `${own} (${key})`;
    return { model, key, name, health: new Health(), busy: 0, turn: 0 };
  });
}

/** The request without a state that this model could not go on from. */
export function withKnownState(model: ChatModel, request: ModelRequest): ModelRequest {
  const { providerState, ...rest } = request;
  return providerState === undefined || takesState(model, providerState) ? request : rest;
}

/** The one whose rest is over first; the first of those that do not rest. */
export function soonest(members: readonly Member[]): Member | undefined {
  return members.reduce<Member | undefined>(
    (best, member) =>
      best === undefined || member.health.restsUntil < best.health.restsUntil ? member : best,
    undefined,
  );
}

/** The first member lends its name and its tokenizer; closing closes all. */
export function groupModel(members: readonly Member[], rules: GroupRules): ChatModel {
  const models = members.map(({ model }) => model);
  const [first] = models;
  if (first === undefined) throw new ConfigurationError("a group of models has no members");

  /** Asks one after the other until one answers, none is left, or the failure is not one to move on from. */
  const ask = async <T>(
    request: ModelRequest,
    signal: AbortSignal | undefined,
    call: (model: ChatModel, request: ModelRequest) => Promise<T>,
  ): Promise<{ readonly member: Member; readonly answer: T }> => {
    const failures: Failure[] = [];
    let untried = members;
    let member = rules.choose(untried, request);
    for (;;) {
      const { name, health, model } = member;
      const probe = health.probe();
      member.busy += 1;
      try {
        const answer = await call(model, rules.requestFor(member, request));
        probe.succeeded();
        return { member, answer };
      } catch (error) {
        member.busy -= 1;
        const cancelled = signal?.aborted === true;
        const known = error instanceof LocusError && !cancelled;
        if (known && rests(error, rules)) probe.failed(error.retryAfterMs ?? rules.downMs ?? DEFAULT_DOWN_MS);
        else probe.released();
        if (cancelled) throw error;
        failures.push({ name, error });
        untried = untried.filter((other) => other !== member);
        if (!known || untried.length === 0 || !movesOn(error, rules)) throw failureOf(failures);
        member = rules.choose(untried, request);
        request.onRetry?.({
          what: `${name} failed (${messageOf(error)}); ${member.name} is asked`,
          attempt: failures.length,
          delayMs: 0,
          ...(mayBePaid(error) ? { lost: lostBy(model, error, request) } : {}),
        });
      }
    }
  };

  return {
    provider: first.provider,
    modelId: first.modelId,
    get capabilities() {
      return commonCapabilities(models);
    },
    complete: async (request) => {
      const { member, answer } = await ask(request, request.signal, (model, own) => model.complete(own));
      member.busy -= 1;
      return rules.responseOf(member, answer);
    },
    stream: (request) =>
      new OpenedStream(request.signal, async ({ signal, begin }) => {
        const { member, answer } = await ask(request, signal, (model, own) =>
          begin(model.stream({ ...own, signal })),
        );
        return {
          ...answer,
          map: (part) => finishOf(part, (response) => rules.responseOf(member, response)),
          onEnd: () => {
            member.busy -= 1;
          },
        };
      }),
    ...(first.countTokens === undefined
      ? {}
      : { countTokens: (request) => first.countTokens?.(request) ?? 0 }),
    takesState: rules.takesState,
    get cacheIdentity() {
      return identityOf(models);
    },
    close: async () => {
      const closed = await Promise.allSettled(models.map(async (model) => model.close?.()));
      for (const outcome of closed) if (outcome.status === "rejected") throw outcome.reason;
    },
  };
}

function lostBy({ provider, modelId }: ChatModel, error: unknown, request: ModelRequest): LostCall {
  return { provider, modelId, usage: lostTokens(error, request) };
}

/** That of all of them together; none where one has none. */
function identityOf(models: readonly ChatModel[]): JsonValue | undefined {
  const each: JsonValue[] = [];
  for (const { provider, modelId, cacheIdentity } of models) {
    if (cacheIdentity === undefined) return undefined;
    each.push({ provider, modelId, cacheIdentity });
  }
  return each;
}

/** The part itself unless it is the last one, and changed. */
function finishOf(
  part: ModelStreamPart,
  change: (response: ModelResponse) => ModelResponse,
): ModelStreamPart {
  if (part.type !== "finish") return part;
  const response = change(part.response);
  return response === part.response ? part : { type: "finish", response };
}
