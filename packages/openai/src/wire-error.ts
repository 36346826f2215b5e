/** Reads the error envelopes that OpenAI-compatible servers, gateways and OCI answer with into one shape. */
import { isRecord, parseJson } from "@locus-sdk/core";

/** An error as the server told it. Nothing is made up: what it did not say is absent. */
export interface WireError {
  readonly message?: string;
  readonly code?: string;
  readonly type?: string;
  /** The parameter the server complains about, as it names it. */
  readonly param?: string;
}

const text = (value: unknown): string | undefined => {
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" ? String(value) : undefined;
};

/** `inner` over `outer`, member by member. */
const over = (inner: WireError, outer: WireError): WireError => ({ ...outer, ...inner });

/** FastAPI's shape: `detail` is a text, or a list of `{ loc: ["body", "top_k"], msg }`. */
function readDetail(detail: unknown): WireError {
  const first: unknown = Array.isArray(detail) ? detail[0] : detail;
  if (!isRecord(first)) return readWireError(first);
  const location = Array.isArray(first.loc) ? first.loc.filter((step) => step !== "body") : [];
  const message = text(first.msg);
  return {
    ...(message === undefined ? {} : { message }),
    ...(location.length === 0 ? {} : { param: location.join(".") }),
  };
}

/**
 * What an error body says: `{error:{message,type,param,code}}`, `{code,message}`, either of them encoded once more
 * as the text of `message`, `{detail}`, or plain text.
 *
 * @example
 * ```ts
 * import { readWireError } from "@locus-sdk/openai";
 *
 * readWireError({ code: "400", message: '{"error":{"param":"top_p","code":"unsupported_value"}}' });
 * // { code: "unsupported_value", param: "top_p" }
 * ```
 */
export function readWireError(body: unknown): WireError {
  if (typeof body === "string") {
    const parsed = body.trimStart().startsWith("{") ? parseJson(body) : undefined;
    if (isRecord(parsed)) return readWireError(parsed);
    return body.trim() === "" ? {} : { message: body };
  }
  if (!isRecord(body)) return {};
  if (typeof body.error === "string" || isRecord(body.error)) return readWireError(body.error);
  const message = text(body.message);
  const code = text(body.code);
  const type = text(body.type) ?? text(body.status);
  const param = text(body.param);
  const flat: WireError = {
    ...(message === undefined ? {} : { message }),
    ...(code === undefined ? {} : { code }),
    ...(type === undefined ? {} : { type }),
    ...(param === undefined ? {} : { param }),
  };
  // An upstream error that a front door passed on as text: what is inside says more than the wrapping.
  const start = message?.indexOf("{") ?? -1;
  const inner = start < 0 || message === undefined ? undefined : parseJson(message.slice(start));
  if (isRecord(inner)) {
    const { message: _wrapping, ...outer } = flat;
    return over(readWireError(inner), outer);
  }
  if (message === undefined && body.detail !== undefined) return over(readDetail(body.detail), flat);
  return flat;
}
