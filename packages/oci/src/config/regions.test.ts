/** Regions: short codes, realms, and what is refused; checked against the vendor's own table. */
import { ConfigurationError } from "@locus-sdk/core";
import fc from "fast-check";
import { Realm, Region } from "oci-common";
import { describe, expect, test } from "vitest";
import { findRegion, REALM_DOMAINS, realmOf } from "./regions.ts";

describe("findRegion", () => {
  test("every region and short code of the OCI SDK is placed where the SDK places it", () => {
    const regions = Region.values();
    expect(regions.length).toBeGreaterThan(50);
    for (const region of regions) {
      const expected = { id: region.regionId, domain: region.realm.secondLevelDomain };
      expect(findRegion(region.regionId)).toEqual(expected);
      expect(findRegion(` ${region.regionCode?.toUpperCase()} `)).toEqual(expected);
    }
    for (const realm of Realm.values()) expect(REALM_DOMAINS[realm.realmId]).toBe(realm.secondLevelDomain);
  });

  test("a region newer than the table is placed by the realm of the first OCID that tells", () => {
    expect(findRegion("eu-newtown-1", [undefined, "ocid1.tenancy.oc19..aaa"])).toEqual({
      id: "eu-newtown-1",
      domain: "oraclecloud.eu",
    });
  });

  test("an unknown region without a realm is an error that names the nearest one and where it came from", () => {
    expect(() => findRegion("us-chicgo-1", [], "OCI_REGION")).toThrow(
      /"us-chicgo-1" is not known \(from OCI_REGION\).*did you mean "us-chicago-1"/,
    );
    expect(() => findRegion("eu-newtown-1", ["ocid1.tenancy.oc77..aaa"])).toThrow(/realm "oc77"/);
  });

  test("no text whatever becomes part of a host name unless it is a region", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^us-[a-z./@:#?]{1,12}-1$/)), (text) => {
        try {
          const { id, domain } = findRegion(text, ["ocid1.tenancy.oc1..aaa"]);
          expect(new URL(`https://x.${id}.oci.${domain}/`).hostname).toBe(`x.${id}.oci.${domain}`);
          expect(id).toMatch(/^[a-z0-9-]+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
        }
      }),
    );
  });

  test("names every object has are no regions", () => {
    for (const name of ["constructor", "__proto__", "toString"]) {
      expect(() => findRegion(name)).toThrow(ConfigurationError);
    }
  });
});

test("the realm is the third part of an OCID", () => {
  expect(realmOf("ocid1.compartment.oc19..abc")).toBe("oc19");
  expect(realmOf("us-chicago-1")).toBeUndefined();
});
