/** What became of files, one by one with `--json`, summed up for a person, and each failure by name. */
import { join } from "node:path";
import { LocusError } from "@locus-sdk/core";
import type { FileOutcome } from "@locus-sdk/oci";
import { describeError } from "../errors.ts";
import type { View } from "../show/show.ts";
import { plural } from "../show/units.ts";

export interface Tally {
  take(directory: string, outcomes: readonly FileOutcome[]): void;
  /** Shows the sum; the exit code. */
  end(): number;
}

const WHY = { empty: "it is empty", not_a_file: "it is a link or a device" } as const;

export function openTally({ json, output }: View): Tally {
  const counts = { completed: 0, pending: 0, updated: 0, skipped: 0, failed: 0, removed: 0 };
  const notes: (readonly [text: string, failed: boolean])[] = [];
  return {
    take(directory, outcomes) {
      for (const outcome of outcomes) {
        counts[outcome.status] += 1;
        const path = join(directory, outcome.path);
        if (json) output.answer(`${JSON.stringify(jsonOf(path, outcome))}\n`);
        if (outcome.status === "failed") {
          for (const line of describeFailure(path, outcome.error)) notes.push([line, true]);
        } else if (outcome.status === "skipped" && outcome.reason !== "unchanged") {
          notes.push([`${path}: left out, because ${WHY[outcome.reason]}`, false]);
        }
      }
    },
    end() {
      const { completed, pending, updated, skipped, failed } = counts;
      const others = [
        [pending, "not taken in yet"],
        [updated, "with other attributes now"],
      ].flatMap(([count, what]) => (count === 0 ? [] : [`, ${count} ${what}`]));
      if (!json) {
        output.line(
          `${plural(completed, "file")} added${others.join("")}, ${skipped} skipped, ${failed} failed`,
        );
      }
      for (const [text, isFailure] of notes) output.note(text, isFailure ? "red" : "dim");
      return failed === 0 ? 0 : 1;
    },
  };
}

/** Told like every error, under the name of what it is about. */
export const describeFailure = (path: string, error: unknown): readonly string[] =>
  describeError(error, false).map((line, index) => (index === 0 ? line.replace("locus:", `${path}:`) : line));

/** An error as JSON. */
export function errorOf(error: unknown): object {
  if (!(error instanceof LocusError))
    return { message: error instanceof Error ? error.message : String(error) };
  const { message, code, hint, status, requestId } = error;
  return { message, code, hint, status, requestId };
}

const jsonOf = (path: string, outcome: FileOutcome): object =>
  outcome.status === "failed" ? { ...outcome, path, error: errorOf(outcome.error) } : { ...outcome, path };
