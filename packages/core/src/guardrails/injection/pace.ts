/** A long text is read in pieces, between which others have their turn: timers, aborts, and other runs. */
import { setImmediate } from "node:timers/promises";

/** Characters between two turns. */
export const TURN = 32_768;

/** To be awaited after so many characters of work. */
export type Pace = (chars: number) => Promise<void>;

/** @throws the signal's reason where it has aborted. */
export function pacer(signal: AbortSignal | undefined): Pace {
  let done = 0;
  return async (chars) => {
    done += chars;
    if (done < TURN) return;
    done = 0;
    await setImmediate();
    signal?.throwIfAborted();
  };
}

export interface Window {
  /** Where `text` begins in the whole. */
  readonly at: number;
  readonly text: string;
  /** What begins in here is this window's; what is around is there to be looked at. */
  readonly from: number;
  readonly to: number;
}

/** More than the longest pattern looks back, and than the longest match is long. */
const BEFORE = 64;
const AFTER = 2000;

/** Cut between words where there are any. */
export function* windowsOf(text: string): Generator<Window> {
  for (let from = 0; from < text.length; ) {
    const cut = from + TURN >= text.length ? text.length : text.lastIndexOf(" ", from + TURN);
    const to = cut > from + TURN / 2 ? cut : Math.min(text.length, from + TURN);
    const at = Math.max(0, from - BEFORE);
    yield { at, text: text.slice(at, to + AFTER), from, to };
    from = to;
  }
}
