/** Whether a value can be put on record: stored as JSON, and read back by its schema. */
import type { z } from "zod";
import { messageOf } from "../errors/errors.ts";
import { toJson } from "../json/json.ts";
import { describeIssues } from "../messages/schema.ts";

/** A value that a schema takes, or why it does not. */
export type Checked<T> = { readonly value: T } | { readonly wrong: string };

/**
 * `value` where it can be stored and read back as it is; else what JSON makes of it, if that fits. Never throws.
 *
 * @param isSure Whether the schema need not be asked.
 */
export function checkStorable<T>(
  schema: z.ZodType<T>,
  value: T,
  isSure: (value: T) => boolean = () => false,
): Checked<T> {
  try {
    if (isSure(value) || schema.safeParse(value).success) return { value };
    const parsed = schema.safeParse(toJson(value));
    return parsed.success ? { value: parsed.data } : { wrong: describeIssues(parsed.error) };
  } catch (error) {
    return { wrong: messageOf(error) };
  }
}
