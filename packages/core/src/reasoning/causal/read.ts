/** Chains read back from JSON: nothing is taken that is not one. */
import { z } from "zod";
import { ConfigurationError } from "../../errors/errors.ts";
import { describeIssues, type EnumOf } from "../../messages/schema.ts";
import type { CausalChainJson, CausalEdge, CausalNode, CausalNodeType, CausalRelation } from "./types.ts";

const id = z.lazy(() => z.string().min(1));
const relation: z.ZodType<CausalRelation> = z.lazy(() =>
  z.enum({
    causes: "causes",
    correlates_with: "correlates_with",
    precedes: "precedes",
    inhibits: "inhibits",
  } satisfies EnumOf<CausalRelation>),
);
const nodeType = z.lazy(() =>
  z.enum({
    root_cause: "root_cause",
    intermediate: "intermediate",
    symptom: "symptom",
    unknown: "unknown",
  } satisfies EnumOf<CausalNodeType>),
);

const node: z.ZodType<CausalNode> = z.lazy(() =>
  z.strictObject({
    id,
    label: z.string(),
    type: nodeType.default("unknown"),
  }),
);
const edge: z.ZodType<CausalEdge> = z.lazy(() =>
  z.strictObject({
    from: id,
    to: id,
    relation,
    confidence: z.number().min(0).max(1).default(1),
    reason: z.string().exactOptional(),
  }),
);
const chain: z.ZodType<CausalChainJson> = z.lazy(() =>
  z.strictObject({ nodes: z.array(node), edges: z.array(edge) }),
);

export const readNode = (value: unknown): CausalNode => read("a node of a causal chain", node, value);
export const readEdge = (value: unknown): CausalEdge => read("an edge of a causal chain", edge, value);
export const readChain = (value: unknown): CausalChainJson => read("a causal chain", chain, value);

function read<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(`not ${what}: ${describeIssues(parsed.error)}`);
}
