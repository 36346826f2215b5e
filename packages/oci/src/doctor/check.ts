/** What a check says, and how errors become one. */
import { LocusError } from "@locus-sdk/core";

/** The checks, in the order in which they are made. */
export type CheckName =
  | "configuration"
  | "credentials"
  | "token"
  | "clock"
  | "region"
  | "endpoint"
  | "authentication"
  | "compartment"
  | "model"
  | "streaming";

/** One line of a diagnosis. Nothing in it is a secret. */
export interface Check {
  readonly name: CheckName;
  readonly status: "ok" | "warn" | "fail" | "skipped";
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
}

export const ok = (name: CheckName, detail: string): Check => ({ name, status: "ok", detail });
export const warn = (name: CheckName, detail: string, hint: string): Check => ({
  name,
  status: "warn",
  detail,
  hint,
});
export const skipped = (name: CheckName, why: string): Check => ({ name, status: "skipped", detail: why });

/** A failure. The messages of our own errors are made for people; of others only the kind is told. */
export function fail(name: CheckName, error: unknown): Check {
  if (!(error instanceof LocusError)) {
    const kind = error instanceof Error ? error.name : typeof error;
    return { name, status: "fail", detail: `failed in a way that was not foreseen (${kind})` };
  }
  const requestId = error.requestId === undefined ? "" : ` (opc-request-id ${error.requestId})`;
  return {
    name,
    status: "fail",
    detail: `${error.message}${requestId}`,
    ...(error.hint !== undefined && { hint: error.hint }),
  };
}

/** A time, in the unit that reads best. */
export function duration(ms: number): string {
  const seconds = Math.abs(ms) / 1000;
  if (seconds < 1) return `${Math.round(Math.abs(ms))} ms`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3_600)} hours`;
}
