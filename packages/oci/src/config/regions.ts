/** Regions, their short codes and realms, and where a realm lives: a table, and three look-ups. */
import { ConfigurationError, didYouMean } from "@locus-sdk/core";

/** Second-level domain of each realm. A realm is the third part of every OCID. */
export const REALM_DOMAINS: Readonly<Record<string, string>> = {
  oc1: "oraclecloud.com",
  oc2: "oraclegovcloud.com",
  oc3: "oraclegovcloud.com",
  oc4: "oraclegovcloud.uk",
  oc8: "oraclecloud8.com",
  oc9: "oraclecloud9.com",
  oc10: "oraclecloud10.com",
  oc14: "oraclecloud14.com",
  oc15: "oraclecloud15.com",
  oc19: "oraclecloud.eu",
  oc20: "oraclecloud20.com",
  oc21: "oraclecloud21.com",
  oc23: "oraclecloud23.com",
  oc24: "oraclecloud24.com",
  oc26: "oraclecloud26.com",
  oc29: "oraclecloud29.com",
  oc35: "oraclecloud35.com",
  oc42: "oraclecloud42.com",
  oc51: "oraclecloud51.com",
  oc52: "oraclecloud52.com",
};

/** Region id → its short code and realm. New regions of a known realm work without a row: see `findRegion`. */
const REGIONS: Readonly<Record<string, readonly [code: string, realm: string]>> = {
  "ap-chuncheon-1": ["yny", "oc1"],
  "ap-mumbai-1": ["bom", "oc1"],
  "ap-hyderabad-1": ["hyd", "oc1"],
  "ap-seoul-1": ["icn", "oc1"],
  "ap-sydney-1": ["syd", "oc1"],
  "ap-melbourne-1": ["mel", "oc1"],
  "ap-osaka-1": ["kix", "oc1"],
  "ap-tokyo-1": ["nrt", "oc1"],
  "ca-montreal-1": ["yul", "oc1"],
  "ca-toronto-1": ["yyz", "oc1"],
  "eu-frankfurt-1": ["fra", "oc1"],
  "eu-zurich-1": ["zrh", "oc1"],
  "sa-saopaulo-1": ["gru", "oc1"],
  "uk-cardiff-1": ["cwl", "oc1"],
  "uk-london-1": ["lhr", "oc1"],
  "us-ashburn-1": ["iad", "oc1"],
  "us-phoenix-1": ["phx", "oc1"],
  "eu-amsterdam-1": ["ams", "oc1"],
  "me-jeddah-1": ["jed", "oc1"],
  "us-sanjose-1": ["sjc", "oc1"],
  "me-dubai-1": ["dxb", "oc1"],
  "sa-santiago-1": ["scl", "oc1"],
  "sa-vinhedo-1": ["vcp", "oc1"],
  "il-jerusalem-1": ["mtz", "oc1"],
  "eu-marseille-1": ["mrs", "oc1"],
  "ap-singapore-1": ["sin", "oc1"],
  "me-abudhabi-1": ["auh", "oc1"],
  "eu-milan-1": ["lin", "oc1"],
  "eu-stockholm-1": ["arn", "oc1"],
  "af-johannesburg-1": ["jnb", "oc1"],
  "eu-paris-1": ["cdg", "oc1"],
  "mx-queretaro-1": ["qro", "oc1"],
  "eu-madrid-1": ["mad", "oc1"],
  "us-chicago-1": ["ord", "oc1"],
  "mx-monterrey-1": ["mty", "oc1"],
  "us-saltlake-2": ["aga", "oc1"],
  "sa-bogota-1": ["bog", "oc1"],
  "sa-valparaiso-1": ["vap", "oc1"],
  "ap-singapore-2": ["xsp", "oc1"],
  "me-riyadh-1": ["ruh", "oc1"],
  "ap-delhi-1": ["onm", "oc1"],
  "ap-batam-1": ["hsg", "oc1"],
  "eu-madrid-3": ["orf", "oc1"],
  "eu-turin-1": ["nrq", "oc1"],
  "ap-kulai-2": ["jbp", "oc1"],
  "af-casablanca-1": ["lej", "oc1"],
  "us-langley-1": ["lfi", "oc2"],
  "us-luke-1": ["luf", "oc2"],
  "us-gov-ashburn-1": ["ric", "oc3"],
  "us-gov-chicago-1": ["pia", "oc3"],
  "us-gov-phoenix-1": ["tus", "oc3"],
  "uk-gov-london-1": ["ltn", "oc4"],
  "uk-gov-cardiff-1": ["brs", "oc4"],
  "ap-chiyoda-1": ["nja", "oc8"],
  "ap-ibaraki-1": ["ukb", "oc8"],
  "me-dcc-muscat-1": ["mct", "oc9"],
  "me-ibri-1": ["ibr", "oc9"],
  "ap-dcc-canberra-1": ["wga", "oc10"],
  "eu-dcc-milan-1": ["bgy", "oc14"],
  "eu-dcc-milan-2": ["mxp", "oc14"],
  "eu-dcc-dublin-2": ["snn", "oc14"],
  "eu-dcc-rating-2": ["dtm", "oc14"],
  "eu-dcc-rating-1": ["dus", "oc14"],
  "eu-dcc-dublin-1": ["ork", "oc14"],
  "eu-jovanovac-1": ["beg", "oc20"],
  "eu-madrid-2": ["vll", "oc19"],
  "eu-frankfurt-2": ["str", "oc19"],
  "eu-dcc-zurich-1": ["avz", "oc24"],
  "eu-crissier-1": ["avf", "oc24"],
  "me-dcc-doha-1": ["doh", "oc21"],
  "me-alrayyan-1": ["vve", "oc21"],
  "me-abudhabi-3": ["ahu", "oc26"],
  "me-alain-1": ["rba", "oc26"],
  "ap-dcc-gazipur-1": ["dac", "oc15"],
  "me-abudhabi-2": ["rkt", "oc29"],
  "me-abudhabi-4": ["shj", "oc29"],
  "us-somerset-1": ["ebb", "oc23"],
  "us-thames-1": ["ebl", "oc23"],
  "ap-seoul-2": ["dtz", "oc35"],
  "ap-suwon-1": ["dln", "oc35"],
  "ap-chuncheon-2": ["bno", "oc35"],
  "us-ashburn-2": ["yxj", "oc42"],
  "us-newark-1": ["pgc", "oc42"],
  "eu-budapest-1": ["jsk", "oc51"],
  "sa-riodejaneiro-1": ["hnw", "oc52"],
};

const CODES: ReadonlyMap<string, string> = new Map(Object.entries(REGIONS).map(([id, [code]]) => [code, id]));
// A region ends up in a host name, so nothing but a region's own letters may pass.
const REGION_ID = /^[a-z]{2,}(?:-[a-z0-9]+)*-\d{1,3}$/;

/** A region, and the domain its services live under. */
export interface Region {
  readonly id: string;
  readonly domain: string;
}

/** The region's id where `name` is a short code, else `name` in lower case; nothing is checked. */
export function regionId(name: string): string {
  const given = name.trim().toLowerCase();
  return CODES.get(given) ?? given;
}

/** The realm an OCID belongs to (`oc1`), or `undefined` where `ocid` is none. */
export function realmOf(ocid: string | undefined): string | undefined {
  return /^ocid1\.[a-z0-9]+\.(oc\d+)\./i.exec(ocid ?? "")?.[1]?.toLowerCase();
}

/**
 * The region meant by an id (`us-chicago-1`) or a short code (`ord`). A region newer than this table is placed by
 * the realm of `ocids` (a tenancy, a compartment), the first one that tells.
 *
 * @throws ConfigurationError when it is no region, or when its realm is unknown.
 * @example
 * ```ts
 * import { findRegion } from "@locus-sdk/oci";
 *
 * findRegion("fra"); // { id: "eu-frankfurt-1", domain: "oraclecloud.com" }
 * ```
 */
export function findRegion(name: string, ocids: readonly (string | undefined)[] = [], from = ""): Region {
  const id = regionId(name);
  const where = from === "" ? "" : ` (from ${from})`;
  const knownRealm = Object.hasOwn(REGIONS, id) ? REGIONS[id]?.[1] : undefined;
  if (knownRealm === undefined && !REGION_ID.test(id)) {
    throw new ConfigurationError(
      `"${name}" is not an OCI region${where}${didYouMean(id, Object.keys(REGIONS))}`,
      { hint: 'Expected a region such as "us-chicago-1", or its short code such as "ord".' },
    );
  }
  const realm = knownRealm ?? ocids.map(realmOf).find((candidate) => candidate !== undefined);
  if (realm === undefined) {
    throw new ConfigurationError(
      `the region "${name}" is not known${where}, and no OCID tells its realm${didYouMean(id, Object.keys(REGIONS))}`,
      { hint: "Check its spelling, or give the endpoint: the `endpoint` option or OCI_ENDPOINT." },
    );
  }
  const domain = Object.hasOwn(REALM_DOMAINS, realm) ? REALM_DOMAINS[realm] : undefined;
  if (domain === undefined) {
    throw new ConfigurationError(`the realm "${realm}" of the region "${name}" is not known${where}`, {
      hint: "Give the endpoint: the `endpoint` option or OCI_ENDPOINT, and name its host in `allowedHosts`.",
    });
  }
  return { id, domain };
}
