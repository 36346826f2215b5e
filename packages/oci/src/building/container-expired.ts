/** A container that is no more. */
import { type LocusErrorOptions, ServerStateLostError } from "@locus-sdk/core";

/** The container has expired: it cannot be revived, its files and variables are gone. */
export class ContainerExpiredError extends ServerStateLostError {
  readonly containerId: string;

  constructor(containerId: string, options: LocusErrorOptions = {}) {
    super(`container ${containerId} has expired`, {
      code: "container_expired",
      hint: "It cannot be revived, and its files are gone: create another one and put the files in again. A container lives for 20 minutes after its last use; download what is needed right after the answer.",
      ...options,
    });
    this.containerId = containerId;
  }
}
