// What the control plane keeps: resources by kind and OCID, the work on them, and the secrets of API keys.
import { createHash } from "node:crypto";
import { newOcid } from "../auth/trust.ts";
import type { EmulatorClock } from "../clock.ts";
import type { JsonObject } from "../json.ts";
import { ApiKeySecrets } from "./api-key-secrets.ts";
import {
  type Action,
  type ControlOptions,
  type ControlResource,
  isForgotten,
  type Resource,
} from "./lifecycle.ts";
import { RetryTokens } from "./retries.ts";
import { WorkRequests } from "./work-requests.ts";

/** Most resources of a kind. */
const maxResources = 10_000;

export class ControlPlane {
  readonly workRequests: WorkRequests;
  readonly retries: RetryTokens = new RetryTokens();
  readonly secrets: ApiKeySecrets;
  readonly #clock: EmulatorClock;
  readonly #options: ControlOptions;
  readonly #resources = new Map<ControlResource, Map<string, Resource>>();
  #serial = 0;

  constructor(clock: EmulatorClock, options: ControlOptions = {}) {
    this.#clock = clock;
    this.#options = options;
    this.workRequests = new WorkRequests(clock);
    this.secrets = new ApiKeySecrets(clock, (id) => this.find("apikeys", id));
  }

  get nowMs(): number {
    return this.#clock.now().getTime();
  }

  /** Resources of a kind, oldest first, also those deleted a while ago. */
  all(kind: ControlResource): readonly Resource[] {
    const { nowMs } = this;
    return [...this.#of(kind).values()].filter((resource) => !isForgotten(resource, nowMs));
  }

  find(kind: ControlResource, id: string): Resource | undefined {
    const found = this.#of(kind).get(id);
    return found === undefined || isForgotten(found, this.nowMs) ? undefined : found;
  }

  /** Whether a resource was made here, however long ago it was deleted. */
  everMade(kind: ControlResource, id: string): boolean {
    return this.#of(kind).has(id);
  }

  /** Makes a resource; `undefined` if there is no room for another one. */
  create(
    kind: ControlResource,
    made: {
      readonly ocid: string;
      readonly compartmentId: string;
      readonly fields: JsonObject;
      readonly region: string;
    },
    body: JsonObject,
  ): Resource | undefined {
    const held = this.#of(kind);
    if (held.size >= maxResources) {
      const gone = [...held.values()].find(({ change }) => change.action === "delete");
      if (gone === undefined) return undefined;
      held.delete(gone.id);
      this.secrets.forget(gone.id);
    }
    this.#serial += 1;
    const failure = this.#options.fail?.(kind, body);
    return this.#put({
      kind,
      id: newOcid(made.ocid, made.region),
      compartmentId: made.compartmentId,
      fields: made.fields,
      serial: this.#serial,
      version: 1,
      createdMs: this.nowMs,
      updatedMs: undefined,
      change: { action: "create", endsMs: this.#endsMs, failure },
    });
  }

  /** Begins a change; without an action it is done at once. */
  change(
    resource: Resource,
    action: Action | undefined,
    what: Partial<Pick<Resource, "fields" | "compartmentId">> = {},
  ): Resource {
    return this.#put({
      ...resource,
      ...what,
      version: resource.version + 1,
      updatedMs: this.nowMs,
      change: action === undefined ? resource.change : { action, endsMs: this.#endsMs, failure: undefined },
    });
  }

  clear(): void {
    this.#resources.clear();
    this.workRequests.clear();
    this.retries.clear();
    this.secrets.clear();
  }

  get #endsMs(): number {
    return this.nowMs + (this.#options.transitionMs ?? 0);
  }

  #of(kind: ControlResource): Map<string, Resource> {
    const held = this.#resources.get(kind) ?? new Map<string, Resource>();
    this.#resources.set(kind, held);
    return held;
  }

  #put(resource: Resource): Resource {
    this.#of(resource.kind).set(resource.id, resource);
    return resource;
  }
}

/** Changes with the resource. */
export const etagOf = ({ id, version }: Resource): string =>
  createHash("sha256").update(`${id} ${version}`).digest("hex").slice(0, 32);
