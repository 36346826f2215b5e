/** Turns whatever the client, `fetch` or a server's answer throws into one of core's typed errors. */
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
  parseJson,
  RateLimitError,
  redactError,
  ServerError,
  TimeoutError,
} from "@locus-sdk/core";
import { excerpt } from "./excerpt.ts";

/** For whom an error is translated. */
export interface ErrorContext {
  readonly modelId: string;
  /** The caller's signal: once it has aborted, whatever fails is a cancellation. */
  readonly signal?: AbortSignal;
  /** The answer's, where one has begun. */
  readonly requestId?: string;
  /** What no message may hold, whatever it looks like. */
  readonly secrets?: readonly string[];
}

/** An error as the server told it. */
interface WireError {
  readonly type?: string | undefined;
  readonly message?: string | undefined;
}

/** The status that goes with a type of error, for errors told inside a stream. */
const STATUS_OF: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

const CONTEXT_TEXT =
  /prompt is too long|input is too long|exceeds? (?:the )?(?:model'?s )?(?:maximum )?context|context (?:limit|window|length)/i;
const CREDIT_TEXT = /credit balance is too low|specified API usage limits/i;
const FILTER_TEXT = /content filter|blocked by|usage policy|flagged as/i;

type ErrorClass = new (message: string, options?: LocusErrorOptions) => LocusError;
interface ErrorRow {
  readonly status: readonly number[];
  readonly kind: ErrorClass;
  readonly hint?: string;
  readonly options?: LocusErrorOptions;
}
const ROWS: readonly ErrorRow[] = [
  { status: [401], kind: AuthenticationError, hint: "Check ANTHROPIC_API_KEY, or the `apiKey` option." },
  {
    status: [402],
    kind: ModelError,
    hint: "Check the billing of this account.",
    options: { code: "billing" },
  },
  {
    status: [403, 404],
    kind: PermissionOrNotFoundError,
    hint: "Check the model id and the base URL, and that this key may use both.",
  },
  { status: [408], kind: TimeoutError },
  { status: [409], kind: ModelError, options: { code: "conflict", retryable: true } },
  {
    status: [413],
    kind: InvalidRequestError,
    hint: "The request is too large: send files by URL or file id, or fewer of them.",
  },
  { status: [429], kind: RateLimitError, hint: "Wait, send less at once, or raise `maxRetries`." },
  { status: [501], kind: ServerError, options: { retryable: false } },
];

/** What an answer's headers say about trying again. */
function retryAdvice(headers: Headers, nowMs: number = Date.now()): LocusErrorOptions {
  const value = headers.get("retry-after")?.trim() ?? "";
  const ms = Number.parseFloat(headers.get("retry-after-ms") ?? "");
  const seconds = value === "" ? Number.NaN : Number(value);
  const date = Number.isNaN(Number(value)) ? Date.parse(value) - nowMs : Number.NaN;
  const asked = [ms, seconds * 1000, Math.max(0, date)].find((candidate) => candidate >= 0);
  return {
    ...(asked === undefined ? {} : { retryAfterMs: Math.round(asked) }),
    ...(headers.get("x-should-retry") === "false" ? { retryable: false } : {}),
  };
}

/** The correlation id in a response's headers. */
export function requestIdOf(headers: Headers): string | undefined {
  return headers.get("request-id") ?? headers.get("x-request-id") ?? undefined;
}

/** What an error body says: `{type: "error", error: {type, message}}`, or anything else as text. */
function readWireError(body: unknown): WireError {
  if (typeof body === "string") {
    const parsed = parseJson(body);
    return isRecord(parsed) ? readWireError(parsed) : { message: body };
  }
  if (!isRecord(body)) return {};
  if (isRecord(body.error) || typeof body.error === "string") return readWireError(body.error);
  return {
    ...(typeof body.type === "string" ? { type: body.type } : {}),
    ...(typeof body.message === "string" ? { message: body.message } : {}),
  };
}

/** For an answer that sends the request elsewhere, with its key and all that was said in it: that is not followed. */
function redirectRefused(modelId: string, status: number, headers: Headers): LocusError {
  const location = URL.parse(headers.get("location") ?? "");
  // Its query may hold anything.
  const where = location === null ? "" : ` to ${location.origin}${location.pathname}`;
  return new ConnectionError(
    `anthropic model "${modelId}" answered with a redirect (${status})${where}, which is not followed`,
    {
      code: "redirect_refused",
      retryable: false,
      status,
      hint: "A key is never sent on to another address. Where it is the right one, give it as the base URL.",
    },
  );
}

/** The error that a server tells of inside an answer that had begun. */
export function toldError(body: unknown, context: ErrorContext): LocusError {
  const { requestId } = context;
  return errorFromAnswer(readWireError(body), requestId === undefined ? {} : { requestId }, context);
}

function errorFromAnswer(wire: WireError, options: LocusErrorOptions, context: ErrorContext): LocusError {
  const said = excerpt(wire.message ?? "", context.secrets);
  const told = options.status === undefined ? "reported an error" : `answered ${options.status}`;
  const kind = wire.type === undefined ? "" : ` (${excerpt(wire.type, context.secrets)})`;
  const message = `anthropic model "${context.modelId}" ${told}${kind}: ${said === "" ? "no text came with it" : said}`;
  const status = options.status ?? STATUS_OF[wire.type ?? ""];
  if (status === undefined) return new ModelError(message, options);
  if ((status === 400 || status === 413) && CONTEXT_TEXT.test(said)) {
    const hint =
      "Shorten the conversation (a conversation manager does), send less, or use a model with a larger context.";
    return new ContextLengthError(message, { ...options, hint });
  }
  if (status === 400 && CREDIT_TEXT.test(said)) {
    return new RateLimitError(message, {
      ...options,
      retryable: false,
      hint: "The credit is used up; waiting does not help. Check the plan and billing of this account.",
    });
  }
  if (status === 400 && FILTER_TEXT.test(said)) {
    return new ContentFilterError(message, {
      ...options,
      hint: "Anthropic's content filter refused this; rephrase the input.",
    });
  }
  const row = ROWS.find((one) => one.status.includes(status));
  if (row !== undefined) {
    const hint = row.hint === undefined ? {} : { hint: row.hint };
    return new row.kind(message, { ...row.options, ...hint, ...options });
  }
  return status < 500 ? new InvalidRequestError(message, options) : new ServerError(message, options);
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

/** The error for a call whose caller has given up; a `LocusError` given as the reason is thrown as it is. */
export function cancelled(signal: AbortSignal | undefined): LocusError {
  const reason: unknown = signal?.reason;
  if (reason instanceof LocusError) return reason;
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return new TimeoutError("the call ran out of time", { cause: reason });
  }
  return new CancelledError("the call was cancelled", { cause: redactError(reason ?? "aborted") });
}

/** The typed error for whatever a call through the client threw. No secret is left in its message or its cause. */
export function toLocusError(error: unknown, context: ErrorContext): LocusError {
  if (context.signal?.aborted === true) return cancelled(context.signal);
  const links = chain(error);
  const ours = links.find((link) => link instanceof LocusError);
  if (ours !== undefined) return ours;
  const { modelId, secrets } = context;
  const cause = redactError(error, secrets);

  // The client's classes are told by shape, not by `instanceof`: this file must not load the package.
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  if (error instanceof Error && typeof status === "number") {
    const headers = "headers" in error && error.headers instanceof Headers ? error.headers : new Headers();
    const body = "error" in error ? error.error : undefined;
    const wire = isRecord(body) || typeof body === "string" ? readWireError(body) : {};
    if (status >= 300 && status < 400) return redirectRefused(modelId, status, headers);
    const text = error.message.replace(new RegExp(`^${status}\\s*`), "");
    const requestId = requestIdOf(headers);
    const isSilent = wire.message === undefined && text !== "status code (no body)";
    return errorFromAnswer(
      isSilent ? { ...wire, message: text } : wire,
      { status, ...(requestId === undefined ? {} : { requestId }), cause, ...retryAdvice(headers) },
      context,
    );
  }

  const where = `anthropic model "${modelId}"`;
  const innermost = links.findLast((link) => link instanceof Error);
  const code = links
    .map((link) => (link instanceof Error && "code" in link ? link.code : undefined))
    .findLast((found) => typeof found === "string");
  const said = excerpt(innermost instanceof Error ? innermost.message : String(error), secrets);
  const reason = typeof code === "string" && !said.includes(code) ? `${said} (${code})` : said;
  const names = links.map((link) => (link instanceof Error ? `${link.name} ${link.constructor.name}` : ""));
  if (names.some((name) => /Timeout/.test(name)) || /TIMEOUT/.test(String(code))) {
    return new TimeoutError(`${where} did not answer in time: ${reason}`, {
      cause,
      hint: "Raise `timeoutMs`.",
    });
  }
  if (/invalid header (?:value|name)/i.test(reason)) {
    return new ConfigurationError(`${where} could not be called: ${reason}`, {
      cause,
      hint: "Look for a line break or a character beyond Latin-1 in the key or in a header.",
    });
  }
  const isConnection =
    names.some((name) => /APIConnectionError/.test(name)) ||
    links.some((link) => link instanceof TypeError && /fetch failed|terminated|network/i.test(link.message));
  if (isConnection || typeof code === "string") {
    return new ConnectionError(`${where} could not be reached: ${reason}`, {
      cause,
      hint: "Check the base URL, the network and the proxy.",
    });
  }
  return new ModelError(`${where} failed: ${reason}`, { cause });
}
