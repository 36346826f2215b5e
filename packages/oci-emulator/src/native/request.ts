// The body of a native chat: `ChatDetails` and its three kinds of request, checked as the service's deserialiser would.
import { z } from "zod";
import { type ErrorReply, ociError } from "../http/envelopes.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";

export type ServingMode =
  | { readonly servingType: "ON_DEMAND"; readonly modelId: string }
  | { readonly servingType: "DEDICATED"; readonly endpointId: string };

interface Content {
  readonly type: string;
  readonly text?: string | undefined;
  readonly thinking?: string | undefined;
}

interface GenericMessage {
  readonly role: "SYSTEM" | "DEVELOPER" | "USER" | "ASSISTANT" | "TOOL";
  readonly content?: readonly Content[] | null | undefined;
  readonly toolCalls?:
    | readonly { readonly id?: string | undefined; readonly name: string; readonly arguments: string }[]
    | null
    | undefined;
  readonly toolCallId?: string | null | undefined;
}

interface Common {
  readonly [field: string]: unknown;
  readonly isStream?: boolean | null | undefined;
  readonly streamOptions?: { readonly isIncludeUsage?: boolean | undefined } | null | undefined;
}

export interface GenericRequest extends Common {
  readonly apiFormat: "GENERIC";
  readonly messages: readonly GenericMessage[];
  readonly tools?:
    | readonly {
        readonly name?: string | undefined;
        readonly description?: string | undefined;
        readonly parameters?: JsonObject | undefined;
      }[]
    | null
    | undefined;
  readonly toolChoice?: { readonly type: string; readonly name?: string | undefined } | null | undefined;
  readonly responseFormat?:
    | {
        readonly type: string;
        readonly jsonSchema?: { readonly schema?: JsonObject | undefined } | undefined;
      }
    | null
    | undefined;
}

interface CohereCall {
  readonly name: string;
  readonly parameters?: JsonValue | undefined;
}

export interface CohereResult {
  readonly call: CohereCall;
  readonly outputs: readonly JsonValue[];
}

interface CohereTurn {
  readonly role: "USER" | "CHATBOT" | "SYSTEM" | "TOOL";
  readonly message?: string | null | undefined;
  readonly toolCalls?: readonly CohereCall[] | null | undefined;
  readonly toolResults?: readonly CohereResult[] | null | undefined;
}

export interface CohereRequest extends Common {
  readonly apiFormat: "COHERE";
  readonly message: string;
  readonly chatHistory?: readonly CohereTurn[] | null | undefined;
  readonly preambleOverride?: string | null | undefined;
  readonly tools?:
    | readonly {
        readonly name: string;
        readonly description: string;
        readonly parameterDefinitions?: Readonly<Record<string, JsonValue>> | null | undefined;
      }[]
    | null
    | undefined;
  readonly toolResults?: readonly CohereResult[] | null | undefined;
  readonly isForceSingleStep?: boolean | null | undefined;
  readonly topK?: number | null | undefined;
  readonly responseFormat?:
    | { readonly type: string; readonly schema?: JsonObject | undefined }
    | null
    | undefined;
}

interface CohereV2Message {
  readonly role: "SYSTEM" | "USER" | "ASSISTANT" | "TOOL";
  readonly content?: readonly Content[] | null | undefined;
  readonly toolPlan?: string | null | undefined;
  readonly toolCalls?:
    | readonly { readonly id?: string | undefined; readonly function?: JsonObject | undefined }[]
    | null
    | undefined;
  readonly toolCallId?: string | null | undefined;
}

export interface CohereV2Request extends Common {
  readonly apiFormat: "COHEREV2";
  readonly messages: readonly CohereV2Message[];
  readonly tools?:
    | readonly {
        readonly function?:
          | {
              readonly name: string;
              readonly description?: string | undefined;
              readonly parameters?: JsonObject | undefined;
            }
          | undefined;
      }[]
    | null
    | undefined;
  readonly toolsChoice?: "REQUIRED" | "NONE" | null | undefined;
  readonly thinking?: { readonly type: "ENABLED" | "DISABLED" } | null | undefined;
  readonly responseFormat?:
    | { readonly type: string; readonly schema?: JsonObject | undefined }
    | null
    | undefined;
}

export type ChatRequest = GenericRequest | CohereRequest | CohereV2Request;

export interface ChatDetails {
  readonly compartmentId?: string | undefined;
  readonly servingMode: ServingMode;
  readonly chatRequest: ChatRequest;
}

const json: z.ZodType<JsonObject> = z.custom<JsonObject>(isJsonObject, "expected an object");
const anyJson: z.ZodType<JsonValue> = z.json();

export const servingMode: z.ZodType<ServingMode> = z.discriminatedUnion("servingType", [
  z.looseObject({ servingType: z.literal("ON_DEMAND"), modelId: z.string().min(1) }),
  z.looseObject({ servingType: z.literal("DEDICATED"), endpointId: z.string().min(1) }),
]);

const content = z
  .array(z.looseObject({ type: z.string(), text: z.string().optional(), thinking: z.string().optional() }))
  .nullish();
const common = {
  isStream: z.boolean().nullish(),
  streamOptions: z.looseObject({ isIncludeUsage: z.boolean().optional() }).nullish(),
};

const generic = z.looseObject({
  ...common,
  apiFormat: z.literal("GENERIC"),
  messages: z
    .array(
      z.looseObject({
        role: z.enum(["SYSTEM", "DEVELOPER", "USER", "ASSISTANT", "TOOL"]),
        content,
        toolCalls: z
          .array(
            z.looseObject({
              id: z.string().optional(),
              type: z.literal("FUNCTION"),
              name: z.string(),
              arguments: z.string(),
            }),
          )
          .nullish(),
        toolCallId: z.string().nullish(),
      }),
    )
    .min(1),
  tools: z
    .array(
      z.looseObject({
        type: z.literal("FUNCTION"),
        name: z.string().optional(),
        description: z.string().optional(),
        parameters: json.optional(),
      }),
    )
    .nullish(),
  toolChoice: z
    .looseObject({ type: z.enum(["AUTO", "NONE", "REQUIRED", "FUNCTION"]), name: z.string().optional() })
    .nullish(),
  responseFormat: z
    .looseObject({
      type: z.enum(["TEXT", "JSON_OBJECT", "JSON_SCHEMA"]),
      jsonSchema: z.looseObject({ name: z.string(), schema: json.optional() }).optional(),
    })
    .nullish(),
});

const cohereCall = z.looseObject({ name: z.string(), parameters: anyJson.optional() });
const cohereResults = z.array(z.looseObject({ call: cohereCall, outputs: z.array(anyJson) })).nullish();
const cohereFormat = z
  .looseObject({ type: z.enum(["TEXT", "JSON_OBJECT"]), schema: json.optional() })
  .nullish();

const cohere = z.looseObject({
  ...common,
  apiFormat: z.literal("COHERE"),
  message: z.string(),
  chatHistory: z
    .array(
      z.looseObject({
        role: z.enum(["USER", "CHATBOT", "SYSTEM", "TOOL"]),
        message: z.string().nullish(),
        toolCalls: z.array(cohereCall).nullish(),
        toolResults: cohereResults,
      }),
    )
    .nullish(),
  preambleOverride: z.string().nullish(),
  tools: z
    .array(
      z.looseObject({
        name: z.string(),
        description: z.string(),
        parameterDefinitions: z.record(z.string(), anyJson).nullish(),
      }),
    )
    .nullish(),
  toolResults: cohereResults,
  isForceSingleStep: z.boolean().nullish(),
  topK: z.number().nullish(),
  responseFormat: cohereFormat,
});

const cohereV2 = z.looseObject({
  ...common,
  apiFormat: z.literal("COHEREV2"),
  messages: z
    .array(
      z.looseObject({
        role: z.enum(["SYSTEM", "USER", "ASSISTANT", "TOOL"]),
        content,
        toolPlan: z.string().nullish(),
        toolCalls: z.array(z.looseObject({ id: z.string().optional(), function: json.optional() })).nullish(),
        toolCallId: z.string().nullish(),
      }),
    )
    .min(1),
  tools: z
    .array(
      z.looseObject({
        type: z.literal("FUNCTION"),
        function: z
          .looseObject({
            name: z.string(),
            description: z.string().optional(),
            parameters: json.optional(),
          })
          .optional(),
      }),
    )
    .nullish(),
  toolsChoice: z.enum(["REQUIRED", "NONE"]).nullish(),
  thinking: z.looseObject({ type: z.enum(["ENABLED", "DISABLED"]) }).nullish(),
  responseFormat: cohereFormat,
});

export const chatDetails: z.ZodType<ChatDetails> = z.looseObject({
  compartmentId: z.string().min(1).optional(),
  servingMode,
  chatRequest: z.discriminatedUnion("apiFormat", [generic, cohere, cohereV2]),
});

export type Parsed<Body> =
  | { readonly ok: true; readonly body: Body; readonly source: JsonObject }
  | { readonly ok: false; readonly error: ErrorReply; readonly reason: string };

/** Checks a native body; what does not fit is refused with the path to it. */
export function parseNative<Body>(schema: z.ZodType<Body>, value: JsonValue | undefined): Parsed<Body> {
  if (!isJsonObject(value)) {
    const reason = "the body is not a JSON object";
    return {
      ok: false,
      reason,
      error: ociError(400, "CannotParseRequest", "Incorrectly formatted request."),
    };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, body: parsed.data, source: value };
  const [issue] = parsed.error.issues;
  const reason = `${issue?.path.join(".") || "body"}: ${issue?.message}`;
  return { ok: false, reason, error: ociError(400, "InvalidParameter", `Invalid parameter: ${reason}.`) };
}
