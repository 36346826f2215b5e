/** One log line a request: what was asked of whom, how it went and how long it took. No secrets, no bodies. */

/** As much of a pino logger as is used here. */
export interface OciLogger {
  info(fields: object, message: string): void;
}

/** What is known of a request once it is over. */
export interface RequestLine {
  readonly method: string;
  /** Host and path; a query may hold anything, so it is left out. */
  readonly target: string;
  /** Absent where no answer came; then `failure` names the kind of error. */
  readonly status?: number;
  readonly failure?: string;
  readonly ms: number;
  readonly opcRequestId: string;
  /** How often the request was sent: twice after a 401. */
  readonly attempts?: number;
}

/**
 * A function that logs requests to `logger`, or to a pino logger on standard error which is loaded with the first line.
 */
export function requestLog(logger: OciLogger | undefined): (line: RequestLine) => Promise<void> {
  let target = logger === undefined ? undefined : Promise.resolve(logger);
  return async (line) => {
    try {
      target ??= import("pino").then(({ pino }) =>
        pino({ name: "locus-oci" }, pino.destination({ dest: 2, sync: true })),
      );
      (await target).info(line, `${line.method} ${line.target} ${line.status ?? line.failure} ${line.ms} ms`);
    } catch {
      // An answer that came, and is paid, is not lost because nobody could write a line about it.
    }
  };
}
