/** `locus oci work-requests`: what was asked of the control plane, and how far it is. */
import type { WorkRequest } from "@locus-sdk/oci";
import { localTime } from "../show/units.ts";
import type { Group } from "./action.ts";
import { knownState } from "./control.ts";
import { groupOf, type Kind } from "./resource.ts";

const STATES = [
  "ACCEPTED",
  "IN_PROGRESS",
  "WAITING",
  "SUCCEEDED",
  "FAILED",
  "CANCELING",
  "CANCELED",
] as const;

const workRequests: Kind<WorkRequest, WorkRequest> = {
  name: "work-requests",
  one: "work request",
  summary: "work requests: what takes its time, and how far it is",
  id: "ocid1.generativeaiworkrequest.oc1..a",
  columns: [
    ["ID", ({ id }) => id],
    ["OPERATION", ({ operationType }) => operationType],
    ["STATUS", ({ status }) => status],
    ["DONE", ({ percentComplete }) => (percentComplete === undefined ? "" : `${percentComplete}%`)],
    ["ABOUT", ({ resources }) => resources.map(({ identifier }) => identifier).join(", ")],
    ["ACCEPTED", ({ timeAccepted }) => (timeAccepted === undefined ? "" : localTime(timeAccepted))],
  ],
  filters: [["--state <status>", `only those in this status: ${STATES.join(", ")}`]],
  settled: "SUCCEEDED",
  stateOf: ({ status, percentComplete }) => `${status} ${percentComplete ?? 0}%`,
  list: ({ genai, flags, signal }) =>
    genai.workRequests.list(flags.state === undefined ? {} : { status: knownState(STATES, flags.state) }, {
      signal,
    }),
  /** With what went wrong and what was done. */
  get: async ({ genai, signal }, id) => {
    const [request, errors, logs] = await Promise.all([
      genai.workRequests.get(id, { signal }),
      all(genai.workRequests.errors(id, {}, { signal })),
      all(genai.workRequests.logs(id, {}, { signal })),
    ]);
    return { ...request, errors, logs };
  },
  waitUntil: ({ genai }, id, state, options) =>
    genai.workRequests.waitUntil(id, knownState(STATES, state), options),
};

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

export const group: Group = groupOf(workRequests);
