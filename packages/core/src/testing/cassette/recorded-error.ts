/** Errors as a cassette holds them, and as they are thrown again: of the same class, with the same words. */
import * as errors from "../../errors/errors.ts";
import { LocusError, type LocusErrorOptions, messageOf } from "../../errors/errors.ts";
import type { RecordedError } from "./types.ts";

type ErrorClass = new (message: string, options?: LocusErrorOptions) => LocusError;

const exported: readonly unknown[] = Object.values(errors);
const classes: ReadonlyMap<string, ErrorClass> = new Map(
  exported.filter(isErrorClass).map((known) => [known.name, known]),
);

export function recordError(error: unknown): RecordedError {
  if (!(error instanceof LocusError)) {
    return { name: error instanceof Error ? error.name : "Error", message: messageOf(error) };
  }
  const { name, message, code, retryable, status, retryAfterMs, hint, requestId } = error;
  return {
    class: classOf(error),
    name,
    message,
    code,
    retryable,
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(hint === undefined ? {} : { hint }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** An error of a class that a provider added is one of the class it extends, and keeps its name. */
export function replayError({ class: given, name, message, ...options }: RecordedError): Error {
  const known = given === undefined ? undefined : (classes.get(given) ?? LocusError);
  const error = known === undefined ? new Error(message) : new known(message, options);
  error.name = name;
  return error;
}

function classOf(error: LocusError): string {
  let prototype: unknown = Object.getPrototypeOf(error);
  while (typeof prototype === "object" && prototype !== null) {
    const { name } = prototype.constructor;
    if (classes.get(name) === prototype.constructor) return name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return LocusError.name;
}

function isErrorClass(value: unknown): value is ErrorClass {
  return value === LocusError || (typeof value === "function" && value.prototype instanceof LocusError);
}
