/** Where credentials go, and above all where they do not. */
import { ConfigurationError } from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assertSafeUrl, type HostRules } from "./hosts.ts";

const safe = (url: string, rules?: HostRules): boolean => {
  try {
    assertSafeUrl(new URL(url), rules);
    return true;
  } catch (error) {
    if (error instanceof ConfigurationError) return false;
    throw error;
  }
};

describe("assertSafeUrl", () => {
  test.each([
    "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1",
    "https://inference.generativeai.us-langley-1.oci.oraclegovcloud.com",
    "https://inference.generativeai.uk-gov-london-1.oci.oraclegovcloud.uk",
    "https://inference.generativeai.eu-madrid-2.oci.oraclecloud.eu",
    "https://inference.generativeai.ap-chiyoda-1.oci.oraclecloud8.com",
    "https://modeldeployment.us-ashburn-1.oci.customer-oci.com/ocid1/predict",
    "http://127.0.0.1:8080/x",
    "http://localhost/x",
    "http://[::1]:1/x",
    "http://0x7f.1/x",
  ])("%s may be sent credentials", (url) => {
    expect(safe(url)).toBe(true);
  });

  test.each([
    "https://oraclecloud.com",
    "https://eviloraclecloud.com",
    "https://inference.oraclecloud.com.evil.example",
    "https://oraclecloud.com@evil.example/",
    "https://evil.example/oraclecloud.com",
    "https://evil.example#.oraclecloud.com",
    "https://oci.oraclecloud.com.",
    "https://127.0.0.1.evil.example",
    "https://localhost.evil.example",
    "https://oraclecloud7.com",
    "https://h.oraclecloud999.com",
    "http://inference.generativeai.us-chicago-1.oci.oraclecloud.com",
    "http://169.254.169.254/",
    "http://10.0.0.1/",
    "ftp://h.oraclecloud.com/",
    "https://user:pw@h.oraclecloud.com",
  ])("%s may not", (url) => {
    expect(safe(url)).toBe(false);
  });

  test("a bearer key does not go to hosts that customers may own", () => {
    const url = "https://abc.apigateway.us-ashburn-1.oci.customer-oci.com";
    expect(safe(url)).toBe(true);
    expect(safe(url, { bearer: true })).toBe(false);
  });

  test.each([
    "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com",
    "https://generativeai.eu-madrid-2.oci.oraclecloud.eu",
    "https://agent-runtime.generativeai.us-langley-1.oci.oraclegovcloud.com",
    "http://127.0.0.1:8080",
  ])("%s may be sent a bearer key", (url) => {
    expect(safe(url, { bearer: true })).toBe(true);
  });

  test.each([
    "https://abc.us-chicago-1.functions.oci.oraclecloud.com",
    "https://objectstorage.us-chicago-1.oraclecloud.com",
    "https://generativeai.compat.objectstorage.us-chicago-1.oci.oraclecloud.com",
    "https://generativeai.objectstorage.us-chicago-1.oci.oraclecloud.com",
    "https://generativeai.us-chicago-1.functions.oci.oraclecloud.com",
    "https://evilgenerativeai.us-chicago-1.oci.oraclecloud.com",
    "https://generativeai.us-chicago-1.oci.customer-oci.com",
  ])("%s may be sent a signature, but no bearer key unless it is named", (url) => {
    expect(safe(url)).toBe(true);
    expect(safe(url, { bearer: true })).toBe(false);
    expect(safe(url, { bearer: true, allowedHosts: [new URL(url).host] })).toBe(true);
  });

  test("allowedHosts adds exactly what it names", () => {
    const rules = { allowedHosts: ["gw.example.com", "other.example:8443", "*.corp.example"] };
    expect(safe("https://gw.example.com/x", rules)).toBe(true);
    expect(safe("https://gw.example.com:9/x", rules)).toBe(true);
    expect(safe("https://other.example:8443", rules)).toBe(true);
    expect(safe("https://a.b.corp.example", rules)).toBe(true);
    for (const url of [
      "https://a.gw.example.com",
      "https://other.example",
      "https://corp.example",
      "http://gw.example.com",
    ]) {
      expect(safe(url, rules)).toBe(false);
    }
  });

  test("no other domain passes, however it is dressed up", () => {
    const dressed = fc
      .tuple(
        fc.stringMatching(/^(?:[a-z0-9]{1,6}\.){1,2}(?:com|eu|uk|example)$/),
        fc.constantFrom("", "oraclecloud.com.", "oci.oraclecloud.com-", "127.0.0.1."),
        fc.stringMatching(/^\/[\w.@:/-]{0,12}$/),
      )
      .map(([domain, prefix, path]) => `https://${prefix}${domain}${path}`)
      .filter((url) => URL.canParse(url));
    fc.assert(fc.property(dressed, (url) => !safe(url)));
  });
});
