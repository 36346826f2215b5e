/** Whether the service is there, what time it has, and whether it takes these credentials in this compartment. */
import { AuthenticationError, LocusError, PermissionOrNotFoundError } from "@locus-sdk/core";
import type { Credentials } from "../auth/credentials.ts";
import { isUnlocated, locate } from "../config/endpoints.ts";
import type { OciConfig } from "../config/resolve.ts";
import { mapOciError } from "../errors.ts";
import type { ServiceClock } from "../http/clock.ts";
import type { OciFetch } from "../http/signed-fetch.ts";
import { modelsOver } from "../models-list.ts";
import { type Check, duration, fail, ok, skipped, warn } from "./check.ts";

const PROBE_LIMIT_MS = 10_000;
const NOTICEABLE_SKEW_MS = 60_000;
const TOLERATED_SKEW_MS = 5 * 60_000;

/** What an unsigned request to the endpoint told. */
export interface Probe {
  readonly clock: Check;
  readonly region: Check;
  readonly endpoint: Check;
}

/** Asks the endpoint for nothing in particular: any answer shows that it is there, and what time it has, which `serviceTime` learns. */
export async function probe(
  config: OciConfig,
  credentials: Credentials,
  serviceTime: ServiceClock,
): Promise<Probe> {
  let url = new URL(config.endpoint);
  let region: Check;
  try {
    if (isUnlocated(url) && credentials.region !== undefined) {
      const found = await credentials.region();
      url = locate(url, found);
      region = ok("region", `${found.id} (told by the machine's metadata)`);
    } else {
      region = describeRegion(config);
    }
  } catch (error) {
    const why = "the region is not known";
    return {
      region: fail("region", error),
      clock: skipped("clock", why),
      endpoint: skipped("endpoint", why),
    };
  }
  const started = Date.now();
  try {
    const signal = AbortSignal.timeout(PROBE_LIMIT_MS);
    const response = await fetch(url, { redirect: "manual", signal });
    await response.body?.cancel();
    const endpoint = ok("endpoint", `${url.host} answers within ${duration(Date.now() - started)}`);
    const date = response.headers.get("date");
    serviceTime.learn(date);
    return { region, endpoint, clock: checkClock(date, url.host) };
  } catch (error) {
    const mapped = mapOciError(() => config)(error, { provider: "oci", modelId: "any" });
    return {
      region,
      clock: skipped("clock", "the service did not tell its time"),
      endpoint: { ...fail("endpoint", mapped), detail: `${url.host} cannot be reached: ${reason(mapped)}` },
    };
  }
}

const reason = (error: LocusError): string =>
  error.message.replace(/^.*? (?:could not be reached|failed): /, "");

function describeRegion({ region, baseURL, sources }: OciConfig): Check {
  const { host } = new URL(baseURL);
  if (region === undefined)
    return ok("region", `none: requests go to ${host} (${sources.baseURL ?? "configured"})`);
  if (sources.baseURL === undefined) return ok("region", `${region} (${sources.region ?? "configured"})`);
  return ok("region", `${region} by name; requests go to ${host} (${sources.baseURL})`);
}

function checkClock(date: string | null, host: string): Check {
  const skewMs = Date.parse(date ?? "") - Date.now();
  if (Number.isNaN(skewMs)) return skipped("clock", `${host} did not tell its time`);
  if (Math.abs(skewMs) < NOTICEABLE_SKEW_MS) return ok("clock", `as ${host} has it, to the second or so`);
  const detail = `${duration(skewMs)} ${skewMs > 0 ? "behind" : "ahead of"} ${host}`;
  return warn(
    "clock",
    detail,
    Math.abs(skewMs) > TOLERATED_SKEW_MS
      ? "OCI refuses signatures that are more than 5 minutes off. Locus corrects for it after the first refusal; set the clock all the same."
      : "OCI tolerates 5 minutes; set the clock.",
  );
}

/** What a signed request to the control plane told. */
export interface Admission {
  readonly authentication: Check;
  readonly compartment: Check;
  /** Ids of the models that are offered, where they were listed. */
  readonly models?: readonly string[];
}

/** Lists the models of the compartment; `undefined` where that cannot be asked and a model has to be. */
export async function admission(
  config: OciConfig,
  fetch: OciFetch,
  signal: AbortSignal | undefined,
): Promise<Admission | undefined> {
  if (config.authType === "genai_api_key" || config.controlEndpoint === undefined) return undefined;
  try {
    const models: string[] = [];
    for await (const { id } of modelsOver(config, fetch, signal === undefined ? {} : { signal }))
      models.push(id);
    return { ...admitted(config, `models are listed: ${models.length}`), models };
  } catch (error) {
    return refusedBy(error, config);
  }
}

/** The checks for a request that was answered. */
export function admitted({ authType, compartmentId, sources }: OciConfig, how: string): Admission {
  const authentication = ok("authentication", `OCI takes these credentials (${authType})`);
  if (compartmentId === undefined) {
    return { authentication, compartment: ok("compartment", "none is needed: the key has its own") };
  }
  return {
    authentication,
    compartment: ok("compartment", `${compartmentId} (${sources.compartmentId ?? "configured"}); ${how}`),
  };
}

/** The checks for a request that failed. */
export function refusedBy(error: unknown, config: OciConfig): Admission {
  if (error instanceof AuthenticationError) {
    return {
      authentication: fail("authentication", error),
      compartment: skipped("compartment", "the credentials were refused"),
    };
  }
  if (error instanceof PermissionOrNotFoundError) {
    return {
      authentication: ok("authentication", `OCI takes these credentials (${config.authType})`),
      compartment: fail("compartment", error),
    };
  }
  if (error instanceof LocusError && error.code === "compartment_required") {
    return {
      authentication: skipped("authentication", "nothing could be asked without a compartment"),
      compartment: fail("compartment", error),
    };
  }
  return {
    authentication: fail("authentication", error),
    compartment: skipped("compartment", "the request did not get that far"),
  };
}
