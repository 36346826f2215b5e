// Reads a body by its schema, and says what is wrong with it as the service does: which field, and which kind of wrong.
import type { z } from "zod";
import { ociError } from "../http/envelopes.ts";
import type { RawRequest } from "../http/request.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import type { Refused } from "../surface/scope.ts";

export type Checked<Body> =
  | { readonly ok: true; readonly body: Body }
  | { readonly ok: false; readonly refused: Refused };

const refuse = (code: string, message: string): { readonly ok: false; readonly refused: Refused } => ({
  ok: false,
  refused: { error: ociError(400, code, message), reason: message },
});

export function checkBody<Body>(schema: z.ZodType<Body>, request: RawRequest): Checked<Body> {
  const json = request.json();
  if (!isJsonObject(json)) return refuse("CannotParseRequest", "Incorrectly formatted request.");
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, body: parsed.data };
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const field = path.join(".");
  if (issue?.code === "unrecognized_keys") {
    const unknown = issue.keys.map((key) => [...path, key].join(".")).join(", ");
    return refuse("CannotParseRequest", `Incorrectly formatted request: unrecognized field ${unknown}.`);
  }
  if (valueAt(json, path) === undefined) return refuse("MissingParameter", `${field} must not be null.`);
  // A value of another type is not read at all; one that is only not right is.
  const code = issue?.code === "invalid_type" ? "CannotParseRequest" : "InvalidParameter";
  return refuse(code, `Invalid ${field}: ${issue?.message}.`);
}

function valueAt(json: JsonValue, path: readonly PropertyKey[]): JsonValue | undefined {
  let value: JsonValue | undefined = json;
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)];
    else value = isJsonObject(value) ? value[String(step)] : undefined;
  }
  return value;
}
