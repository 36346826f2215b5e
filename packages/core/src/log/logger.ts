/** Logging: anything shaped like pino will do; without one, warnings and errors go to stderr through pino. */

export interface LogFunction {
  (fields: object, message?: string): void;
  (message: string): void;
}

/** What Locus asks of a logger; a pino logger fits as it is. */
export interface Logger {
  readonly debug: LogFunction;
  readonly info: LogFunction;
  readonly warn: LogFunction;
  readonly error: LogFunction;
}

type Level = "debug" | "info" | "warn" | "error";

let shared: Promise<Logger> | undefined;

/** pino is loaded by the first line that is logged, not by importing Locus. */
function load(): Promise<Logger> {
  shared ??= import("pino").then(({ pino }) =>
    pino(
      { name: "locus", level: levelFrom(process.env.LOCUS_LOG_LEVEL, Object.keys(pino.levels.values)) },
      pino.destination({ fd: 2, sync: true }),
    ),
  );
  return shared;
}

/** A level nobody knows must not silence the rest. */
function levelFrom(asked: string | undefined, known: readonly string[]): string {
  const level = asked?.trim().toLowerCase() ?? "";
  return level === "silent" || known.includes(level) ? level : "warn";
}

const lazily =
  (level: Level): LogFunction =>
  (first: object | string, message?: string) => {
    load().then(
      (logger) => (typeof first === "string" ? logger[level](first) : logger[level](first, message)),
      // A process that cannot log goes on with its work.
      () => undefined,
    );
  };

/** Level from `LOCUS_LOG_LEVEL`, `warn` if unset; to stderr. */
export const defaultLogger: Logger = {
  debug: lazily("debug"),
  info: lazily("info"),
  warn: lazily("warn"),
  error: lazily("error"),
};
