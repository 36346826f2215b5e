/** Checks of options that several helpers take. */
import { z } from "zod";
import { waitMs } from "../waiting.ts";

/** How patiently. */
export const patience: {
  readonly pollMs: z.ZodType<number | undefined>;
  readonly timeoutMs: z.ZodType<number | undefined>;
} = { pollMs: waitMs.optional(), timeoutMs: waitMs.optional() };

export const signalOption: z.ZodType<AbortSignal | undefined> = z
  .instanceof(AbortSignal, { error: "expected an AbortSignal" })
  .optional();

/** A function, if any. */
export const callback = <T>(): z.ZodType<T | undefined> =>
  z.custom<T>((value) => typeof value === "function", "expected a function").optional();
