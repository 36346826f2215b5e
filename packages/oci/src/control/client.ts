/** One request to the control plane, and what comes back: signed, tried again where that does no harm, failures typed. */
import { randomUUID } from "node:crypto";
import {
  ConfigurationError,
  isRecord,
  parseJson,
  RateLimitError,
  retryingCall,
  ServerError,
} from "@locus-sdk/core";
import type { z } from "zod";
import type { OciConfig } from "../config/resolve.ts";
import type { OciFetch } from "../http/signed-fetch.ts";
import { controlErrors, FailedAnswer } from "./errors.ts";

interface ControlCall {
  /** What is asked, as a user wrote it: `projects.get`. */
  readonly operation: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Segments of the path behind the version; ids among them are checked and encoded. */
  readonly path: readonly string[];
  readonly query?: URLSearchParams | undefined;
  readonly body?: object | undefined;
  readonly retryToken?: string | undefined;
  readonly ifMatch?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ControlAnswer {
  /** Parsed; `undefined` where nothing came. */
  readonly body: unknown;
  readonly headers: Headers;
}

/** The way to the control plane. */
export interface Control {
  readonly config: OciConfig;
  send(call: ControlCall): Promise<ControlAnswer>;
  /** The compartment that is meant. @throws ConfigurationError where there is none. */
  compartmentOf(operation: string, given: string | undefined): string;
}

export function controlClient(config: OciConfig, fetch: OciFetch): Control {
  const typed = controlErrors(config);
  return {
    config,
    async send(call) {
      const { operation, method, signal } = call;
      const url = urlOf(config, call);
      // One token for all tries: the service then makes one thing of them.
      const init = { method, headers: headersOf(call), body: bodyOf(call), signal: signal ?? null };
      let mayBeDone = false;
      return retryingCall(
        async () => {
          try {
            return await exchange(fetch, url, init);
          } catch (thrown) {
            const error = typed(thrown, operation, signal);
            // A try whose answer was lost has done it.
            if (method === "DELETE" && mayBeDone && error.status === 404) return NOTHING;
            mayBeDone ||= !(error instanceof RateLimitError);
            throw error;
          }
        },
        { maxRetries: config.maxRetries, signal },
      );
    },
    compartmentOf(operation, given) {
      // Whoever cannot ask at all is told that first.
      controlPlaneOf(config);
      return given ?? configuredCompartment(config, operation);
    },
  };
}

const NOTHING: ControlAnswer = { body: undefined, headers: new Headers() };

async function exchange(fetch: OciFetch, url: URL, init: RequestInit): Promise<ControlAnswer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const { status, ok, headers } = response;
  if (!ok) throw new FailedAnswer(status, headers, text);
  const body = parseJson(text);
  if (body === undefined && text.trim() !== "") {
    throw new ServerError(`${url.host} answered with something that is not JSON`, { status });
  }
  return { body, headers };
}

function headersOf({ method, body, retryToken, ifMatch }: ControlCall): Record<string, string> {
  return {
    accept: "application/json",
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(method === "POST" && { "opc-retry-token": retryToken ?? randomUUID() }),
    ...(ifMatch !== undefined && { "if-match": ifMatch }),
  };
}

const bodyOf = ({ body }: ControlCall): string | null => (body === undefined ? null : JSON.stringify(body));

function urlOf(config: OciConfig, { operation, path, query }: ControlCall): URL {
  const pathname = `/20231130/${path.map(encodeURIComponent).join("/")}`;
  const url = new URL(`${controlPlaneOf(config)}${pathname}`);
  // An id that is empty, or made of dots, would bend the path to something else.
  if (url.pathname !== pathname || path.some((segment) => typeof segment !== "string" || segment === "")) {
    throw new ConfigurationError(`${operation}: that is no id`, {
      hint: 'Expected an OCID: "ocid1.…", as `list` and `create` tell it.',
    });
  }
  url.search = query?.toString() ?? "";
  return url;
}

/** @throws ConfigurationError where the control plane is not known, or cannot be asked with what there is. */
function controlPlaneOf({ controlEndpoint, authType, baseURL }: OciConfig): string {
  if (authType === "genai_api_key") {
    throw new ConfigurationError(
      "the control plane takes signed requests, not an OCI Generative AI API key",
      {
        code: "control_plane_needs_signature",
        hint: "Give a `profile` (OCI_PROFILE), or OCI_AUTH_TYPE=instance_principal and the like.",
      },
    );
  }
  if (controlEndpoint !== undefined) return controlEndpoint;
  throw new ConfigurationError(`the control plane that belongs to ${new URL(baseURL).host} is not known`, {
    code: "control_plane_unknown",
    hint: "Give it: the `controlEndpoint` option or OCI_CONTROL_ENDPOINT.",
  });
}

function configuredCompartment({ compartmentId }: OciConfig, operation: string): string {
  if (compartmentId !== undefined) return compartmentId;
  throw new ConfigurationError(`${operation} is about a compartment, and none is configured`, {
    code: "compartment_required",
    hint: "Give the `compartmentId` option or OCI_COMPARTMENT.",
  });
}

/** What the control plane answered with, as what it should be. */
export function readAnswer<T>(operation: string, schema: z.ZodType<T>, { body }: ControlAnswer): T {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  // Where it does not fit, but not what came: it may hold a secret.
  const at = read.error.issues[0]?.path.join(".") ?? "";
  const isItsOwn = isRecord(body) && ("id" in body || "items" in body);
  throw new ServerError(
    `what OCI's control plane answered to ${operation} is something else${at === "" ? "" : ` (at ${at})`}`,
    {
      retryable: false,
      hint: isItsOwn
        ? `The control plane answered, but ${at === "" ? "something" : at} is not as it should be: a newer version of this package may know it.`
        : "Check the control plane's address: the `controlEndpoint` option or OCI_CONTROL_ENDPOINT.",
    },
  );
}
