/** Where OCI is: from an endpoint, a base URL or a region to the origins of its services. */
import { ConfigurationError } from "@locus-sdk/core";
import { assertSafeUrl, type HostRules } from "../http/hosts.ts";
import type { Setting } from "./environment.ts";
import { findRegion, type Region, regionId } from "./regions.ts";

/** The origins, and what they rest on. */
export interface Endpoints {
  readonly endpoint: string;
  readonly baseURL: string;
  /** Absent where only an endpoint is known that does not tell of its control plane. */
  readonly controlEndpoint: string | undefined;
  readonly region: Setting | undefined;
  readonly baseFrom: Setting | undefined;
}

/** What may be known. */
export interface EndpointSettings {
  readonly endpoint: Setting | undefined;
  readonly baseURL: Setting | undefined;
  readonly controlEndpoint: Setting | undefined;
  readonly region: Setting | undefined;
  /** OCIDs that tell the realm of a region newer than the table. */
  readonly ocids: readonly (string | undefined)[];
  /** Whether the credentials can tell the region once they are asked. */
  readonly regionLater: boolean;
}

/**
 * Stands for the region and domain that a principal has yet to tell. The signed fetch puts the real one in its place;
 * no resolver will ever know this one.
 */
const UNLOCATED = "region-of-the-principal.invalid";

/** Whether a URL waits for the principal's region. */
export function isUnlocated(url: URL): boolean {
  return url.hostname.endsWith(`.${UNLOCATED}`);
}

/** The URL in the region that the principal told. */
export function locate(url: URL, region: Region): URL {
  const located = new URL(url);
  located.hostname = url.hostname.replace(UNLOCATED, `${region.id}.oci.${region.domain}`);
  return located;
}

/**
 * A URL that credentials may be sent to, without a slash at its end.
 *
 * @throws ConfigurationError where it is none.
 */
export function checkedUrl(found: Setting, rules: HostRules): string {
  const text = found.value.replace(/\/+$/, "");
  if (!URL.canParse(text)) {
    throw new ConfigurationError(`${found.from} is not a URL`, {
      hint: 'Expected something like "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com".',
    });
  }
  assertSafeUrl(new URL(text), rules);
  return text;
}

/** The same of an address that paths are put behind. */
function plainUrl(found: Setting, rules: HostRules): string {
  const text = checkedUrl(found, rules);
  const { search, hash } = new URL(text);
  if (search === "" && hash === "") return text;
  throw new ConfigurationError(`${found.from} has a query or a fragment, and paths are put behind it`, {
    hint: 'Expected no more than something like "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com".',
  });
}

/**
 * The origins in force: a base URL beats an endpoint, an endpoint beats a region.
 *
 * @throws ConfigurationError where none of them is known, or credentials may not be sent there.
 */
export function endpointsOf(settings: EndpointSettings, rules: HostRules): Endpoints {
  const { endpoint: endpointSetting, baseURL: baseSetting, region: regionSetting } = settings;
  const control = settings.controlEndpoint && plainUrl(settings.controlEndpoint, rules);
  const base = baseSetting && checkedUrl(baseSetting, rules);
  const given = endpointSetting && plainUrl(endpointSetting, rules).replace(/\/openai\/v1$/, "");
  if (given === undefined && base === undefined) {
    return { ...regional(settings, control), baseFrom: undefined };
  }
  const endpoint = given ?? new URL(base ?? "").origin;
  // A control plane is known by the data plane's name, not by a region that may mean something else.
  const { hostname, origin } = new URL(base ?? endpoint);
  const sibling = hostname.startsWith("inference.generativeai.")
    ? origin.replace("//inference.", "//")
    : undefined;
  return {
    endpoint,
    baseURL: base ?? `${endpoint}/openai/v1`,
    controlEndpoint: control ?? sibling,
    // Not checked: with an endpoint of its own, a region is only a name for messages.
    region: regionSetting && { ...regionSetting, value: regionId(regionSetting.value) },
    baseFrom: baseSetting ?? endpointSetting,
  };
}

function regional(settings: EndpointSettings, control: string | undefined): Omit<Endpoints, "baseFrom"> {
  const { region, ocids, regionLater } = settings;
  if (region === undefined && !regionLater) {
    throw new ConfigurationError("no OCI region is configured", {
      hint: 'Give the `region` option or OCI_REGION, for example "us-chicago-1", or a region in the profile.',
    });
  }
  const found = region && findRegion(region.value, ocids, region.from);
  const domain = found === undefined ? UNLOCATED : `${found.id}.oci.${found.domain}`;
  return {
    endpoint: `https://inference.generativeai.${domain}`,
    baseURL: `https://inference.generativeai.${domain}/openai/v1`,
    controlEndpoint: control ?? `https://generativeai.${domain}`,
    region: region && { ...region, value: found?.id ?? region.value },
  };
}
