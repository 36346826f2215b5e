/** Fields of what the control plane keeps, written down once and read two ways: strictly when sent, leniently when received. */
import { ConfigurationError, didYouMean } from "@locus-sdk/core";
import { z } from "zod";

/** One schema for each member, the optional ones too: a field of the type that is forgotten here does not compile. */
export type Shape<T> = { readonly [Name in keyof T]-?: z.ZodType<T[Name]> };

/** What fields are made of. */
export interface Fields {
  /** What names it: of what is received, the one thing that has to be there. */
  readonly id: z.ZodType<string>;
  readonly text: z.ZodType<string>;
  readonly number: z.ZodType<number>;
  readonly flag: z.ZodType<boolean>;
  readonly anything: z.ZodType;
  /** A moment, in ISO 8601. */
  readonly time: z.ZodType<string>;
  /** A field that may be left out. */
  maybe<T>(field: z.ZodType<T>): z.ZodType<T | undefined>;
  /** The name of a variant of which there is one so far: who sends need not say it. */
  variant(name: string): z.ZodType<string | undefined>;
  list<T>(item: z.ZodType<T>): z.ZodType<T[]>;
  map<T>(value: z.ZodType<T>): z.ZodType<Record<string, T>>;
  object<T extends object>(shape: Shape<T>): z.ZodType<T>;
}

// Zod works the type out from the shape, which the compiler cannot follow through a type parameter.
const typed = <T>(schema: z.ZodType): z.ZodType<T> => schema as z.ZodType<T>;

const either = {
  id: z.string().min(1),
  text: z.string(),
  number: z.number(),
  flag: z.boolean(),
  anything: z.unknown(),
  list: <T>(item: z.ZodType<T>): z.ZodType<T[]> => z.array(item),
  map: <T>(value: z.ZodType<T>): z.ZodType<Record<string, T>> => z.record(z.string(), value),
} as const;

/** For what is sent: a key or a value that does not belong is a slip, and is told. */
export const sent: Fields = {
  ...either,
  time: z.iso.datetime({ offset: true, error: 'expected a time like "2030-01-31T00:00:00Z"' }),
  maybe: (field) => field.optional(),
  variant: (name) => z.string().default(name),
  object: <T extends object>(shape: Shape<T>) => {
    const known = Object.keys(shape);
    return typed<T>(
      z.strictObject(shape, {
        error: ({ code, keys }) => {
          const key = code === "unrecognized_keys" && Array.isArray(keys) ? String(keys[0]) : undefined;
          return key === undefined
            ? undefined
            : `unknown option "${key}"${didYouMean(key, known)} (known: ${known.join(", ")})`;
        },
      }),
    );
  },
};

/** A field that a service should tell. What else it told may exist nowhere else: it is not given up for this. */
const told = <T>(field: z.ZodType<T>, otherwise: () => T): z.ZodType<T> => field.catch(otherwise);

/**
 * For what is received: fields nobody knows stay, an optional one that does not fit is as good as absent, and one that
 * should be there is empty (`""`, `NaN`, `[]`). Only an id must be there.
 */
export const received: Fields = {
  ...either,
  text: told(z.string(), () => ""),
  time: told(z.string(), () => ""),
  number: told(z.number(), () => Number.NaN),
  list: (item) => told(z.array(item), () => []),
  maybe: (field) =>
    field
      .nullish()
      .catch(undefined)
      .transform((value) => value ?? undefined),
  variant: () => received.maybe(z.string()),
  object: <T extends object>(shape: Shape<T>) => typed<T>(z.looseObject(shape)),
};

/** @throws ConfigurationError naming the member that does not fit, what was expected, and the nearest known name. */
export function checked<T>(what: string, schema: z.ZodType<T>, given: unknown): T {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A name that is misspelt explains the one that is missing.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const at = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  // Zod's text says what was expected, and never repeats the value.
  throw new ConfigurationError(`${what}: ${at}${issue?.message ?? "not what was expected"}`);
}
