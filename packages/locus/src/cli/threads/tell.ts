/** Tells a person which thread it was, so that they can come back to it. */
import type { AgentEvent } from "@locus-sdk/core";
import type { Output } from "../output.ts";
import type { RunView } from "../view.ts";
import type { OpenedStore } from "./store.ts";

/** Which thread it was, and on a terminal where it is kept. Nothing where it is not. */
export function tellThread(threadId: string | undefined, { place }: OpenedStore, output: Output): void {
  if (threadId === undefined || place === undefined) return;
  output.note(`thread ${threadId}${output.draw === undefined ? "" : ` in ${place}`}`, "dim");
}

/** The view, and which thread has something on record by what it has seen. */
export function remembering(view: RunView): {
  readonly view: RunView;
  readonly threadId: () => string | undefined;
} {
  let threadId: string | undefined;
  return {
    threadId: () => threadId,
    view: {
      event: (event: AgentEvent) => {
        if (event.sequence > 0) threadId = event.threadId;
        view.event(event);
      },
      end: (result) => view.end(result),
    },
  };
}
