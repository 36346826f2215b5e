/** The terminal behind stderr as a stream, for those who draw on it. */
import { Writable } from "node:stream";
import type { Output } from "../output.ts";

/** `undefined` where there is none. */
export function terminalOf({ draw, columns }: Output): Writable | undefined {
  if (draw === undefined) return undefined;
  const terminal = new Writable({
    decodeStrings: false,
    write: (text, _encoding, done) => {
      draw(String(text));
      done();
    },
  });
  return Object.assign(terminal, { isTTY: true, columns });
}
