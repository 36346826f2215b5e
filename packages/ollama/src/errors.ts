/** Turns whatever the `ollama` client, `fetch` or the server throws into one of core's typed errors. */
import {
  AuthenticationError,
  CancelledError,
  ConnectionError,
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
  redactSecrets,
  ServerError,
  TimeoutError,
} from "@locus-sdk/core";

/** The longest piece of a foreign text that goes into a message. */
const EXCERPT_CHARS = 300;

/** What a foreign text says, on one line, without markup and without secrets: gateways answer with HTML pages. */
export function excerpt(text: string, secrets?: readonly string[]): string {
  const plain = /<(?:!doctype|html|head|body)\b/i.test(text)
    ? text.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ")
    : text;
  const line = redactSecrets(plain, secrets).replace(/\s+/g, " ").trim();
  return line.length > EXCERPT_CHARS ? `${line.slice(0, EXCERPT_CHARS)}…` : line;
}

/** The text of an error's body: `{error: "…"}`, a gateway's `{error: {message}}` or `{message}`, or plain text. */
export function errorText(body: string): string {
  const parsed = parseJson(body);
  if (!isRecord(parsed)) return body;
  const { error, message } = parsed;
  if (typeof error === "string") return error;
  if (isRecord(error) && typeof error.message === "string") return error.message;
  return typeof message === "string" ? message : body;
}

/** Whose error it is, and what it may not tell. */
export interface ErrorContext {
  readonly modelId: string;
  /** What no message may hold, whatever it looks like. */
  readonly secrets?: readonly string[] | undefined;
}

type ErrorClass = new (message: string, options?: LocusErrorOptions) => LocusError;

/** What the server says in words alone, whatever the status: the first row that fits. */
interface TextRow {
  readonly says: RegExp;
  readonly type: ErrorClass;
  readonly code: string;
  readonly retryable?: boolean;
  readonly hint: (modelId: string) => string;
}

const TEXT_ROWS: readonly TextRow[] = [
  {
    says: /does not support (?:tools|thinking|chat|insert|vision|images|generate)/i,
    type: InvalidRequestError,
    code: "unsupported_by_model",
    hint: (modelId) =>
      `\`ollama show ${modelId}\` lists what the model can do. Leave that out, or use another model.`,
  },
  {
    says: /think value .* (?:is )?not supported/i,
    type: InvalidRequestError,
    code: "unsupported_by_model",
    hint: () => "Thinking can be on or off (`think: true`), without a level.",
  },
  {
    says: /exceed\w* (?:the |its )?(?:available |maximum )?context|context (?:length|size|window) exceeded|exceed_context_size|prompt (?:is )?too long/i,
    type: ContextLengthError,
    code: "context_length",
    hint: () =>
      "Raise `numCtx`, shorten the conversation (a conversation manager does), or use a model with a larger context.",
  },
  {
    says: /(?:system|more) memory .*(?:available|than)|out of memory|cudaMalloc failed/i,
    type: ServerError,
    code: "out_of_memory",
    retryable: false,
    hint: () => "Use a smaller or more tightly quantized model, or lower `numCtx`.",
  },
];

interface StatusRow {
  readonly type: ErrorClass;
  readonly hint?: string;
}

const STATUS_ROWS: Readonly<Record<number, StatusRow>> = {
  401: {
    type: AuthenticationError,
    hint: "Pass `headers` with what the gateway wants; ollama.com wants a key in OLLAMA_API_KEY.",
  },
  403: {
    type: PermissionOrNotFoundError,
    hint: "Check `headers`, and what this server lets its clients do.",
  },
  404: { type: PermissionOrNotFoundError, hint: "Check `host`: nothing of Ollama's is at that address." },
  408: { type: TimeoutError },
  429: { type: RateLimitError, hint: "Wait, send less at once, or raise `maxRetries`." },
};

/** Whether an answer says that the server does not have the model. */
export const isModelMissing = (error: unknown): boolean =>
  error instanceof PermissionOrNotFoundError && error.code === "model_not_found";

const MISSING_TEXT = /\bmodel\b.*\bnot found\b|\bnot found, try pulling/i;

/** The error that `body` tells of, with a failing status, or without one in the midst of an answer. */
export function errorFromAnswer(
  body: string,
  { modelId, secrets }: ErrorContext,
  answer: { readonly status?: number; readonly retryAfterMs?: number } = {},
): LocusError {
  const { status } = answer;
  const text = errorText(body);
  const said = excerpt(text, secrets);
  const told = status === undefined ? "reported an error" : `answered ${status}`;
  const message = `ollama model "${modelId}" ${told}: ${said === "" ? "no text came with it" : said}`;
  if (status === 404 && MISSING_TEXT.test(text)) {
    return new PermissionOrNotFoundError(message, {
      ...answer,
      code: "model_not_found",
      hint: `Run \`ollama pull ${modelId}\`, or let it be pulled when it is needed (\`pull: true\`).`,
    });
  }
  const row = TEXT_ROWS.find(({ says }) => says.test(text));
  if (row !== undefined) {
    const { type, code, retryable, hint } = row;
    return new type(message, {
      ...answer,
      code,
      ...(retryable === undefined ? {} : { retryable }),
      hint: hint(modelId),
    });
  }
  if (status === undefined) return new ModelError(message);
  if (status >= 300 && status < 400) {
    return new ConnectionError(message, {
      ...answer,
      code: "redirect_refused",
      retryable: false,
      hint: "Headers and conversations are never sent on to another address. Where it is the right one, give it as `host`.",
    });
  }
  const known = STATUS_ROWS[status];
  if (known !== undefined) {
    return new known.type(message, { ...answer, ...(known.hint === undefined ? {} : { hint: known.hint }) });
  }
  return status < 500 ? new InvalidRequestError(message, answer) : new ServerError(message, answer);
}

/** The error for a call whose caller has given up; a `LocusError` given as the reason is thrown as it is. */
export function cancelled(signal: AbortSignal): LocusError {
  const reason: unknown = signal.reason;
  if (reason instanceof LocusError) return reason;
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return new TimeoutError("the call ran out of time", { cause: reason });
  }
  return new CancelledError("the call was cancelled", { cause: redactError(reason) });
}

/** The error and what caused it, outermost first; a failed `fetch` has several causes where a name has several addresses. */
function chain(error: unknown): readonly Error[] {
  const links: Error[] = [];
  const pending: unknown[] = [error];
  for (const link of pending) {
    if (!(link instanceof Error) || links.includes(link)) continue;
    links.push(link);
    pending.push(link.cause, ...(link instanceof AggregateError ? link.errors : []));
  }
  return links;
}

const codeOf = (link: Error): string => ("code" in link && typeof link.code === "string" ? link.code : "");

/** The typed error for whatever sending a request or reading its answer threw. */
export function toLocusError(
  error: unknown,
  { modelId, url, secrets }: ErrorContext & { readonly url: string },
): LocusError {
  const links = chain(error);
  const ours = links.find((link) => link instanceof LocusError);
  if (ours !== undefined) return ours;
  const codes = links.map(codeOf);
  const code = codes.findLast((one) => one !== "") ?? "";
  const cause = redactError(error, secrets);
  const said = links.findLast((link) => link.message !== "")?.message ?? String(error);
  const innermost = excerpt(said, secrets);
  const reason = code === "" || innermost.includes(code) ? innermost : `${innermost} (${code})`;
  if (codes.some((one) => one.includes("TIMEOUT") && one !== "UND_ERR_CONNECT_TIMEOUT")) {
    return new TimeoutError(`ollama model "${modelId}" did not answer in time: ${reason}`, {
      cause,
      hint: "The model may still be loading: raise `timeoutMs`. Node's own `fetch`, where it is used, gives up after five minutes.",
    });
  }
  const failed = links.some(({ message }) =>
    /fetch failed|terminated|network|other side closed/i.test(message),
  );
  if (failed || /^(?:E[A-Z]{3,}|UND_ERR_|ERR_TLS|CERT_|DEPTH_|UNABLE_|SELF_SIGNED)/.test(code)) {
    return new ConnectionError(`Ollama could not be reached at ${url}: ${reason}`, {
      cause,
      hint: "Start it (`ollama serve`, or the Ollama app), or say where it is: `host`, or OLLAMA_HOST.",
    });
  }
  return new ModelError(`ollama model "${modelId}" failed: ${reason}`, { cause });
}

/** What `Retry-After` asks for, in ms: seconds, or a date. */
export function retryAfterMs(headers: Headers, nowMs: number = Date.now()): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (value === "") return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Math.max(0, Date.parse(value) - nowMs) : seconds * 1000;
  return ms >= 0 ? Math.round(ms) : undefined;
}
