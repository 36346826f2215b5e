/** The request log: what was asked of whom, how it went and how long it took. No credentials, no bodies. */

/** As much of a pino logger as is used here. */
export interface OciLogger {
  info(fields: object, message: string): void;
  debug?(fields: object, message: string): void;
}

/** What is known of a request when it is sent. */
interface SentLine {
  readonly method: string;
  /** Host and path; a query may hold anything, so it is left out. */
  readonly target: string;
  readonly opcRequestId: string;
}

/** What is known of a request once it is over. */
interface RequestLine extends SentLine {
  /** Absent where no answer came; then `failure` names the kind of error. */
  readonly status?: number;
  readonly failure?: string;
  readonly ms: number;
  /** How often the request was sent: twice after a 401. */
  readonly attempts?: number;
}

export interface RequestLog {
  sent(line: SentLine, headers: Headers, bytes: number): Promise<void>;
  ended(line: RequestLine, headers?: Headers): Promise<void>;
}

/** Headers that tell something and give nothing away. Anyone's own may hold a key, so it takes a place in this list. */
const SHOWN =
  /^(?:accept|accept-encoding|content-encoding|content-length|content-type|compartmentid|date|etag|openai-project|opc-(?!obo-token)[a-z-]+|retry-after|retry-after-ms|server|transfer-encoding|user-agent|x-should-retry|x-stainless-[a-z-]+)$/;

const shown = (headers: Headers): Readonly<Record<string, string>> =>
  Object.fromEntries([...headers].map(([name, value]) => [name, SHOWN.test(name) ? value : "[redacted]"]));

/**
 * Logs to `logger`, or to a pino logger on standard error which is loaded with the first line.
 *
 * @param debug whether sent requests have a line too, and both lines have headers
 */
export function requestLog(logger: OciLogger | undefined, debug: boolean): RequestLog {
  let target = logger === undefined ? undefined : Promise.resolve(logger);
  const write = async (level: "info" | "debug", fields: object, message: string): Promise<void> => {
    try {
      target ??= import("pino").then(({ pino }) =>
        pino(
          { name: "locus-oci", level: debug ? "debug" : "info" },
          pino.destination({ dest: 2, sync: true }),
        ),
      );
      const to = await target;
      if (level === "debug" && to.debug !== undefined) to.debug(fields, message);
      else to.info(fields, message);
    } catch {
      // An answer that came, and is paid, is not lost because nobody could write a line about it.
    }
  };
  return {
    sent: async (line, headers, bytes) => {
      if (debug)
        await write(
          "debug",
          { ...line, bytes, headers: shown(headers) },
          `sending ${line.method} ${line.target}`,
        );
    },
    ended: (line, headers) =>
      write(
        "info",
        debug && headers !== undefined ? { ...line, headers: shown(headers) } : line,
        `${line.method} ${line.target} ${line.status ?? line.failure} ${line.ms} ms`,
      ),
  };
}
