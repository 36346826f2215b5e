/** A model that answers from a cassette. */
import { basename } from "node:path";
import { CancelledError, IncompleteStreamError, LocusError } from "../../errors/errors.ts";
import type { JsonObject } from "../../json/json.ts";
import type { ChatModel, ModelRequest, ModelResponse, ModelStreamPart } from "../../model/types.ts";
import { type Check, checkOptions, either, func, oneOf } from "../../options/check.ts";
import { readCassette } from "./format.ts";
import { matcher, type ReplayMatch, unusedError } from "./match.ts";
import { type CassetteOptions, pathOf } from "./options.ts";
import { replayError } from "./recorded-error.ts";
import { recordedRequest } from "./request.ts";
import { scrubber } from "./scrub.ts";
import { deltasOf } from "./stream-parts.ts";
import type { RecordedCall } from "./types.ts";

/** Options of `replayModel`. */
export interface ReplayModelOptions extends CassetteOptions {
  /** How a call's recording is found. Default `"strict"`: by an equal request, each recording once, in their order. */
  readonly match?: ReplayMatch;
}

/** A model made of recorded calls. */
export interface ReplayedModel extends ChatModel {
  /** Recorded calls that were not made so far, in the order of the file. */
  readonly unused: readonly RecordedCall[];
  /** @throws ReplayMismatchError where recorded calls were not made. */
  assertDone(): void;
}

export const matchOption: Check = either(
  (value) => typeof value === "function",
  func,
  oneOf("strict", "order"),
);

/**
 * A model that answers from the cassette `file`, without network and credentials. It has the name and the abilities of the
 * model that was recorded. What was streamed is streamed again in the same parts, and what came whole is given whole or,
 * asked for as a stream, in one delta a part; errors are thrown again. Each recording is used once.
 *
 * A call that was not recorded rejects with `ReplayMismatchError`, which shows how it differs from the nearest that was.
 *
 * @throws CassetteError where there is no such file, it is damaged, or has another format.
 * @example
 * ```ts
 * import { Agent } from "locus-sdk";
 * import { replayModel } from "locus-sdk/testing";
 *
 * const model = replayModel("cassettes/hello.jsonl");
 * await new Agent({ model }).run("Hello.");
 * model.assertDone();
 * ```
 */
export function replayModel(file: string | URL, options: ReplayModelOptions = {}): ReplayedModel {
  checkOptions<ReplayModelOptions>("replayModel", options, { scrub: func, match: matchOption });
  return openReplay(pathOf(file), options, "Record it with recordModel(model, file).");
}

/** `replayModel`, with the advice that its errors give. */
export function openReplay(file: string, options: ReplayModelOptions, hint: string): ReplayedModel {
  const { header, calls, taken } = readCassette(file, hint);
  const scrub = scrubber(options.scrub);
  const matching = matcher(calls, options.match ?? "strict", { file: basename(file), hint });
  const take = (request: ModelRequest): RecordedCall => {
    throwIfAborted(request);
    const received: JsonObject = recordedRequest(request, scrub);
    const call = matching.take(received);
    for (const notice of call.retries ?? []) request.onRetry?.(notice);
    return call;
  };
  const { provider, modelId, capabilities } = header;
  return {
    provider,
    modelId,
    capabilities,
    complete: async (request) => responseOf(take(request)),
    stream: (request) => streamOf(request, take),
    takesState: (state) =>
      [header, ...taken].some(
        (known) => known.provider === state.provider && known.modelId === state.modelId,
      ),
    get unused() {
      return matching.unused();
    },
    assertDone: () => {
      const unused = matching.unused();
      if (unused.length > 0) throw unusedError(unused, calls.length, basename(file), hint);
    },
  };
}

function responseOf({ parts = [], response, error }: RecordedCall): ModelResponse {
  if (response !== undefined) return response;
  const finish = parts.find((part) => part.type === "finish");
  if (finish !== undefined) return finish.response;
  if (error !== undefined) throw replayError(error);
  throw new IncompleteStreamError("the recorded stream ended without its finish");
}

async function* streamOf(
  request: ModelRequest,
  take: (request: ModelRequest) => RecordedCall,
): AsyncGenerator<ModelStreamPart, void, undefined> {
  const { parts, response, error } = take(request);
  const whole: readonly ModelStreamPart[] =
    response === undefined ? [] : [...deltasOf(response), { type: "finish", response }];
  for (const part of parts ?? whole) {
    throwIfAborted(request);
    yield part;
  }
  if (error !== undefined) throw replayError(error);
}

function throwIfAborted({ signal }: ModelRequest): void {
  if (signal?.aborted !== true) return;
  if (signal.reason instanceof LocusError) throw signal.reason;
  throw new CancelledError("the replayed call was cancelled", { cause: signal.reason });
}
