/** What a `grounding` event says, told as a report. Pure. */
import type { EventOf } from "../../events/types.ts";
import { deepFreeze } from "../../json/json.ts";
import type { ClaimVerdict, GroundingReport } from "./types.ts";

export function groundingAfter(event: EventOf<"grounding">): GroundingReport {
  const { score, decision, claims, ungroundedClaims, verdicts, evidence } = event;
  return deepFreeze({
    score,
    claims: claims.map((text, index) => ({
      text,
      ...(verdicts?.[index] ?? bare(!ungroundedClaims.includes(text))),
    })),
    decision,
    ...(evidence === undefined ? {} : { evidence }),
  });
}

/** Of an event that does not say what was found for each claim. */
function bare(isGrounded: boolean): ClaimVerdict {
  return { verdict: isGrounded ? "grounded" : "ungrounded", evidence: [] };
}
