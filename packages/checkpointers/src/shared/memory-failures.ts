/** What the databases' errors, which speak of threads, are to whoever keeps memories. */
import { LocusError, MemoryError, SchemaVersionError } from "@locus-sdk/core";

/** Does `work`; what it fails by is a `MemoryError`. */
export async function remembering<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (
      !(error instanceof LocusError) ||
      error.code === "configuration" ||
      error instanceof SchemaVersionError
    )
      throw error;
    const { message, code, retryable, hint } = error;
    throw new MemoryError(message, {
      code: code.replace(/^checkpoint/, "memory"),
      retryable,
      cause: error,
      // The hints of connections are about appends.
      ...(hint === undefined || code.startsWith("checkpoint") ? {} : { hint }),
    });
  }
}
