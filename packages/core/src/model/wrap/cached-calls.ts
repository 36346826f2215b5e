/** The calls of `withCache`: looked up, shared, kept. */
import type { ChatModel, ModelRequest, ModelResponse, ModelStreamPart } from "../types.ts";
import { AnswerShelf, RecentAnswers } from "./answer-shelf.ts";
import { cacheKey, identityOf } from "./cache-key.ts";
import type { Calls } from "./late-calls.ts";
import { OpenedStream } from "./opened-stream.ts";
import { SharedAnswer, SharedStream } from "./shared-call.ts";
import type { WithCacheOptions } from "./with-cache.ts";

export function cachedCalls(model: ChatModel, options: WithCacheOptions): Calls {
  const { maxEntries = 1000, store = new RecentAnswers(maxEntries), ttlMs } = options;
  const shelf = new AnswerShelf(store, options.namespace ?? ["model-cache"], ttlMs);
  const answers = new Map<string, SharedAnswer>();
  const streams = new Map<string, SharedStream>();

  const keyOf = (request: ModelRequest): string =>
    cacheKey(model, identityOf(model, options.namespace !== undefined), request);

  /** Whoever threw an answer away wants another one; that is kept in its place. */
  const find: (key: string, request: ModelRequest) => ReturnType<AnswerShelf["find"]> = (key, { fresh }) =>
    fresh === true ? Promise.resolve({}) : shelf.find(key);

  const keep = async (key: string, response: ModelResponse, warning?: string): Promise<ModelResponse> => {
    const failed = isWhole(response) ? await shelf.keep(key, response) : undefined;
    const warnings = [warning, failed].filter((one) => one !== undefined);
    return warnings.length === 0
      ? response
      : { ...response, warnings: [...(response.warnings ?? []), ...warnings] };
  };

  const complete = async (request: ModelRequest): Promise<ModelResponse> => {
    if (isKeptByServer(model, request)) return model.complete(request);
    const key = keyOf(request);
    const shared = joined(answers, turnOf(key, request), (over) => new SharedAnswer(over));
    return shared.wait(request, async (asked) => {
      const { response, warning } = await find(key, request);
      if (response !== undefined) return response;
      asked.signal?.throwIfAborted();
      return keep(key, await model.complete(asked), warning);
    });
  };

  const stream = (request: ModelRequest): AsyncIterable<ModelStreamPart> => {
    const key = keyOf(request);
    const shared = joined(streams, turnOf(key, request), (over) => {
      let warning: string | undefined;
      return new SharedStream(
        async function* (asked) {
          const found = await find(key, request);
          warning = found.warning;
          if (found.response !== undefined) yield* partsOf(found.response);
          else {
            asked.signal?.throwIfAborted();
            yield* model.stream(asked);
          }
        },
        (response) => (response.cached === true ? Promise.resolve(response) : keep(key, response, warning)),
        over,
      );
    });
    return shared.read(request);
  };

  return {
    complete,
    stream: (request) =>
      new OpenedStream(request.signal, ({ signal, begin }) => {
        const asked = { ...request, signal };
        return begin(isKeptByServer(model, request) ? model.stream(asked) : stream(asked));
      }),
  };
}

/** Equal requests share a call, and those that want a fresh answer one of their own. */
const turnOf = (key: string, { fresh }: ModelRequest): string => (fresh === true ? `${key} fresh` : key);

/** What is under way for `key`, else what `make` makes; it is there until it says that it is over. */
function joined<T>(under: Map<string, T>, key: string, make: (over: () => void) => T): T {
  const known = under.get(key);
  if (known !== undefined) return known;
  const made = make(() => {
    if (under.get(key) === made) under.delete(key);
  });
  under.set(key, made);
  return made;
}

/** The answer goes on from what the provider remembers, and is itself a part of that. */
function isKeptByServer({ capabilities }: ChatModel, { providerState }: ModelRequest): boolean {
  return capabilities.serverState || providerState !== undefined;
}

/** Cut or filtered, it may come out better another time; one that carries a state is about its own conversation. */
function isWhole({ stopReason, providerState, cached }: ModelResponse): boolean {
  const isEnd = stopReason === "stop" || stopReason === "tool_calls";
  return isEnd && providerState === undefined && cached !== true;
}

function* partsOf(response: ModelResponse): Generator<ModelStreamPart, void, undefined> {
  let index = 0;
  for (const part of response.message.content) {
    if (part.type === "text" || part.type === "reasoning") {
      if (part.text !== "") yield { type: `${part.type}_delta`, text: part.text };
    } else if (part.type === "tool_call") {
      const { id, name, arguments: argumentsDelta } = part;
      yield { type: "tool_call_delta", index: index++, id, name, argumentsDelta };
    }
  }
  yield { type: "finish", response };
}
