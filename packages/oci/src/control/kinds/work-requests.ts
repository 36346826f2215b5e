/** Work requests: how far the service is with what takes its time, and what went wrong with it. */
import type { Control } from "../client.ts";
import { received } from "../fields.ts";
import type { Kind } from "../kind.ts";
import { pages } from "../list.ts";
import { readable } from "../resource.ts";
import {
  type CallOptions,
  type ListQuery,
  type Open,
  type Readable,
  type Tracked,
  tracked,
} from "../types.ts";

export type WorkRequestStatus =
  | "ACCEPTED"
  | "IN_PROGRESS"
  | "WAITING"
  | "SUCCEEDED"
  | "FAILED"
  | "CANCELING"
  | "CANCELED";

/** What a work request is about. */
export interface WorkRequestResource {
  readonly entityType: string;
  readonly actionType?:
    | Open<"CREATED" | "UPDATED" | "DELETED" | "IN_PROGRESS" | "RELATED" | "FAILED">
    | undefined;
  /** OCID. */
  readonly identifier: string;
  readonly entityUri?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Times are ISO 8601. */
export interface WorkRequest extends Tracked {
  /** OCID. */
  readonly id: string;
  /** As the service names it: `CREATE_ENDPOINT`. */
  readonly operationType: string;
  readonly status: Open<WorkRequestStatus>;
  readonly compartmentId?: string | undefined;
  readonly resources: readonly WorkRequestResource[];
  /** 0 to 100. */
  readonly percentComplete?: number | undefined;
  readonly timeAccepted?: string | undefined;
  readonly timeStarted?: string | undefined;
  readonly timeFinished?: string | undefined;
}

/** What went wrong. */
export interface WorkRequestError {
  readonly code: string;
  readonly message: string;
  /** ISO 8601. */
  readonly timestamp?: string | undefined;
}

/** What was done. */
export interface WorkRequestLog {
  readonly message: string;
  /** ISO 8601. */
  readonly timestamp?: string | undefined;
}

export interface WorkRequestQuery extends ListQuery<"timeAccepted"> {
  /** OCID; default: the compartment that is configured. */
  readonly compartmentId?: string | undefined;
  readonly workRequestId?: string | undefined;
  readonly status?: Open<WorkRequestStatus> | undefined;
  /** Only work on this. */
  readonly resourceId?: string | undefined;
}

export interface WorkRequestEntryQuery extends ListQuery<"timestamp"> {}

interface WorkRequestTypes {
  readonly item: WorkRequest;
  readonly summary: WorkRequest;
  readonly create: never;
  readonly update: never;
  readonly query: WorkRequestQuery;
  readonly state: WorkRequestStatus;
}

export interface WorkRequests extends Readable<WorkRequestTypes> {
  errors(id: string, query?: WorkRequestEntryQuery, options?: CallOptions): AsyncIterable<WorkRequestError>;
  logs(id: string, query?: WorkRequestEntryQuery, options?: CallOptions): AsyncIterable<WorkRequestLog>;
}

const ENTRY_FILTERS = ["limit", "sortBy", "sortOrder"];
const error = received.object<WorkRequestError>({
  code: received.text,
  message: received.text,
  timestamp: received.maybe(received.time),
});
const log = received.object<WorkRequestLog>({
  message: received.text,
  timestamp: received.maybe(received.time),
});

const KIND: Kind<WorkRequestTypes> = {
  name: "workRequests",
  one: "work request",
  path: "workRequests",
  filters: ["compartmentId", "workRequestId", "status", "resourceId", "limit", "sortBy", "sortOrder"],
  states: ["ACCEPTED", "IN_PROGRESS", "WAITING", "SUCCEEDED", "FAILED", "CANCELING", "CANCELED"],
  ends: { SUCCEEDED: [], FAILED: [], CANCELED: [] },
  item: received.object<WorkRequest>({
    ...tracked(received),
    id: received.id,
    operationType: received.text,
    status: received.text,
    compartmentId: received.maybe(received.text),
    resources: received.list(
      received.object<WorkRequestResource>({
        entityType: received.text,
        actionType: received.maybe(received.text),
        identifier: received.text,
        entityUri: received.maybe(received.text),
        metadata: received.maybe(received.map(received.text)),
      }),
    ),
    percentComplete: received.maybe(received.number),
    timeAccepted: received.maybe(received.time),
    timeStarted: received.maybe(received.time),
    timeFinished: received.maybe(received.time),
  }),
  stateOf: ({ status }) => status,
  async whyOf({ id }, control, signal) {
    for await (const { message } of errorsOf(control, id, {}, { signal })) return message;
    return undefined;
  },
};

const errorsOf = (control: Control, id: string, query: WorkRequestEntryQuery, options: CallOptions) =>
  pages(control, { ...entriesOf(id, "errors"), item: error }, query, options);

const entriesOf = (id: string, what: string) => ({
  operation: `${KIND.name}.${what}`,
  path: [KIND.path, id, what],
  filters: ENTRY_FILTERS,
  inCompartment: false,
});

export function workRequests(control: Control): WorkRequests {
  return {
    ...readable(control, KIND),
    errors: (id, query = {}, options = {}) => errorsOf(control, id, query, options),
    logs: (id, query = {}, options = {}) =>
      pages(control, { ...entriesOf(id, "logs"), item: log }, query, options),
  };
}
