/** Parameters a server turns out to refuse: read from its error, left out or renamed, and remembered. */
import { isRecord, type JsonObject, type JsonValue } from "@locus-sdk/core";
import { readWireError, type WireError } from "../wire-error.ts";

/** A parameter that an error complains about, by its name on the wire; it or its value is refused. */
export interface RefusedParameter {
  readonly name: string;
}

/** Finds the refused parameter in what the client threw, or nothing where the error is about something else. */
export type ErrorParamReader = (error: unknown) => RefusedParameter | undefined;

/** The parameters of one protocol that a server may refuse, by their names on its wire. */
export interface RepairVocabulary {
  /** What can be left out without changing what was asked for: how the model samples, not what it does. */
  readonly droppable: ReadonlySet<string>;
  /** Names that mean the same: where one is refused, the other may be taken. */
  readonly renamed: Readonly<Record<string, string>>;
  /** What nobody asked for: left out without a word. */
  readonly ours: ReadonlySet<string>;
}

const DROPPABLE: ReadonlySet<string> = new Set([
  "temperature",
  "top_p",
  "top_k",
  "stop",
  "seed",
  "frequency_penalty",
  "presence_penalty",
  "parallel_tool_calls",
  "reasoning_effort",
  "verbosity",
  "service_tier",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
]);
const RENAMED: Readonly<Record<string, string>> = {
  max_tokens: "max_completion_tokens",
  max_completion_tokens: "max_tokens",
};
const CHAT_VOCABULARY: RepairVocabulary = {
  droppable: DROPPABLE,
  renamed: RENAMED,
  ours: new Set(["stream_options"]),
};

const REFUSED_CODE =
  /^(?:unsupported_(?:parameter|value)|unknown_parameter|invalid_parameter|InvalidParameter)$/;
const REFUSED_TEXT =
  /unsupported|not (?:yet )?supported|does not support|unrecognized|unknown (?:parameter|argument|name|field)|not permitted|unexpected (?:keyword )?argument/i;

/** Settings with levels: one that is refused beside a list of those that are taken is the caller's to change. */
const LEVELS = /^(?:\w+\.)*(?:reasoning[._]?)?effort$/i;
const LISTS_LEVELS =
  /\b(?:supported|allowed|valid|accepted|permitted|possible|expected)\s+(?:values?|options?|levels?)\b|\b(?:must|should) be\b|\bone of\b/i;

/**
 * Reads the envelopes of OpenAI, OCI (also encoded twice), Gemini, FastAPI and plain text. Where only the text names
 * the parameter, `known` says which quoted words are parameters.
 */
export function refusedParameter(error: unknown, known: ReadonlySet<string>): RefusedParameter | undefined {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  if (!(error instanceof Error) || (status !== 400 && status !== 422)) return undefined;
  const body = "error" in error ? error.error : undefined;
  const wire: WireError = isRecord(body)
    ? readWireError(body)
    : readWireError(error.message.replace(/^\d+\s*/, ""));
  const said = wire.message ?? "";
  if (!REFUSED_CODE.test(wire.code ?? "") && !REFUSED_TEXT.test(said)) return undefined;
  const name = wire.param ?? namedParameter(said, known);
  if (name === undefined || (LEVELS.test(name) && LISTS_LEVELS.test(said))) return undefined;
  return { name };
}

/** The refused parameter of a chat completions request. */
export const readErrorParam: ErrorParamReader = (error) => refusedParameter(error, DROPPABLE);

/** The first word in quotes, or behind "argument supplied:", that is a parameter we may have sent. */
function namedParameter(said: string, known: ReadonlySet<string>): string | undefined {
  const named = /["'`]([\w.]+)["'`]|\b(?:argument|parameter|field)s?(?: supplied)?: ([\w.]+)/g;
  return [...said.matchAll(named)].map((match) => match[1] ?? match[2]).find((word) => known.has(word ?? ""));
}

/** What one model instance has learned about the parameters its server takes. */
export class ParameterRepairs {
  /** By refused name: the name to use instead, or `null` to leave it out. */
  readonly #learned = new Map<string, string | null>();
  readonly #words: RepairVocabulary;

  constructor(words: RepairVocabulary = CHAT_VOCABULARY) {
    this.#words = words;
  }

  /** Learns from a refusal; in words what will be done, or `undefined` where nothing can be. */
  learn(refused: RefusedParameter, body: JsonObject): string | undefined {
    const { name } = refused;
    if (body[name] === undefined || !this.#words.droppable.has(name)) return undefined;
    // A body that still holds a name known to be refused left before that was learned, beside another call.
    const renamed = this.#learned.has(name) ? this.#learned.get(name) : this.#otherName(name);
    this.#learned.set(name, renamed ?? null);
    return renamed === null || renamed === undefined
      ? `${name} is refused: sending without it`
      : `${name} is refused: sending ${renamed}`;
  }

  /** The name that may be taken instead; one that was itself refused is no way out. */
  #otherName(name: string): string | undefined {
    const other = this.#words.renamed[name];
    return other !== undefined && !this.#learned.has(other) ? other : undefined;
  }

  /** `body` as the server takes it, and what was left out of it. */
  apply(body: JsonObject): { readonly body: JsonObject; readonly dropped: readonly string[] } {
    if (this.#learned.size === 0) return { body, dropped: [] };
    const repaired: Record<string, JsonValue> = { ...body };
    const dropped: string[] = [];
    for (const [name, instead] of this.#learned) {
      const value = repaired[name];
      if (value === undefined) continue;
      delete repaired[name];
      if (instead !== null) repaired[instead] ??= value;
      else if (!this.#words.ours.has(name)) dropped.push(name);
    }
    return { body: repaired, dropped };
  }
}
