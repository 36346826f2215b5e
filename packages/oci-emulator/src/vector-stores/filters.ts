// Filters on the attributes of files: comparisons, and combinations of them.
import { z } from "zod";

export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export type Filter =
  | {
      readonly type: "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in" | "nin";
      readonly key: string;
      readonly value: AttributeValue | readonly AttributeValue[];
    }
  | { readonly type: "and" | "or"; readonly filters: readonly Filter[] };

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const equality = z.strictObject({ type: z.enum(["eq", "ne"]), key: z.string(), value: scalar });
const order = z.strictObject({
  type: z.enum(["gt", "gte", "lt", "lte"]),
  key: z.string(),
  value: z.union([z.string(), z.number()]),
});
const membership = z.strictObject({ type: z.enum(["in", "nin"]), key: z.string(), value: z.array(scalar) });

export const filterSchema: z.ZodType<Filter> = z.lazy(() =>
  z.discriminatedUnion("type", [
    equality,
    order,
    membership,
    z.strictObject({ type: z.enum(["and", "or"]), filters: z.array(filterSchema).min(1) }),
  ]),
);

/** Whether a file with these attributes passes. Values of different types are never equal, and have no order. */
export function passes(filter: Filter, attributes: Attributes): boolean {
  switch (filter.type) {
    case "and":
      return filter.filters.every((part) => passes(part, attributes));
    case "or":
      return filter.filters.some((part) => passes(part, attributes));
    default:
      return compare(filter.type, attributes[filter.key], filter.value);
  }
}

function compare(
  type: Exclude<Filter["type"], "and" | "or">,
  actual: AttributeValue | undefined,
  value: AttributeValue | readonly AttributeValue[],
): boolean {
  const values: readonly AttributeValue[] = typeof value === "object" ? value : [value];
  const [first] = values;
  switch (type) {
    case "eq":
    case "in":
      return actual !== undefined && values.includes(actual);
    case "ne":
    case "nin":
      return actual === undefined || !values.includes(actual);
    default:
      if (actual === undefined || first === undefined || typeof actual !== typeof first) return false;
      if (type === "gt") return actual > first;
      if (type === "gte") return actual >= first;
      if (type === "lt") return actual < first;
      return actual <= first;
  }
}
