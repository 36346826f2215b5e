/** Requests through the `openai` client: what they throw is told by what was asked for, as a typed error. */
import type { LocusErrorOptions } from "@locus-sdk/core";
import type { OciOptions } from "@locus-sdk/oci";

export interface Service {
  /** Makes a request about something, such as `vector store vs_1`. */
  ask<T>(what: string, request: () => PromiseLike<T>): Promise<T>;
  /** Reads a paged list item by item. */
  pages<T>(what: string, open: () => AsyncIterable<T>): AsyncGenerator<T, void>;
}

const MISSING =
  "OCI does not say which: it is gone, belongs to another project, compartment or region, or no policy lets these credentials use it.";

export async function openService(options: OciOptions, signal: AbortSignal): Promise<Service> {
  const { mapOciError, resolveOciConfig } = await import("@locus-sdk/oci");
  const { LocusError, PermissionOrNotFoundError } = await import("@locus-sdk/core");
  const config = resolveOciConfig(options);
  const mapError = mapOciError(() => config);
  const typed = (error: unknown, what: string): unknown => {
    if (error instanceof LocusError) return error;
    const mapped = mapError(error, { provider: "oci", modelId: what, what, signal });
    if (!(mapped instanceof PermissionOrNotFoundError)) return mapped;
    const { message, cause, status, requestId } = mapped;
    const kept: LocusErrorOptions = {
      cause,
      ...(status === undefined ? {} : { status }),
      ...(requestId === undefined ? {} : { requestId }),
    };
    // Nobody asked for a model.
    return new PermissionOrNotFoundError(message, { ...kept, hint: MISSING });
  };
  const ask: Service["ask"] = async (what, request) => {
    try {
      return await request();
    } catch (error) {
      throw typed(error, what);
    }
  };
  return {
    ask,
    async *pages(what, open) {
      const items = open()[Symbol.asyncIterator]();
      for (;;) {
        const next = await ask(what, () => items.next());
        if (next.done === true) return;
        yield next.value;
      }
    },
  };
}
