/** Appends lines in the order in which their calls began, whichever is over first. */
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ConfigurationError, messageOf } from "../../errors/errors.ts";
import { CASSETTE_START, lineText } from "./format.ts";
import type { CassetteHeader } from "./types.ts";

/** The place of a call among the lines. */
interface Slot {
  /** Gives the call's line, with its new-line character; the first outcome counts. */
  write(line: string): void;
  /** The call leaves no line. */
  drop(): void;
}

export interface CassetteWriter {
  begin(): Slot;
  /** Gives up the places of calls that are not over, and writes those behind them. */
  close(): void;
  /** Calls that left no line. */
  readonly lost: number;
}

/**
 * Begins a cassette, in the place of an older one. A line is written at once and whole, as soon as all calls that began
 * before it are over.
 *
 * @throws ConfigurationError where the file is there and is no cassette, or cannot be written.
 */
export function openWriter(file: string, header: CassetteHeader): CassetteWriter {
  checkReplaceable(file);
  writing(file, () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, lineText(header));
  });
  const waiting: { line: string | undefined; isOver: boolean }[] = [];
  let lost = 0;
  const flush = (): void => {
    let text = "";
    while (waiting[0]?.isOver === true) text += waiting.shift()?.line ?? "";
    if (text !== "") writing(file, () => appendFileSync(file, text));
  };
  return {
    begin: () => {
      const place: { line: string | undefined; isOver: boolean } = { line: undefined, isOver: false };
      waiting.push(place);
      const settle = (line: string | undefined): void => {
        if (place.isOver) return;
        if (line === undefined) lost += 1;
        Object.assign(place, { line, isOver: true });
        flush();
      };
      return { write: settle, drop: () => settle(undefined) };
    },
    close: () => {
      for (const place of waiting) {
        if (!place.isOver) lost += 1;
        place.isOver = true;
      }
      flush();
    },
    get lost() {
      return lost;
    },
  };
}

function writing(file: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    throw new ConfigurationError(`the cassette ${file} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

/** What is no cassette is not overwritten: a slip in a path must not cost a file. */
function checkReplaceable(file: string): void {
  let start: string | undefined;
  writing(file, () => {
    start = readStart(file);
  });
  if (start === undefined || start === "" || start === CASSETTE_START) return;
  throw new ConfigurationError(`${file} is no cassette, and is not overwritten`, {
    hint: "Choose another file, or delete this one.",
  });
}

function readStart(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const descriptor = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(CASSETTE_START.length);
    return bytes.toString("utf8", 0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}
