/** Turns whatever a model of the AI SDK throws into one of core's typed errors. */
import {
  AISDKError,
  APICallError,
  InvalidArgumentError,
  InvalidPromptError,
  InvalidResponseDataError,
  LoadAPIKeyError,
  LoadSettingError,
  NoSuchModelError,
  NoSuchProviderReferenceError,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import {
  AuthenticationError,
  CancelledError,
  ConfigurationError,
  ConnectionError,
  ContentFilterError,
  ContextLengthError,
  IncompleteStreamError,
  InvalidRequestError,
  LocusError,
  type LocusErrorOptions,
  ModelError,
  messageOf,
  PermissionOrNotFoundError,
  RateLimitError,
  redactSecrets,
  ServerError,
  TimeoutError,
} from "@locus-sdk/core";

/** The longest piece of a foreign text that goes into a message. */
const EXCERPT_CHARS = 500;

type ErrorClass = new (message: string, options?: LocusErrorOptions) => LocusError;

/** Statuses that have an error of their own. Other 4xx are taken for the request's fault, 5xx for the server's. */
const STATUSES: Readonly<Record<number, ErrorClass>> = {
  401: AuthenticationError,
  403: PermissionOrNotFoundError,
  404: PermissionOrNotFoundError,
  408: TimeoutError,
  429: RateLimitError,
  504: TimeoutError,
};

/** What providers say in words alone, under the same status as much else. */
const SAID: readonly (readonly [says: RegExp, type: ErrorClass, hint: string])[] = [
  [
    /context[ _](?:length|window|size)|maximum context|prompt is too long|too many (?:input )?tokens in/i,
    ContextLengthError,
    "Shorten the conversation (a conversation manager does), or use a model with a larger context.",
  ],
  [
    /content[ _](?:filter|policy|management)/i,
    ContentFilterError,
    "The provider's filter refused the request: say it in other words.",
  ],
];

/** The AI SDK's own errors that are no answer of a server. */
const KINDS: readonly (readonly [is: { isInstance(error: unknown): boolean }, type: ErrorClass])[] = [
  [LoadAPIKeyError, ConfigurationError],
  [LoadSettingError, ConfigurationError],
  [NoSuchModelError, PermissionOrNotFoundError],
  [UnsupportedFunctionalityError, InvalidRequestError],
  [NoSuchProviderReferenceError, InvalidRequestError],
  [InvalidPromptError, InvalidRequestError],
  [InvalidArgumentError, InvalidRequestError],
];

/** Whose error it is. */
interface Named {
  readonly provider: string;
  readonly modelId: string;
}

/** The error for a call whose caller has given up; a `LocusError` given as the reason is thrown as it is. */
export function cancelled(signal: AbortSignal): LocusError {
  const reason: unknown = signal.reason;
  if (reason instanceof LocusError) return reason;
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return new TimeoutError("the call ran out of time", { cause: reason });
  }
  return new CancelledError("the call was cancelled", { cause: reason });
}

/** The typed error for what a model threw, before its answer had begun or after. */
export function toLocusError(error: unknown, { provider, modelId }: Named, begun: boolean): LocusError {
  if (error instanceof LocusError) return error;
  if (AISDKError.isInstance(error) && error.cause instanceof LocusError) return error.cause;
  const who = `model "${modelId}" of ${provider}`;
  const said = excerpt(messageOf(error));
  if (APICallError.isInstance(error)) return fromCall(error, who, said);
  const kind = KINDS.find(([is]) => is.isInstance(error));
  if (kind !== undefined) return new kind[1](`${who}: ${said}`, { cause: error });
  if (InvalidResponseDataError.isInstance(error) && /ended without/i.test(said)) {
    return new IncompleteStreamError(`${who} ended its stream before it had finished: ${said}`, {
      cause: error,
      hint: "The part that came is not an answer. Nothing was sent again; try again.",
    });
  }
  if (AISDKError.isInstance(error)) {
    const hint = "Look at `cause` for what the server sent.";
    return new ModelError(`${who} gave no answer that can be read: ${said}`, {
      code: "invalid_response",
      cause: error,
      hint,
    });
  }
  if (isBrokenConnection(error)) {
    const type = begun ? IncompleteStreamError : ConnectionError;
    return new type(`the connection to ${who} broke: ${said}`, { cause: error });
  }
  return new ModelError(`${who} failed: ${said}`, { cause: error });
}

function fromCall(error: APICallError, who: string, said: string): LocusError {
  const { statusCode: status, responseHeaders: headers = {}, isRetryable: retryable } = error;
  const wait = retryAfterMs(headers);
  const requestId = headers["x-request-id"] ?? headers["opc-request-id"] ?? headers["request-id"];
  const options: LocusErrorOptions = {
    cause: error,
    retryable,
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
  if (status === undefined) return new ConnectionError(`${who} could not be reached: ${said}`, options);
  if (status < 400) {
    // Its answer came, and was none.
    return new ModelError(`${who} answered ${status}: ${said}`, { ...options, code: "invalid_response" });
  }
  const text = `${said} ${error.responseBody ?? ""}`;
  const row =
    status === 400 || status === 413 || status === 422 ? SAID.find(([says]) => says.test(text)) : undefined;
  if (row !== undefined)
    return new row[1](`${who} answered ${status}: ${said}`, { ...options, hint: row[2] });
  const type = STATUSES[status] ?? (status < 500 ? InvalidRequestError : ServerError);
  return new type(`${who} answered ${status}: ${said}`, options);
}

/** Whether a stream that had begun was cut: by the other side, or by the network. */
function isBrokenConnection(error: unknown): boolean {
  for (let link = error; link instanceof Error; link = link.cause) {
    if (
      /terminated|socket|network|fetch failed|other side closed|ECONN|EPIPE/i.test(
        `${link.name} ${link.message}`,
      )
    ) {
      return true;
    }
  }
  return false;
}

/** What a foreign text says, on one line and without secrets. */
function excerpt(text: string): string {
  const line = redactSecrets(text).replace(/\s+/g, " ").trim();
  return line.length > EXCERPT_CHARS ? `${line.slice(0, EXCERPT_CHARS)}…` : line;
}

/** What `retry-after-ms` or `Retry-After` asks for: milliseconds, seconds, or a date. */
function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const exact = Number.parseFloat(headers["retry-after-ms"] ?? "");
  if (exact >= 0) return Math.round(exact);
  const value = headers["retry-after"]?.trim() ?? "";
  if (value === "") return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Math.max(0, Date.parse(value) - Date.now()) : seconds * 1000;
  return ms >= 0 ? Math.round(ms) : undefined;
}
