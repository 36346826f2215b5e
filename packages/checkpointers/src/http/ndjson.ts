/** Lines of JSON in a body: read as they come, written as they are taken. */
import { CheckpointError } from "@locus-sdk/core";

const NEW_LINE = 0x0a;
/** A piece of a body is sent once it has so many characters. */
const PIECE_CHARS = 32_768;

/** The values of a body, line by line; a last line without its end does not count. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void, undefined> {
  let parts: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEW_LINE); end >= 0; end = chunk.indexOf(NEW_LINE, start)) {
      parts.push(chunk.subarray(start, end));
      yield parsed(Buffer.concat(parts).toString("utf8"));
      parts = [];
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new CheckpointError("the checkpoint service sent a line that is not JSON", { cause: error });
  }
}

/** A body of `values`, which are taken no faster than it is read, and left where it is cancelled. */
export function bodyOf(values: AsyncGenerator<unknown, void, undefined>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let piece = "";
        while (piece.length < PIECE_CHARS) {
          const { done, value } = await values.next();
          if (done === true) {
            if (piece !== "") controller.enqueue(encoder.encode(piece));
            controller.close();
            return;
          }
          piece += `${JSON.stringify(value)}\n`;
        }
        controller.enqueue(encoder.encode(piece));
      },
      async cancel() {
        await values.return();
      },
    },
    { highWaterMark: 0 },
  );
}
