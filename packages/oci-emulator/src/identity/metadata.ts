// The instance metadata service, version 2: who the instance is, and its certificate and key.
import { firstCompartment } from "../auth/trust.ts";
import { refusal } from "../http/dispatch.ts";
import { errorReplies, ociError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { OpenCall } from "../http/route.ts";
import type { JsonValue } from "../json.ts";
import type { EmulatorState } from "../state.ts";

/** Short names of regions, where they do not begin the long one. */
const regionKeys: Readonly<Record<string, string>> = {
  "us-chicago-1": "ORD",
  "us-ashburn-1": "IAD",
  "us-phoenix-1": "PHX",
  "eu-frankfurt-1": "FRA",
  "uk-london-1": "LHR",
  "sa-saopaulo-1": "GRU",
  "ap-osaka-1": "KIX",
  "ap-hyderabad-1": "HYD",
};

const regionInfo = (region: string): JsonValue => ({
  realmKey: "OC1",
  realmDomainComponent: "oraclecloud.com",
  regionKey: regionKeys[region] ?? region.slice(0, 3).toUpperCase(),
  regionIdentifier: region,
});

type Resource = (state: EmulatorState) => Promise<JsonValue> | JsonValue;

const resources: Readonly<Record<string, Resource>> = {
  "instance/region": ({ trust }) => trust.current.region,
  "instance/regionInfo": ({ trust }) => regionInfo(trust.current.region),
  instance: ({ trust, identity }) => ({
    id: identity.instance?.id,
    compartmentId: identity.instance?.compartmentId ?? firstCompartment(trust.current),
    tenantId: trust.current.tenancyId,
    region: trust.current.region,
    canonicalRegionName: trust.current.region,
    regionInfo: regionInfo(trust.current.region),
  }),
  "identity/cert.pem": async ({ identity }) => (await identity.leaf()).pem,
  "identity/key.pem": async ({ identity }) =>
    (await identity.leaf()).privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
  "identity/intermediate.pem": async ({ identity }) => (await identity.authority()).pem,
};

export async function metadata(call: OpenCall, state: EmulatorState): Promise<Reply> {
  const { request } = call;
  const name = request.path.replace(/^\/opc\/v2\//, "").replace(/\/$/, "");
  if (request.headers.first("authorization") !== "Bearer Oracle") {
    return refusal(errorReplies.NotAuthenticated, "the metadata service wants Authorization: Bearer Oracle");
  }
  const resource = resources[name];
  if (resource === undefined) {
    return refusal(ociError(404, "NotFound", "Not found."), `there is no metadata ${name}`);
  }
  state.identity.counts.metadata += 1;
  const body = await resource(state);
  const headers = typeof body === "string" ? { "content-type": "text/plain" } : {};
  return { kind: "body", status: 200, body, headers };
}
