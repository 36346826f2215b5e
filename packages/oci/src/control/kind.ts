/** What a row of `kinds/` says of a resource. */
import type { z } from "zod";
import type { Control } from "./client.ts";
import type { Types } from "./types.ts";

/** Where a kind of resource is found. */
export interface Place {
  /** On the client: `projects`. */
  readonly name: string;
  /** In the path. */
  readonly path: string;
}

/** What a kind of resource is. */
export interface Kind<T extends Types> extends Place {
  /** One of it, in words. */
  readonly one: string;
  readonly item: z.ZodType<T["item"]>;
  /** What it can be listed by. */
  readonly filters: readonly (keyof T["query"] & string)[];
  readonly states: readonly T["state"][];
  /** States in which nothing goes on by itself, and those that may follow all the same. */
  readonly ends: Readonly<Record<string, readonly T["state"][]>>;
  readonly stateOf: (item: T["item"]) => string;
  /** Why it is in that state. */
  readonly whyOf: (
    item: T["item"],
    control: Control,
    signal: AbortSignal,
  ) => Promise<string | undefined> | string | undefined;
}

/** What can be made of a kind. */
export interface CreatableKind<T extends Types> extends Kind<T> {
  readonly create: z.ZodType<T["create"]>;
  /** Off for what is made in something else, and is where that is. */
  readonly inCompartment?: false;
}

export interface ResourceKind<T extends Types> extends CreatableKind<T> {
  readonly update: z.ZodType<T["update"]>;
}

/** Filters that most kinds have. */
export const FILTERS = [
  "compartmentId",
  "displayName",
  "id",
  "lifecycleState",
  "limit",
  "sortBy",
  "sortOrder",
] as const;

/** How most kinds end. */
export const LIFECYCLE = {
  states: ["CREATING", "ACTIVE", "UPDATING", "DELETING", "DELETED", "FAILED"],
  ends: {
    FAILED: ["DELETING", "DELETED"],
    DELETING: ["DELETED", "FAILED"],
    DELETED: [],
  },
  stateOf: ({ lifecycleState }: { readonly lifecycleState?: string | undefined }): string =>
    lifecycleState ?? "",
  whyOf: ({ lifecycleDetails }: { readonly lifecycleDetails?: string | undefined }): string | undefined =>
    lifecycleDetails,
} as const;
