/** Events of made-up runs, for those who watch them. */
import type { AgentEvent, DurableEvent } from "../src/events/types.ts";

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };

interface Place {
  readonly runId?: string;
  readonly threadId?: string;
}

const envelope = (sequence: number, { runId = "r1", threadId = "t1" }: Place) => ({
  runId,
  threadId,
  sequence,
  timestamp: "2026-01-01T00:00:00.000Z",
});

export function started(sequence: number, place: Place = {}): DurableEvent {
  return { ...envelope(sequence, place), type: "run_start", schemaVersion: 1, agent: "a", input: [] };
}

/** Something durable in the middle of a run. */
export function retried(sequence: number, place: Place = {}): DurableEvent {
  return { ...envelope(sequence, place), type: "retry", what: `w${sequence}`, attempt: 1, delayMs: 0 };
}

export function ended(sequence: number, place: Place = {}): DurableEvent {
  return { ...envelope(sequence, place), type: "terminate", reason: "complete", iterations: 1, usage };
}

export function chunk(sequence: number, text: string, place: Place = {}): AgentEvent {
  return { ...envelope(sequence, place), type: "model_chunk", kind: "text", text };
}

/** A whole run: from its start over so many retries to its end. */
export function runOf(first: number, length: number, place: Place = {}): readonly DurableEvent[] {
  return Array.from({ length }, (_, index) => {
    if (index === 0) return started(first, place);
    return (index === length - 1 ? ended : retried)(first + index, place);
  });
}
