/** Turns whatever the `openai` client, `fetch` or a server's answer throws into one of core's typed errors. */
import {
  AuthenticationError,
  CancelledError,
  ConfigurationError,
  ConnectionError,
  ContentFilterError,
  ContextLengthError,
  InvalidRequestError,
  isRecord,
  LocusError,
  type LocusErrorOptions,
  ModelError,
  PermissionOrNotFoundError,
  RateLimitError,
  redactError,
  redactSecrets,
  ServerError,
  TimeoutError,
} from "@locus-sdk/core";
import { headerOf } from "@locus-sdk/core/http";
import { redirectRefused } from "./redirect.ts";
import { readWireError, type WireError } from "./wire-error.ts";

/** For whom an error is translated. */
export interface ErrorContext {
  readonly provider: string;
  readonly modelId: string;
  /** What was asked, in words, where it was not the model. */
  readonly what?: string;
  /** The caller's signal: once it has aborted, whatever fails is a cancellation. */
  readonly signal?: AbortSignal;
  /** What no message may hold, whatever it looks like: see `knownSecrets`. */
  readonly secrets?: readonly string[];
  /** Whether the request went on with something that the server keeps: only then can it have been lost. */
  readonly goesOn?: boolean;
}

/** Translates what a call threw; a provider may put its own around `toLocusError`. */
export type ErrorMapper = (error: unknown, context: ErrorContext) => LocusError;

/** The longest piece of a foreign answer that goes into a message. */
const EXCERPT_CHARS = 300;

const CONTEXT_TEXT =
  /context[_ ](?:length|window)|maximum (?:context|prompt|input) length|prompt is too long|input is too long|too many (?:input )?tokens|reduce the length of the (?:messages|prompt|input)|exceeds? the (?:model'?s )?(?:maximum |max )?(?:number of )?(?:input )?tokens?/i;
const FILTER_CODE = /content[_-]?(?:filter|policy)|ResponsibleAIPolicyViolation|safety/i;
const FILTER_TEXT = /content (?:management )?policy|content[ _-]filter|safety system|flagged as/i;
const SCHEMA_TEXT =
  /\b(?:response_format|json_schema|text\.format|structured outputs?|guided (?:decoding|json))\b/i;
const UNSUPPORTED_TEXT =
  /\b(?:not (?:yet )?(?:be )?(?:supported|available|implemented|allowed)|unsupported|unavailable|unknown|unrecogni[sz]ed|does(?: not|n't) support|must be (?:one of )?['"]?(?:text|json_object))\b/i;
const SCHEMA_HINT =
  'It takes no schema for an answer. Give the agent `outputStrategy: "tool"` or `"prompt"`, or say what the server takes: `compatibility: { structuredOutput: "json_object" }`, or `"none"`.';
const TIMEOUT_TEXT = /timed? ?-?out|timeout/i;
const QUOTA_TEXT = /insufficient_quota|billing_hard_limit|exceeded your current quota/i;

/** What a text that is not JSON says, on one line and without markup: gateways answer with HTML pages. */
export function excerpt(body: string, secrets?: readonly string[]): string {
  const plain = /<(?:!doctype|html|head|body)\b/i.test(body)
    ? body.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ")
    : body;
  const line = redactSecrets(plain, secrets).replace(/\s+/g, " ").trim();
  return line.length > EXCERPT_CHARS ? `${line.slice(0, EXCERPT_CHARS)}…` : line;
}

/** The correlation id in a response's headers, OCI's before OpenAI's. */
export function requestIdOf(headers: unknown): string | undefined {
  if (!(headers instanceof Headers)) return undefined;
  return headers.get("opc-request-id") ?? headers.get("x-request-id") ?? undefined;
}

/** The same of an answer. */
export function requestIdIn(response: Response): string | undefined {
  const id = headerOf(response, "opc-request-id");
  if (id === undefined) return requestIdOf(response.headers);
  return id ?? headerOf(response, "x-request-id") ?? undefined;
}

/** An error that a server told inside a successful answer: there is no failing status, only what it said. */
export class ReportedError extends Error {
  /** What it said, parsed. */
  readonly error: unknown;
  readonly requestId: string | undefined;

  constructor(error: unknown, requestId?: string) {
    super("the answer tells of an error");
    this.name = "ReportedError";
    this.error = error;
    this.requestId = requestId;
  }
}

/** What an answer's headers say about trying again: after how long, or that it is of no use. */
export interface RetryAdvice {
  /** How long the server asks to be left alone, in ms. */
  readonly retryAfterMs?: number;
  /** `false` where the server says so (`x-should-retry`). */
  readonly retryable?: false;
}

/** Reads `Retry-After` in seconds or as a date, `retry-after-ms`, and `x-should-retry`. */
export function retryAdvice(headers: unknown, nowMs: number = Date.now()): RetryAdvice {
  if (!(headers instanceof Headers)) return {};
  const value = headers.get("retry-after")?.trim() ?? "";
  const ms = Number.parseFloat(headers.get("retry-after-ms") ?? "");
  const seconds = value === "" ? Number.NaN : Number(value);
  // Only what is no number is a date: a lenient parser makes a year of "-4".
  const date = Number.isNaN(Number(value)) ? Date.parse(value) - nowMs : Number.NaN;
  const asked = [ms, seconds * 1000, Math.max(0, date)].find((candidate) => candidate >= 0);
  return {
    ...(asked !== undefined && { retryAfterMs: Math.round(asked) }),
    ...(headers.get("x-should-retry") === "false" && { retryable: false }),
  };
}

/** Whom the request went to, as messages name it. */
const askedOf = ({ what, provider, modelId }: ErrorContext): string =>
  what ?? `${provider} model "${modelId}"`;

/** The error for an answer with a failing status, or for an error told inside a successful one. */
export function errorFromAnswer(
  wire: WireError,
  answer: {
    readonly status?: number;
    readonly requestId?: string;
    readonly cause?: unknown;
    readonly advice?: RetryAdvice;
  },
  context: ErrorContext,
): LocusError {
  const { status } = answer;
  const { secrets } = context;
  const said = excerpt(wire.message ?? "", secrets);
  const kind = wire.code ?? wire.type;
  const told = status === undefined ? "reported an error" : `answered ${status}`;
  const named = kind === undefined || kind === String(status) ? "" : ` (${excerpt(kind, secrets)})`;
  const message = `${askedOf(context)} ${told}${named}: ${said === "" ? "no text came with it" : said}`;
  const options: LocusErrorOptions = {
    ...(status === undefined ? {} : { status }),
    ...(answer.requestId === undefined ? {} : { requestId: answer.requestId }),
    ...(answer.cause === undefined ? {} : { cause: redactError(answer.cause, secrets) }),
    ...answer.advice,
  };
  return classify(wire, status ?? statusInBody(wire), message, options, context);
}

/** An error told inside a 200 may carry its status as its code. */
function statusInBody(wire: WireError): number | undefined {
  const code = Number(wire.code);
  if (Number.isInteger(code) && code >= 400 && code <= 599) return code;
  const kind = `${wire.code ?? ""} ${wire.type ?? ""}`;
  if (/rate_?limit|too_?many_?requests/i.test(kind)) return 429;
  if (/server_error|internal|overloaded|unavailable/i.test(kind)) return 500;
  if (/invalid_request|invalid_argument/i.test(kind)) return 400;
  return undefined;
}

function classify(
  wire: WireError,
  status: number | undefined,
  message: string,
  options: LocusErrorOptions,
  context: ErrorContext,
): LocusError {
  const kind = `${wire.code ?? ""} ${wire.type ?? ""}`;
  const said = wire.message ?? "";
  const refused = status === undefined || (status >= 400 && status < 500 && status !== 401 && status !== 429);
  if (refused && (/context_length|string_above_max_length/.test(kind) || CONTEXT_TEXT.test(said))) {
    return new ContextLengthError(message, {
      ...options,
      hint: "Shorten the conversation (a conversation manager does), send less, or use a model with a larger context.",
    });
  }
  if (refused && (FILTER_CODE.test(kind) || FILTER_TEXT.test(said))) {
    return new ContentFilterError(message, {
      ...options,
      hint: "The provider's content filter refused this; rephrase the input.",
    });
  }
  if (status === undefined) return new ModelError(message, options);
  if (status === 401) {
    return new AuthenticationError(message, {
      ...options,
      hint: `Check the credentials of provider "${context.provider}", and that they belong to this endpoint.`,
    });
  }
  if (status === 403 || status === 404) {
    return new PermissionOrNotFoundError(message, {
      ...options,
      hint: `Check the model id "${context.modelId}", the endpoint, and that these credentials may use both.`,
    });
  }
  if (status === 408) return new TimeoutError(message, options);
  if (status === 409) return new ModelError(message, { code: "conflict", retryable: true, ...options });
  if (status === 429) {
    if (QUOTA_TEXT.test(`${kind} ${said}`)) {
      return new RateLimitError(message, {
        ...options,
        retryable: false,
        hint: "The quota is used up; waiting does not help. Check the plan and billing of this account.",
      });
    }
    return new RateLimitError(message, {
      ...options,
      hint: "Wait, send less at once, or raise `maxRetries`.",
    });
  }
  if (status < 500) {
    const isOfSchema = SCHEMA_TEXT.test(said) && UNSUPPORTED_TEXT.test(said);
    return new InvalidRequestError(message, isOfSchema ? { ...options, hint: SCHEMA_HINT } : options);
  }
  return new ServerError(message, status === 501 ? { ...options, retryable: false } : options);
}

/** The error and what caused it, outermost first. */
function chain(error: unknown): readonly unknown[] {
  const links: unknown[] = [];
  for (let link = error; link !== undefined && link !== null && !links.includes(link); ) {
    links.push(link);
    link = link instanceof Error ? link.cause : undefined;
  }
  return links;
}

const codeOf = (link: unknown): string | undefined => {
  const code: unknown = link instanceof Error && "code" in link ? link.code : undefined;
  return typeof code === "string" ? code : undefined;
};

/** The most telling line of a failed connection: the innermost error, by its system code where it has one. */
function reasonOf(links: readonly unknown[], secrets: readonly string[] | undefined): string {
  const innermost = links.findLast((link) => link instanceof Error);
  const code = links.map(codeOf).findLast((found) => found !== undefined);
  const said = innermost instanceof Error ? excerpt(innermost.message, secrets) : "";
  return [said, code !== undefined && !said.includes(code) ? `(${code})` : ""]
    .filter((part) => part !== "")
    .join(" ");
}

/** The error for a call whose caller has given up; a `LocusError` given as the reason is thrown as it is. */
export function cancelled(signal: AbortSignal | undefined, cause?: unknown): LocusError {
  const reason: unknown = signal?.aborted === true ? signal.reason : cause;
  if (reason instanceof LocusError) return reason;
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return new TimeoutError("the call ran out of time", { cause: reason });
  }
  return new CancelledError(
    "the call was cancelled",
    reason === undefined ? {} : { cause: redactError(reason) },
  );
}

/**
 * The typed error for whatever a call through the `openai` client threw.
 *
 * A `LocusError` found anywhere among the causes is returned as it is: a custom `fetch` may throw one, and the client
 * wraps it. No secret is left in the message or in the cause.
 *
 * @example
 * ```ts
 * import { toLocusError } from "@locus-sdk/openai";
 *
 * try {
 *   await fetch("http://127.0.0.1:1/v1/models");
 * } catch (error) {
 *   throw toLocusError(error, { provider: "local", modelId: "llama" }); // ConnectionError
 * }
 * ```
 */
export function toLocusError(error: unknown, context: ErrorContext): LocusError {
  const links = chain(error);
  if (context.signal?.aborted === true) return cancelled(context.signal, error);
  const ours = links.find((link) => link instanceof LocusError);
  if (ours !== undefined) return ours;

  if (error instanceof ReportedError) {
    const { requestId } = error;
    return errorFromAnswer(readWireError(error.error), requestId === undefined ? {} : { requestId }, context);
  }

  // The client's classes are told by shape, not by `instanceof`: this file must not load the package.
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  if (error instanceof Error && typeof status === "number") {
    const headers = "headers" in error ? error.headers : undefined;
    const body = "error" in error ? error.error : undefined;
    const requestId = requestIdOf(headers);
    const redirect = redirectRefused(askedOf(context), status, headers);
    if (redirect !== undefined) return redirect;
    const wire = isRecord(body) || typeof body === "string" ? readWireError(body) : {};
    const text = error.message.replace(new RegExp(`^${status}\\s*`), "");
    const told = wire.message === undefined && !isRecord(body) ? { ...wire, message: text } : wire;
    return errorFromAnswer(
      told.message === "status code (no body)" ? {} : told,
      {
        status,
        ...(requestId === undefined ? {} : { requestId }),
        cause: error,
        advice: retryAdvice(headers),
      },
      context,
    );
  }

  const where = askedOf(context);
  const { secrets } = context;
  const cause = redactError(error, secrets);
  const names = links.map((link) => (link instanceof Error ? `${link.name} ${link.constructor.name}` : ""));
  if (names.some((name) => name.includes("APIUserAbortError"))) return cancelled(context.signal, error);
  const reason = reasonOf(links, secrets);
  if (
    names.some((name) => name.includes("Timeout")) ||
    links.map(codeOf).some((code) => code?.includes("TIMEOUT")) ||
    TIMEOUT_TEXT.test(reason)
  ) {
    return new TimeoutError(`${where} did not answer in time: ${reason}`, {
      cause,
      hint: "Raise `timeoutMs`.",
    });
  }
  if (names.some((name) => name.startsWith("AbortError"))) return cancelled(context.signal, error);
  if (/invalid header (?:value|name)|invalid header/i.test(reason)) {
    return new ConfigurationError(`${where} could not be called: ${reason}`, {
      cause,
      hint: "Look for a line break or a character beyond Latin-1 in the key or in a header.",
    });
  }
  if (isConnectionFailure(links, names)) {
    return new ConnectionError(`${where} could not be reached: ${reason}`, {
      cause,
      hint: "Check the base URL, the network and the proxy.",
    });
  }
  return new ModelError(`${where} failed: ${reason === "" ? excerpt(String(error), secrets) : reason}`, {
    cause,
  });
}

function isConnectionFailure(links: readonly unknown[], names: readonly string[]): boolean {
  return (
    names.some((name) => name.includes("APIConnectionError")) ||
    links.some((link) =>
      /^(?:E[A-Z]{3,}|UND_ERR_|ERR_TLS|CERT_|DEPTH_|UNABLE_|SELF_SIGNED)/.test(codeOf(link) ?? ""),
    ) ||
    links.some((link) => link instanceof TypeError && /fetch failed|terminated|network/i.test(link.message))
  );
}
