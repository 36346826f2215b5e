// From events to writes: pure generators that apply the wire style and the faults, and say how the stream ends.
import { formatEvent, type StreamEvent, withoutFinalBlankLine } from "./events.ts";
import type { Fault, WireStyle } from "./wire.ts";

/** How a response ends: orderly, by a reset, or not at all. */
export type Ending = "complete" | "reset" | "stall";

const defaultErrorFrame = { code: "500", message: "The model's stream was interrupted." };

/** The event stream's text, event by event; returns how it ends. */
export function* streamText(
  events: Iterable<StreamEvent>,
  style: WireStyle,
  faults: readonly Fault[],
): Generator<string, Ending> {
  const strikes = faults.flatMap((fault) =>
    "after" in fault && typeof fault.after === "number" ? [{ fault, at: fault.after }] : [],
  );
  let sent = 0;
  // One event is held back, because the last one may have to lose its blank line.
  let held: string | undefined;
  for (const event of events) {
    const strike = strikes.find(({ at }) => at === sent)?.fault;
    if (strike !== undefined) {
      if (strike.type === "error_event") {
        const data = strike.frame ?? defaultErrorFrame;
        if (held !== undefined) yield held;
        held = formatEvent({ name: "error", data }, style);
        break;
      }
      if (held !== undefined) yield held;
      if (strike.type === "truncate") return "complete";
      if (strike.type === "reset" && strike.midEvent) {
        const text = formatEvent(event, style);
        yield text.slice(0, Math.ceil(text.length / 2));
      }
      return strike.type === "stall" ? "stall" : "reset";
    }
    if (held !== undefined) yield held;
    held = formatEvent(event, style);
    sent += 1;
  }
  if (held !== undefined) yield style.finalBlankLine === false ? withoutFinalBlankLine(held, style) : held;
  // A fault set for after the last event still strikes, before the response is ended.
  const late = strikes.find(({ at }) => at >= sent)?.fault;
  return late?.type === "stall" ? "stall" : late?.type === "reset" ? "reset" : "complete";
}

/** Groups texts into writes as the style wants them; returns the ending of the texts. */
export function* writesOf(
  texts: Generator<string, Ending>,
  style: WireStyle,
): Generator<string | Uint8Array, Ending> {
  const { writes = "burst" } = style;
  if (writes === "event" || (writes === "burst" && style.delayMs)) return yield* texts;
  if (writes === "burst") return yield* bursts(texts);
  let text = "";
  let next = texts.next();
  while (!next.done) {
    text += next.value;
    next = texts.next();
  }
  const bytes = Buffer.from(text);
  const size = writes === "packed" ? Math.max(bytes.length, 1) : writes;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  return next.value;
}

/** Events written in one tick leave in one segment anyway: joined first, they cost one write instead of hundreds. */
function* bursts(texts: Generator<string, Ending>): Generator<string, Ending> {
  const full = 16 * 1024;
  let text = "";
  let next = texts.next();
  while (!next.done) {
    text += next.value;
    if (text.length >= full) {
      yield text;
      text = "";
    }
    next = texts.next();
  }
  if (text !== "") yield text;
  return next.value;
}

/** The writes of a body that is no stream. A fault with a number cuts it in the middle. */
export function* bodyWrites(body: string, faults: readonly Fault[]): Generator<string, Ending> {
  const cut = faults.find((fault) => "after" in fault && typeof fault.after === "number");
  if (cut === undefined || cut.type === "error_event") {
    yield body;
    return "complete";
  }
  yield body.slice(0, Math.floor(body.length / 2));
  return cut.type === "reset" || cut.type === "stall" ? cut.type : "complete";
}
