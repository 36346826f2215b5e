/** What a run says to its model by itself. Apart from the turns of a run, which are loaded with the first of them. */
import type { DurableDraft } from "../events/types.ts";

export function reminder(content: string, origin = "reminder"): DurableDraft {
  return { type: "message_added", message: { role: "user", content, origin }, origin };
}
