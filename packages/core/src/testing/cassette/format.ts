/**
 * The text of a cassette: JSON lines, a header and then one call a line, each ended by its new-line character. A line
 * that a crash broke off is named as such.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { messageOf } from "../../errors/errors.ts";
import { retryNoticeSchema } from "../../events/parts.ts";
import { isJsonObject, type JsonValue, parseJson } from "../../json/json.ts";
import { describeIssues, type EnumOf, jsonObjectSchema, type ShapeOf } from "../../messages/schema.ts";
import { readResponse } from "../../model/response.ts";
import type { ModelCapabilities, ModelResponse, ModelStreamPart, ProviderState } from "../../model/types.ts";
import { CassetteError } from "./errors.ts";
import {
  CASSETTE_VERSION,
  type Cassette,
  type CassetteHeader,
  type RecordedCall,
  type RecordedError,
  type RecordedOutcome,
} from "./types.ts";

/** How every cassette begins, of whatever version. */
export const CASSETTE_START = '{"format":"locus-cassette"';

const capabilities: z.ZodType<ModelCapabilities> = z.looseObject({
  tools: z.boolean(),
  parallelToolCalls: z.boolean(),
  structuredOutput: z.enum({ schema: "schema", json: "json", none: "none" } satisfies EnumOf<
    ModelCapabilities["structuredOutput"]
  >),
  vision: z.boolean(),
  files: z.boolean(),
  audio: z.boolean(),
  reasoning: z.boolean(),
  streaming: z.boolean(),
  serverState: z.boolean(),
  contextWindow: z.number().exactOptional(),
  structuredOutputWithTools: z.boolean().exactOptional(),
} satisfies ShapeOf<ModelCapabilities>);
const headerSchema: z.ZodType<CassetteHeader> = z.looseObject({
  format: z.literal("locus-cassette"),
  version: z.int(),
  provider: z.string(),
  modelId: z.string(),
  capabilities,
  recordedAt: z.string(),
} satisfies ShapeOf<CassetteHeader>);
const versionSchema = z.looseObject({ format: z.literal("locus-cassette"), version: z.int() });

/** As a model may answer: what an agent would take is taken here, with the same members made up. */
const response: z.ZodType<ModelResponse> = z.unknown().transform((value, context): ModelResponse => {
  try {
    return readResponse(value, "the recorded model");
  } catch (error) {
    context.issues.push({ code: "custom", message: messageOf(error), input: value });
    return z.NEVER;
  }
});
const part: z.ZodType<ModelStreamPart> = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text_delta"), text: z.string() }),
  z.looseObject({ type: z.literal("reasoning_delta"), text: z.string() }),
  z.looseObject({
    type: z.literal("tool_call_delta"),
    index: z.number(),
    id: z.string().exactOptional(),
    name: z.string().exactOptional(),
    argumentsDelta: z.string(),
  }),
  z.looseObject({ type: z.literal("finish"), response }),
]);
const error: z.ZodType<RecordedError> = z.object({
  class: z.string().exactOptional(),
  name: z.string(),
  message: z.string(),
  code: z.string().exactOptional(),
  status: z.number().exactOptional(),
  retryable: z.boolean().exactOptional(),
  retryAfterMs: z.number().exactOptional(),
  hint: z.string().exactOptional(),
  requestId: z.string().exactOptional(),
} satisfies ShapeOf<RecordedError>);
const callSchema = z
  .strictObject({
    request: jsonObjectSchema,
    retries: z.array(retryNoticeSchema).exactOptional(),
    parts: z.array(part).exactOptional(),
    response: response.exactOptional(),
    error: error.exactOptional(),
  } satisfies ShapeOf<Omit<RecordedCall, "line">>)
  .refine(
    ({ parts, response, error }: RecordedOutcome) => (parts ?? response ?? error) !== undefined,
    "expected parts, a response or an error",
  );

/** One line of a cassette. */
export function lineText(value: JsonValue | CassetteHeader): string {
  return `${JSON.stringify(value)}\n`;
}

/**
 * A cassette, read whole and checked.
 *
 * @throws CassetteError naming the file and the line, with `howToRecord` as its hint.
 */
export function readCassette(file: string, howToRecord: string): Cassette {
  const [first = "", ...rest] = readText(file, howToRecord).split("\n");
  const header = parseHeader(file, first, howToRecord);
  const calls = rest.flatMap((text, index): RecordedCall[] => {
    if (text.trim() === "") return [];
    const line = index + 2;
    // A whole line is ended by a new-line character, behind which there is one more, empty.
    const isLast = index === rest.length - 1;
    return [{ line, ...parseCall(file, line, text, isLast, howToRecord) }];
  });
  const taken = calls.flatMap(({ request: { providerState } }): Cassette["taken"] => {
    const state: z.ZodSafeParseResult<Cassette["taken"][number]> = stateSchema.safeParse(providerState);
    return state.success ? [state.data] : [];
  });
  return { header, calls, taken };
}

const stateSchema: z.ZodType<Pick<ProviderState, "provider" | "modelId">> = z.object({
  provider: z.string(),
  modelId: z.string(),
});

function readText(file: string, hint: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const what = isMissing ? `there is no cassette ${file}` : `the cassette ${file} cannot be read`;
    throw new CassetteError(isMissing ? what : `${what}: ${messageOf(cause)}`, {
      code: isMissing ? "cassette_missing" : "cassette_unreadable",
      hint,
      cause,
    });
  }
}

function parseHeader(file: string, text: string, hint: string): CassetteHeader {
  const value = parseJson(text);
  const { success, data } = versionSchema.safeParse(value);
  if (!success) {
    const isCut = text.startsWith(CASSETTE_START) || CASSETTE_START.startsWith(text);
    throw damaged(file, 1, isCut ? "its header is not whole" : "it is not the header of a cassette", hint);
  }
  if (data.version !== CASSETTE_VERSION) {
    const isNewer = data.version > CASSETTE_VERSION;
    throw new CassetteError(
      `${file} has format ${data.version}, and this version of Locus reads format ${CASSETTE_VERSION}`,
      { code: "cassette_version", hint: isNewer ? `Update @locus-sdk/core. Or else: ${hint}` : hint },
    );
  }
  const parsed = headerSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw damaged(file, 1, describeIssues(parsed.error), hint);
}

function parseCall(
  file: string,
  line: number,
  text: string,
  isLast: boolean,
  hint: string,
): Omit<RecordedCall, "line"> {
  const value = parseJson(text);
  if (!isJsonObject(value)) {
    const why = isLast ? "it breaks off; whoever recorded it ended before it was written" : "it is not JSON";
    throw damaged(file, line, why, hint);
  }
  const parsed = callSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw damaged(file, line, describeIssues(parsed.error), hint);
}

function damaged(file: string, line: number, why: string, hint: string): CassetteError {
  return new CassetteError(`${file}, line ${line} is damaged: ${why}`, { code: "cassette_damaged", hint });
}
