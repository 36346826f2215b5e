// Error envelopes as OCI, its gateways and the vendors behind it write them: one table, looked up by name.
import type { JsonValue } from "../json.ts";

/** An error as it goes over the wire. */
export interface ErrorReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON for objects; a string is sent as it is. */
  readonly body: JsonValue;
}

/** The envelope of OCI's front door. */
export function ociError(status: number, code: string, message: string): ErrorReply {
  return { status, body: { code, message } };
}

/** The envelope of the OpenAI-compatible services. */
export function openaiError(
  status: number,
  message: string,
  detail: { readonly param?: string | null; readonly code?: string | null; readonly type?: string } = {},
): ErrorReply {
  const { param = null, code = null, type = "invalid_request_error" } = detail;
  return { status, body: { error: { message, type, param, code } } };
}

/** The envelope Gemini's errors come through with. */
export function geminiError(status: number, message: string, name = "INVALID_ARGUMENT"): ErrorReply {
  return { status, body: { error: { code: status, message, status: name } } };
}

const html = { "content-type": "text/html" };
const text = { "content-type": "text/plain" };

// One text for a wrong compartment, a missing permission and a missing model: the service does not tell them apart.
export const notFound: ErrorReply = ociError(
  404,
  "NotAuthorizedOrNotFound",
  "Authorization failed or requested resource not found.",
);

const authenticationMessage =
  "The required information to complete authentication was not provided or was incorrect.";

/** Name of an error a script can ask for. */
export type ErrorName =
  | "CannotParseRequest"
  | "InvalidParameter"
  | "MissingParameter"
  | "LimitExceeded"
  | "QuotaExceeded"
  | "NotAuthenticated"
  | "NotAuthorized"
  | "NotAllowed"
  | "SignUpRequired"
  | "NotAuthorizedOrNotFound"
  | "MethodNotAllowed"
  | "IncorrectState"
  | "Conflict"
  | "RequestEntityTooLarge"
  | "TooManyRequests"
  | "TooManyRequestsNumeric"
  | "InternalServerError"
  | "ModelNotFoundInternal"
  | "NotImplemented"
  | "BadGatewayHtml"
  | "ServiceUnavailable"
  | "ServiceUnavailableText"
  | "GatewayTimeoutText"
  | "UnprocessableText"
  | "OpenAIContextLength"
  | "OpenAIContentFilter"
  | "OpenAIInvalidRequest"
  | "OpenAIRateLimit"
  | "ZeroDataRetention"
  | "PreviousResponseNotFound"
  | "ProjectRequired"
  | "GeminiInvalidArgument"
  | "DoubleEncoded";

/** Errors a script can name. OCI's own codes keep their names; the rest says which envelope it wears. */
export const errorReplies: Readonly<Record<ErrorName, ErrorReply>> = {
  CannotParseRequest: ociError(400, "CannotParseRequest", "Incorrectly formatted request."),
  InvalidParameter: ociError(400, "InvalidParameter", "A parameter of the request is invalid."),
  MissingParameter: ociError(400, "MissingParameter", "A required parameter is missing."),
  LimitExceeded: ociError(400, "LimitExceeded", "Service limit exceeded."),
  QuotaExceeded: ociError(400, "QuotaExceeded", "Compartment quota exceeded."),
  NotAuthenticated: ociError(401, "NotAuthenticated", authenticationMessage),
  NotAuthorized: ociError(403, "NotAuthorized", "Authorization failed."),
  NotAllowed: ociError(403, "NotAllowed", "The operation is not allowed."),
  SignUpRequired: ociError(403, "SignUpRequired", "Sign up for the service first."),
  NotAuthorizedOrNotFound: notFound,
  MethodNotAllowed: ociError(405, "MethodNotAllowed", "Method not allowed."),
  IncorrectState: ociError(
    409,
    "IncorrectState",
    "The resource is in a state that conflicts with the request.",
  ),
  Conflict: ociError(409, "Conflict", "The request conflicts with another one."),
  RequestEntityTooLarge: ociError(413, "RequestEntityTooLarge", "The request is too large."),
  TooManyRequests: ociError(429, "TooManyRequests", "Too many requests for this tenancy and model."),
  TooManyRequestsNumeric: ociError(429, "429", "Request rate limit exceeded."),
  InternalServerError: ociError(500, "InternalServerError", "An internal server error occurred."),
  ModelNotFoundInternal: ociError(
    500,
    "500",
    "Internal Server Error: Model requested was not found in this region.",
  ),
  NotImplemented: ociError(501, "NotImplemented", "The operation is not implemented."),
  BadGatewayHtml: {
    status: 502,
    headers: html,
    body: "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
  },
  ServiceUnavailable: ociError(503, "ServiceUnavailable", "The service is currently unavailable."),
  ServiceUnavailableText: { status: 503, headers: text, body: "no healthy upstream" },
  GatewayTimeoutText: { status: 504, headers: text, body: "upstream request timeout" },
  UnprocessableText: {
    status: 422,
    headers: text,
    body: "Failed to deserialize the JSON body into the target type: missing field `input`",
  },
  OpenAIContextLength: openaiError(
    400,
    "This model's maximum context length is 131072 tokens. However, your messages resulted in more tokens.",
    { param: "messages", code: "context_length_exceeded" },
  ),
  OpenAIContentFilter: openaiError(400, "The content was flagged by the content filter.", {
    code: "content_filter",
  }),
  OpenAIInvalidRequest: openaiError(400, "Invalid request.", { code: "invalid_value" }),
  OpenAIRateLimit: openaiError(429, "Rate limit reached for requests.", {
    type: "requests",
    code: "rate_limit_exceeded",
  }),
  ZeroDataRetention: openaiError(
    400,
    "A previous response cannot be used for this organization due to Zero Data Retention.",
    { param: "previous_response_id" },
  ),
  PreviousResponseNotFound: openaiError(404, "Previous response with id 'resp_0' not found.", {
    param: "previous_response_id",
    code: "previous_response_not_found",
  }),
  ProjectRequired: openaiError(
    404,
    "A Generative AI project is required: set the OpenAI-Project header to the project's OCID.",
    { param: "project", code: "project_required" },
  ),
  GeminiInvalidArgument: geminiError(400, "Request contains an invalid argument."),
  DoubleEncoded: {
    status: 400,
    body: {
      code: "400",
      message: JSON.stringify({
        error: {
          message: "Unsupported parameter: 'max_tokens' is not supported with this model.",
          type: "invalid_request_error",
          param: "max_tokens",
          code: "unsupported_parameter",
        },
      }),
    },
  },
};
