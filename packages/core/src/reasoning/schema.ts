/** What evaluations put on record, checked where it is read back. */
import { z } from "zod";
import { lazily } from "../lazily.ts";
import type { EnumOf, ShapeOf } from "../messages/schema.ts";
import type { ClaimVerdict, Evidence, EvidenceExtent, GroundingVerdict } from "./grounding/types.ts";
import type { EvidenceType, GsarClaim, GsarDecision, GsarPartition } from "./gsar/types.ts";

const count = z.lazy(() => z.number().min(0));
const evidence = z.lazy(() =>
  z.looseObject({ source: z.string(), quote: z.string() } satisfies ShapeOf<Evidence>),
);
export const evidenceExtent: z.ZodType<EvidenceExtent> = z.lazy(() =>
  z.looseObject({
    sources: count,
    chars: count,
    shownChars: count,
    unread: count.exactOptional(),
    cut: count.exactOptional(),
  } satisfies ShapeOf<EvidenceExtent>),
);
export const claimVerdict: z.ZodType<ClaimVerdict> = z.lazy(() =>
  z.looseObject({
    verdict: z.enum({
      grounded: "grounded",
      ungrounded: "ungrounded",
      contradicted: "contradicted",
    } satisfies EnumOf<GroundingVerdict>),
    evidence: z.array(evidence),
    rejected: z.array(evidence).exactOptional(),
  } satisfies ShapeOf<ClaimVerdict>),
);
export const evidenceType: () => z.ZodType<EvidenceType> = lazily(() =>
  z.enum({
    tool_match: "tool_match",
    specific_data: "specific_data",
    signal_match: "signal_match",
    complementary_finding: "complementary_finding",
    synthesis: "synthesis",
    neg_evidence: "neg_evidence",
    inference: "inference",
    domain: "domain",
    unknown: "unknown",
  } satisfies EnumOf<EvidenceType>),
);
const gsarClaims = z.lazy(() =>
  z.array(
    z.looseObject({
      text: z.string(),
      type: evidenceType(),
      evidence: z.array(evidence),
      rejected: z.array(evidence).exactOptional(),
    } satisfies ShapeOf<GsarClaim>),
  ),
);
export const gsarDecision: z.ZodType<GsarDecision> = z.lazy(() =>
  z.enum({
    proceed: "proceed",
    regenerate: "regenerate",
    replan: "replan",
    abstain: "abstain",
  } satisfies EnumOf<GsarDecision>),
);
export const gsarPartition: z.ZodType<GsarPartition> = z.lazy(() =>
  z.looseObject({
    grounded: gsarClaims,
    ungrounded: gsarClaims,
    contradicted: gsarClaims,
    complementary: gsarClaims,
  } satisfies ShapeOf<GsarPartition>),
);
