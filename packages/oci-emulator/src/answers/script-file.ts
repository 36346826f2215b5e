// Scripts as JSON files: turns as plain data, checked field by field before the first request.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { EmulatorError } from "../errors.ts";
import { type ErrorName, errorReplies } from "../http/envelopes.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { Fault, WireStyle } from "../stream/wire.ts";
import type { Turn } from "./turn.ts";

const text = z.union([z.string(), z.array(z.string())]);
const count = z.number().int().min(0);
const json: z.ZodType<JsonValue> = z.json();
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json);

const wire: z.ZodType<WireStyle> = z
  .strictObject({
    encoding: z.enum(["identity", "gzip", "deflate", "br", "zstd"]),
    lineEnding: z.enum(["lf", "crlf", "cr"]),
    comments: z.boolean(),
    space: z.boolean(),
    multilineData: z.boolean(),
    pad: z.boolean(),
    eventLines: z.boolean(),
    sequence: z.enum(["ordered", "shuffled"]),
    contentType: z.string(),
    done: z.boolean(),
    finalBlankLine: z.boolean(),
    pieces: z.enum(["words", "characters", "whole"]),
    writes: z.union([z.enum(["burst", "event", "packed"]), count.min(1)]),
    delayMs: count,
  })
  .partial()
  .transform(withoutUndefined);

const point = z.union([z.enum(["request", "headers"]), count]);

const fault: z.ZodType<Fault> = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("reset"), after: point, midEvent: z.boolean().optional() }),
    z.strictObject({ type: z.literal("stall"), after: point }),
    z.strictObject({ type: z.literal("truncate"), after: count }),
    z.strictObject({ type: z.literal("missing_finish") }),
    z.strictObject({ type: z.literal("error_event"), after: count, frame: json.optional() }),
  ])
  .transform(withoutUndefined);

const isErrorName = (value: unknown): value is ErrorName =>
  typeof value === "string" && value in errorReplies;

const turn: z.ZodType<Turn> = z
  .strictObject({
    text,
    reasoning: text,
    refusal: z.string(),
    hosted: z.array(jsonObject),
    annotations: z.array(jsonObject),
    failure: z.strictObject({ code: z.string(), message: z.string() }),
    toolCalls: z.array(
      z
        .strictObject({
          id: z.string().optional(),
          name: z.string(),
          arguments: z.union([z.string(), jsonObject]).optional(),
        })
        .transform(withoutUndefined),
    ),
    toolDeltas: z.enum([
      "fragments",
      "fragments-at-zero",
      "fragments-without-index",
      "whole",
      "whole-at-zero",
      "without-ids",
      "double-encoded",
      "re-announced",
      "final-frame",
      "text-tags",
    ]),
    usage: z
      .strictObject({
        inputTokens: count,
        outputTokens: count,
        cachedInputTokens: count,
        reasoningTokens: count,
      })
      .partial()
      .transform(withoutUndefined),
    finishReason: z.enum(["stop", "tool_calls", "length", "content_filter"]),
    delayMs: count,
    wire,
    faults: z.array(fault),
    error: z.custom<ErrorName>(isErrorName, `expected one of ${Object.keys(errorReplies).join(", ")}`),
    status: z.number().int().min(200).max(599),
    headers: z.record(z.string(), z.string()),
    body: json,
    times: count.min(1),
  })
  .partial()
  .transform(withoutUndefined);

type Defined<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> };

/** zod says `undefined` where our types say absent; the file's JSON never had one. */
function withoutUndefined<Value extends object>(value: Value): Defined<Value> {
  return value as Defined<Value>;
}

const script: z.ZodType<readonly Turn[]> = z.array(turn).min(1);

/**
 * Reads a script, an array of turns, from a JSON file.
 *
 * @throws EmulatorError naming the turn and the field that is wrong
 *
 * @example
 * ```ts
 * import { readScript, scripted, startOciEmulator } from "@locus-sdk/oci-emulator";
 *
 * await using emulator = await startOciEmulator({ answers: scripted(await readScript("./turns.json")) });
 * process.stdout.write(emulator.url);
 * ```
 */
export async function readScript(file: string): Promise<readonly Turn[]> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EmulatorError(
      "script_unreadable",
      `Cannot read the script ${file}: ${why}.`,
      "Give a JSON file.",
      { cause },
    );
  }
  const parsed = script.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new EmulatorError(
    "invalid_script",
    `The script ${file} is not valid: ${z.prettifyError(parsed.error)}.`,
    'A script is an array of turns, such as [{ "text": "Hello" }].',
  );
}
