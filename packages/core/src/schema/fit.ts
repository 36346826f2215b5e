/** A schema on its way to a model: in the model's dialect, strict where that can be, with what was lost in words. */
import type { JsonObject } from "../json/json.ts";
import { convertSchema } from "./convert.ts";
import { strictModeProblem } from "./strict-mode.ts";
import type { SchemaDialect, SchemaLoss } from "./types.ts";

/** A schema that is asked to be bound, or only shown. */
export interface BoundSchema {
  readonly schema: JsonObject;
  readonly strict?: boolean | undefined;
}

/** A schema as it is sent. `strict` is what was asked for, or `false` where strict mode would refuse the schema. */
export interface FittedSchema {
  readonly schema: JsonObject;
  readonly strict: boolean | undefined;
  readonly warnings: readonly string[];
}

/** More of them say nothing new. */
const MAX_WARNINGS = 20;

/**
 * `bound` as a family of models reads it. `owner` begins every warning: `tool "search"`, `output schema "trip"`.
 *
 * @example
 * ```ts
 * import { DIALECTS, fitSchema } from "@locus-sdk/core";
 *
 * const parameters = { type: "object", properties: { q: { type: "string", not: { const: "" } } } };
 * fitSchema('tool "search"', { schema: parameters }, DIALECTS.gemini).warnings;
 * // ['tool "search": /properties/q: not is not understood by Gemini and was left out']
 * ```
 */
export function fitSchema(owner: string, bound: BoundSchema, dialect: SchemaDialect): FittedSchema {
  const shown = convertSchema(bound.schema, dialect);
  if (bound.strict !== true) return { strict: bound.strict, ...told(owner, shown) };
  const problem = strictModeProblem(shown.schema);
  if (problem !== undefined) {
    const { schema, warnings } = told(owner, shown);
    const why = `${owner} does not fit strict mode (${problem}): it was sent without`;
    return { schema, strict: false, warnings: [...warnings, why] };
  }
  const { strict: mode } = dialect;
  const held = mode === undefined ? { schema: shown.schema, lost: [] } : convertSchema(shown.schema, mode);
  return { strict: true, ...told(owner, { schema: held.schema, lost: [...shown.lost, ...held.lost] }) };
}

function told(
  owner: string,
  { schema, lost }: { readonly schema: JsonObject; readonly lost: readonly SchemaLoss[] },
): { readonly schema: JsonObject; readonly warnings: readonly string[] } {
  const warnings = lost
    .slice(0, MAX_WARNINGS)
    .map(({ path, keyword, reason }) => `${owner}: ${path === "" ? "/" : path}: ${keyword} ${reason}`);
  const more = lost.length - warnings.length;
  return { schema, warnings: more > 0 ? [...warnings, `${owner}: ${more} more of the kind`] : warnings };
}
