// Work requests: how far each long-running change has come, by the clock.
import { newOcid } from "../auth/trust.ts";
import type { EmulatorClock } from "../clock.ts";
import type { JsonObject } from "../json.ts";
import type { Action, Resource } from "./lifecycle.ts";

export interface WorkRequest {
  readonly id: string;
  readonly serial: number;
  readonly operationType: string;
  readonly entityType: string;
  readonly action: Action;
  readonly resourceId: string;
  readonly entityUri: string;
  readonly compartmentId: string;
  readonly acceptedMs: number;
  readonly endsMs: number;
  readonly failure: string | undefined;
  readonly canceledMs: number | undefined;
}

/** Oldest go first: an emulator may run for a long time. */
const maxWorkRequests = 10_000;

const done: Readonly<Record<Action, string>> = { create: "CREATED", update: "UPDATED", delete: "DELETED" };

export class WorkRequests {
  readonly #clock: EmulatorClock;
  readonly #requests = new Map<string, WorkRequest>();
  #serial = 0;

  constructor(clock: EmulatorClock) {
    this.#clock = clock;
  }

  get all(): readonly WorkRequest[] {
    return [...this.#requests.values()];
  }

  get(id: string): WorkRequest | undefined {
    return this.#requests.get(id);
  }

  /** Begins the work on a resource's last change. */
  open(operationType: string, entityType: string, resource: Resource, region: string): WorkRequest {
    this.#serial += 1;
    const request: WorkRequest = {
      id: newOcid("generativeaiworkrequest", region),
      serial: this.#serial,
      operationType,
      entityType,
      action: resource.change.action,
      resourceId: resource.id,
      entityUri: `/20231130/${resource.kind}/${resource.id}`,
      compartmentId: resource.compartmentId,
      acceptedMs: this.#clock.now().getTime(),
      endsMs: resource.change.endsMs,
      failure: resource.change.failure,
      canceledMs: undefined,
    };
    this.#requests.set(request.id, request);
    for (const id of this.#requests.keys()) {
      if (this.#requests.size <= maxWorkRequests) break;
      this.#requests.delete(id);
    }
    return request;
  }

  /** What is still being done to a resource is not done any more. */
  cancel(resourceId: string): void {
    const nowMs = this.#clock.now().getTime();
    for (const request of this.#requests.values()) {
      if (request.resourceId !== resourceId || request.endsMs <= nowMs) continue;
      this.#requests.set(request.id, { ...request, canceledMs: nowMs });
    }
  }

  clear(): void {
    this.#requests.clear();
  }

  statusOf({ acceptedMs, endsMs, failure, canceledMs }: WorkRequest): string {
    const nowMs = this.#clock.now().getTime();
    if (canceledMs !== undefined) return "CANCELED";
    if (nowMs >= endsMs) return failure === undefined ? "SUCCEEDED" : "FAILED";
    return nowMs > acceptedMs ? "IN_PROGRESS" : "ACCEPTED";
  }

  /** In percent. */
  progressOf({ acceptedMs, endsMs, canceledMs }: WorkRequest): number {
    // The change may have begun a moment before its request was written down.
    if (endsMs <= acceptedMs) return 100;
    const nowMs = canceledMs ?? this.#clock.now().getTime();
    return Math.max(0, Math.min(100, Math.floor((100 * (nowMs - acceptedMs)) / (endsMs - acceptedMs))));
  }

  bodyOf(request: WorkRequest): JsonObject {
    const status = this.statusOf(request);
    const { acceptedMs, endsMs, canceledMs } = request;
    const finishedMs = canceledMs ?? (status === "SUCCEEDED" || status === "FAILED" ? endsMs : undefined);
    const ended: Readonly<Record<string, string>> = { SUCCEEDED: done[request.action], FAILED: "FAILED" };
    const { entityType, entityUri, resourceId: identifier } = request;
    const actionType = ended[status] ?? "IN_PROGRESS";
    return {
      id: request.id,
      operationType: request.operationType,
      status,
      compartmentId: request.compartmentId,
      resources: [{ entityType, actionType, identifier, entityUri }],
      percentComplete: this.progressOf(request),
      timeAccepted: isoOf(acceptedMs),
      ...(status === "ACCEPTED" ? {} : { timeStarted: isoOf(acceptedMs) }),
      ...(finishedMs === undefined ? {} : { timeFinished: isoOf(finishedMs) }),
    };
  }

  errorsOf(request: WorkRequest): readonly JsonObject[] {
    if (this.statusOf(request) !== "FAILED") return [];
    return [{ code: "OperationFailed", message: request.failure, timestamp: isoOf(request.endsMs) }];
  }

  logsOf(request: WorkRequest): readonly JsonObject[] {
    const { operationType, acceptedMs, endsMs, canceledMs } = request;
    const status = this.statusOf(request);
    const entry = (what: string, ms: number): JsonObject => ({
      message: `${operationType} ${what}`,
      timestamp: isoOf(ms),
    });
    const begun = status === "ACCEPTED" ? [] : [entry("started", acceptedMs)];
    const ended =
      status === "ACCEPTED" || status === "IN_PROGRESS"
        ? []
        : [entry(status.toLowerCase(), canceledMs ?? endsMs)];
    return [entry("accepted", acceptedMs), ...begun, ...ended];
  }
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();
