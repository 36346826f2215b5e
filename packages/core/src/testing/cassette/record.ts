/** A model that is recorded while it answers. */
import { ModelError } from "../../errors/errors.ts";
import type { JsonValue } from "../../json/json.ts";
import { toJson } from "../../json/json.ts";
import { checkModel } from "../../model/check-model.ts";
import type {
  ChatModel,
  ModelRequest,
  ModelResponse,
  ModelStreamPart,
  RetryNotice,
} from "../../model/types.ts";
import { wrapModel } from "../../model/wrap/wrap.ts";
import { checkOptions, func } from "../../options/check.ts";
import { lineText } from "./format.ts";
import { type CassetteOptions, pathOf } from "./options.ts";
import { recordError } from "./recorded-error.ts";
import { recordedRequest } from "./request.ts";
import { type Scrubber, scrubber } from "./scrub.ts";
import { scrubbedParts } from "./stream-parts.ts";
import { CASSETTE_VERSION } from "./types.ts";
import { type CassetteWriter, openWriter } from "./writer.ts";

/** Options of `recordModel`. */
export interface RecordOptions extends CassetteOptions {}

/** What is to be written of one call. */
interface Outcome {
  readonly response?: ModelResponse;
  readonly parts?: readonly ModelStreamPart[];
  readonly error?: unknown;
}

/** One call while it is under way. */
interface Recording {
  /** The request, told of whose retries the recording is, too. */
  readonly request: ModelRequest;
  /** Nothing, where the call was aborted: that was its caller's doing, and is no answer. */
  keep(outcome: Outcome): void;
  drop(): void;
}

/**
 * `model`, whose answers come through unchanged while each call is appended to the cassette `file`: one JSON line with its
 * request and its parts, response or error, in the order in which calls began. The cassette is a new one, in the place of
 * one that was there. Secrets are taken out, images and files in requests replaced by their digests. Calls that are
 * aborted, and streams that are left, are not recorded.
 *
 * The recorded model has no tokenizer of its own: agents estimate tokens with it, as they will with the replayed one.
 *
 * @throws ConfigurationError where the file is there and is no cassette, or an option does not fit.
 * @example
 * ```ts
 * import { Agent, getModel } from "locus-sdk";
 * import { recordModel } from "locus-sdk/testing";
 *
 * const model = recordModel(await getModel("oci:openai.gpt-oss-120b"), "cassettes/hello.jsonl");
 * await new Agent({ model }).run("Hello.");
 * await model.close?.();
 * ```
 */
export function recordModel(model: ChatModel, file: string | URL, options: RecordOptions = {}): ChatModel {
  return openRecording(model, file, options).model;
}

/** `recordModel`, with the count of the calls that it could not record so far. */
export function openRecording(
  model: ChatModel,
  file: string | URL,
  options: RecordOptions,
): { readonly model: ChatModel; readonly lost: () => number } {
  checkModel("recordModel", model);
  checkOptions<RecordOptions>("recordModel", options, { scrub: func });
  const scrub = scrubber(options.scrub);
  const { provider, modelId, capabilities } = model;
  const recordedAt = new Date().toISOString();
  const writer = openWriter(pathOf(file), {
    format: "locus-cassette",
    version: CASSETTE_VERSION,
    provider,
    modelId,
    capabilities,
    recordedAt,
  });
  const begin = (request: ModelRequest): Recording => beginRecording(request, writer, scrub);
  const recorded = wrapModel(model, {
    complete: async (request) => {
      const recording = begin(request);
      let response: ModelResponse;
      try {
        response = await model.complete(recording.request);
      } catch (error) {
        recording.keep({ error });
        throw error;
      }
      recording.keep({ response });
      return response;
    },
    stream: (request) => recordStream(model, () => begin(request)),
    close: async () => {
      try {
        writer.close();
      } finally {
        await model.close?.();
      }
    },
  });
  // An agent that counts tokens decides by them, and a cassette cannot count: neither does the recorded model.
  delete recorded.countTokens;
  return { model: recorded, lost: () => writer.lost };
}

async function* recordStream(
  model: ChatModel,
  begin: () => Recording,
): AsyncGenerator<ModelStreamPart, void, undefined> {
  const recording = begin();
  const parts: ModelStreamPart[] = [];
  let inner: AsyncIterator<ModelStreamPart> | undefined;
  let isOver = false;
  /** The inner stream's next part; only what it throws itself is its error, and not what its reader throws. */
  const next = async (): Promise<IteratorResult<ModelStreamPart>> => {
    try {
      inner ??= model.stream(recording.request)[Symbol.asyncIterator]();
      return await inner.next();
    } catch (error) {
      isOver = true;
      recording.keep({ parts, error });
      throw error;
    }
  };
  try {
    for (let step = await next(); step.done !== true; step = await next()) {
      parts.push(step.value);
      // With its finish the answer is whole, whether or not its reader waits for the stream's end.
      if (step.value.type === "finish") recording.keep({ parts });
      yield step.value;
    }
    isOver = true;
    recording.keep({ parts });
  } finally {
    try {
      if (!isOver) await inner?.return?.();
    } finally {
      recording.drop();
    }
  }
}

function beginRecording(request: ModelRequest, writer: CassetteWriter, scrub: Scrubber): Recording {
  const asked = recordedRequest(request, scrub);
  const retries: RetryNotice[] = [];
  const slot = writer.begin();
  return {
    request: {
      ...request,
      onRetry: (notice) => {
        retries.push(notice);
        request.onRetry?.(notice);
      },
    },
    keep: (outcome) => {
      if ("error" in outcome && request.signal?.aborted === true) return slot.drop();
      const told = retries.length === 0 ? {} : { retries: scrub.json(toJson(retries)) };
      slot.write(lineText({ request: asked, ...told, ...outcomeJson(outcome, scrub) }));
    },
    drop: () => slot.drop(),
  };
}

function outcomeJson(outcome: Outcome, scrub: Scrubber): Readonly<Record<string, JsonValue>> {
  const { parts, response } = outcome;
  if (response === undefined && parts === undefined && !("error" in outcome)) {
    throw new ModelError("the recorded model returned nothing");
  }
  return {
    ...(parts === undefined ? {} : { parts: scrubbedParts(parts, scrub) }),
    ...(response === undefined ? {} : { response: scrub.json(toJson(response)) }),
    ...("error" in outcome ? { error: scrub.json(toJson(recordError(outcome.error))) } : {}),
  };
}
