/** Whether something is a model, told where it is handed over: later, its first call would fail for a reason nobody sees. */
import { ConfigurationError } from "../errors/errors.ts";
import { describeValue, hasMethods } from "../options/check.ts";
import type { ChatModel } from "./types.ts";

/**
 * Whoever takes a model checks it with this at construction.
 *
 * @throws ConfigurationError saying what `value` is instead, and how a model is made of it.
 * @example
 * ```ts
 * import { type ChatModel, checkModel } from "@locus-sdk/core";
 *
 * export function namesOf(model: ChatModel): string {
 *   checkModel("namesOf", model);
 *   return `${model.provider}:${model.modelId}`;
 * }
 * ```
 */
export function checkModel(owner: string, value: unknown): asserts value is ChatModel {
  if (hasMethods(value, ["complete", "stream"])) return;
  if (hasMethods(value, ["then"])) {
    throw new ConfigurationError(`${owner}: expected a model, not a promise: did you forget await?`, {
      hint: "getModel() gives a promise of a model: pass `await getModel(…)`.",
    });
  }
  const name = typeof value === "string" && value.includes(":") ? value : "oci:openai.gpt-oss-120b";
  throw new ConfigurationError(
    `${owner}: expected a model, an object with the methods complete and stream, not ${describeValue(value)}`,
    { hint: `A model is made of a name by \`await getModel(${JSON.stringify(name.slice(0, 60))})\`.` },
  );
}

/** As above, for each of several. @throws ConfigurationError also where they are neither a list nor named members. */
export function checkModels(owner: string, models: unknown, kind: "list" | "members"): void {
  const isOne = hasMethods(models, ["complete", "stream"]);
  const isMany =
    Array.isArray(models) || (kind === "members" && typeof models === "object" && models !== null);
  if (isOne || !isMany || hasMethods(models, ["then"])) {
    const what = isOne
      ? "a single model"
      : hasMethods(models, ["then"])
        ? "a promise: did you forget await?"
        : describeValue(models);
    const expected = kind === "list" ? "a list of models" : "models, as a list or by name";
    throw new ConfigurationError(`${owner}: expected ${expected}, not ${what}`, {
      hint: `For example ${owner}([await getModel("oci:openai.gpt-oss-120b"), …]).`,
    });
  }
  for (const [place, model] of Object.entries(models)) {
    checkModel(
      `${owner}: the model at ${Array.isArray(models) ? `place ${Number(place) + 1}` : JSON.stringify(place)}`,
      model,
    );
  }
}
