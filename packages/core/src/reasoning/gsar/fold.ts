/** The evaluations of a run, one more. Pure. */
import type { EventOf } from "../../events/types.ts";
import { deepFreeze } from "../../json/json.ts";
import type { GsarReport, GsarStep } from "./types.ts";

export function gsarAfter(before: GsarReport | undefined, event: EventOf<"gsar">): GsarReport {
  const { score, decision, partition, degraded, evidence } = event;
  const step: GsarStep = { score, decision, partition };
  const sentBack = (kind: GsarStep["decision"]): number => (decision === kind && !degraded ? 1 : 0);
  return deepFreeze({
    ...step,
    trajectory: [...(before?.trajectory ?? []), step],
    replans: (before?.replans ?? 0) + sentBack("replan"),
    regenerations: (before?.regenerations ?? 0) + sentBack("regenerate"),
    degraded,
    ...(evidence === undefined ? {} : { evidence }),
  });
}
