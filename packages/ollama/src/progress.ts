/** How far a pull is, line by line. */
import {
  IncompleteStreamError,
  isRecord,
  type LocusError,
  PermissionOrNotFoundError,
  parseJson,
} from "@locus-sdk/core";
import { type ErrorContext, errorFromAnswer, errorText, excerpt } from "./errors.ts";

/** One report of a model on its way. A model comes in several layers, most of its bytes in one of them. */
export interface PullProgress {
  readonly model: string;
  /** What is being done, in the server's words: `pulling manifest`, `verifying sha256 digest`, `success`. */
  readonly status: string;
  /** The layer that this is about. */
  readonly digest?: string;
  /** Bytes of this layer that have come. */
  readonly completedBytes?: number;
  /** Bytes of this layer. */
  readonly totalBytes?: number;
}

const bytes = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** One line of a pull; throws what it tells of. */
export function progressIn(line: string, context: ErrorContext): PullProgress {
  const { modelId: model, secrets } = context;
  const report = parseJson(line);
  if (!isRecord(report)) {
    throw new IncompleteStreamError(
      `pulling ollama model "${model}" was answered with a line that is not JSON: ${excerpt(line, secrets)}`,
    );
  }
  if (report.error !== undefined) throw pullError(line, context);
  const { status, digest } = report;
  const completedBytes = bytes(report.completed);
  const totalBytes = bytes(report.total);
  return {
    model,
    status: typeof status === "string" ? status : "",
    ...(typeof digest === "string" ? { digest } : {}),
    // The first report of a layer leaves its zero out.
    ...(totalBytes === undefined ? {} : { completedBytes: completedBytes ?? 0, totalBytes }),
  };
}

/** What a registry says of a name that it does not have. */
const UNKNOWN_NAME = /file does not exist|manifest unknown|invalid model name|\bnot found\b/i;

function pullError(line: string, context: ErrorContext): LocusError {
  const { modelId } = context;
  const said = errorText(line);
  if (!UNKNOWN_NAME.test(said)) return errorFromAnswer(line, context);
  const why = excerpt(said, context.secrets);
  return new PermissionOrNotFoundError(`ollama model "${modelId}" cannot be pulled: ${why}`, {
    code: "model_not_found",
    hint: `Check the name "${modelId}", and its tag: the registry has no such model. https://ollama.com/search lists those that it has.`,
  });
}
