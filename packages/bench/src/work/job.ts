/** What a worker is told, and what it says. */
import type { Metrics, Sizes } from "./types.ts";
import type { Work } from "./work.ts";

export type Job =
  | {
      readonly kind: "work";
      readonly work: Work;
      readonly contestant: string;
      readonly baseURL: string;
      readonly sizes: Sizes;
    }
  | {
      readonly kind: "leave";
      readonly how: "abort" | "throw";
      /** Whether the process stays until it is told to go, so that what it left open can be counted. */
      readonly lingers: boolean;
      readonly contestant: string;
      readonly baseURL: string;
    };

export type Said =
  | { readonly metrics: Metrics }
  | { readonly outcome: string }
  | { readonly failure: string };
