/** What is read from an OCI configuration file, and what one profile may borrow from [DEFAULT]. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { ConfigurationError } from "@locus-sdk/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseProfiles, readProfile, selectProfile } from "./profile-file.ts";

const FILE = join(tmpdir(), "oci", "config");
const profile = (source: string, name = "DEFAULT") => {
  const found = selectProfile(parseProfiles(source), name, FILE);
  if (found === undefined) throw new Error(`no profile ${name}`);
  return found;
};

describe("lines", () => {
  test("byte order mark, CRLF, spaces, indentation and both kinds of comment lines are taken as meant", () => {
    const source =
      "\uFEFF; one\r\n# two\r\n  [DEFAULT]  # main\r\n  user = ocid1.user.oc1..a  \r\nregion: us-chicago-1\r\n\r\n";
    expect(profile(source)).toMatchObject({ user: "ocid1.user.oc1..a", region: "us-chicago-1" });
  });

  test("a comment behind a value is cut off, a # within a path or a pass phrase is not", () => {
    const found = profile(
      '[DEFAULT]\nregion=iad ; Ashburn\nkey_file=/keys/a#b;c.pem # mine\npass_phrase=p#1 ;2 \\; ="x"\n',
    );
    expect(found.region).toBe("iad");
    expect(found.keyFile).toBe("/keys/a#b;c.pem");
    expect(found.passPhrase?.reveal()).toBe('p#1 ;2 \\; ="x"');
  });

  test("quotes around a path go, and words that look like JSON stay text", () => {
    const found = profile('[DEFAULT]\nkey_file="/my keys/a # b.pem" # c\nuser=true\npass_phrase=null\n');
    expect(found.keyFile).toBe("/my keys/a # b.pem");
    expect(found.user).toBe("true");
    expect(found.passPhrase?.reveal()).toBe("null");
  });

  test("dots, brackets and prototype names in section names and keys mean nothing special", () => {
    const profiles = parseProfiles(
      "[team.dev]\nuser=a\n[__proto__]\nuser=b\n[constructor]\n__proto__=x\nuser=c\n",
    );
    expect([...profiles.keys()]).toEqual(["team.dev", "__proto__", "constructor"]);
    expect(profiles.get("__proto__")?.get("user")).toBe("b");
    expect(profiles.get("constructor")?.get("user")).toBe("c");
    expect(Object.hasOwn(Object.prototype, "user")).toBe(false);
  });

  test("~ is the home directory and a relative path starts at the configuration file", () => {
    const found = profile("[DEFAULT]\nkey_file=~/.oci/k.pem\nsecurity_token_file=sessions/token\n");
    expect(found.keyFile).toBe(join(homedir(), ".oci/k.pem"));
    expect(found.securityTokenFile).toBe(join(tmpdir(), "oci", "sessions/token"));
  });

  test("key_content is taken from one line with \\n in it as from several lines", () => {
    const pem = "-----BEGIN PRIVATE KEY-----\nAAAA\nBB==\n-----END PRIVATE KEY-----";
    const oneLine = profile(`[DEFAULT]\nkey_content=${pem.replaceAll("\n", "\\n")}\nuser=u`);
    const several = profile(`[DEFAULT]\nkey_content=${pem.replaceAll("\n", "\n  ")}\nuser=u`);
    const below = profile(`[DEFAULT]\nkey_content=\n${pem}\nuser=u`);
    for (const found of [oneLine, several, below]) {
      expect(found.keyContent?.reveal().trim()).toBe(pem);
      expect(found.user).toBe("u");
    }
  });

  test("a line that is nothing is refused by its number, without its text", () => {
    const read = () => parseProfiles("[A]\nuser=x\nMIIEvQIBADANBgkqhki\n", "/x/config");
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(/\/x\/config, line 3: expected/);
    expect(read).not.toThrow(/MIIE/);
  });

  test("any value without a comment in it comes back as it went in", () => {
    const text = fc
      .string({ unit: "grapheme" })
      .map((value) => value.trim())
      .filter((value) => value !== "" && !/[\r\n]/.test(value) && !value.includes("\\n"));
    fc.assert(
      fc.property(text, (value) => {
        expect(profile(`[DEFAULT]\npass_phrase=${value}\n`).passPhrase?.reveal()).toBe(value);
      }),
    );
  });

  test("any section name and any plain value survive beside others", () => {
    const name = fc
      .string({ minLength: 1 })
      .map((value) => value.trim())
      .filter((value) => /^[^\]\r\n]+$/.test(value));
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), (names) => {
        const source = names.map((each, index) => `[${each}]\nuser=u${index}\n`).join("");
        const profiles = parseProfiles(source);
        expect([...profiles.keys()]).toEqual(names);
        for (const [index, each] of names.entries())
          expect(profiles.get(each)?.get("user")).toBe(`u${index}`);
      }),
    );
  });
});

describe("inheritance from [DEFAULT]", () => {
  const API = "[DEFAULT]\nuser=u\ntenancy=t\nfingerprint=f\nkey_file=/k\npass_phrase=p\nregion=ord\n";

  test("a profile that lacks keys has those of [DEFAULT]", () => {
    expect(profile(`${API}[A]\nregion=iad\n`, "A")).toMatchObject({
      user: "u",
      keyFile: "/k",
      region: "iad",
    });
  });

  test("an empty value is a missing one", () => {
    expect(profile(`${API}[A]\nregion=\n`, "A").region).toBe("ord");
  });

  test("a session profile takes nothing of an API key's credentials and not its tenancy, but the region", () => {
    const found = profile(`${API}[S]\nsecurity_token_file=/t\n`, "S");
    expect(found).toMatchObject({ tenancy: undefined, region: "ord", securityTokenFile: "/t" });
    expect([found.user, found.fingerprint, found.keyFile, found.passPhrase]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("an API-key profile takes no session token, whatever else [DEFAULT] holds", () => {
    for (const user of ["", "user=other\n"]) {
      const found = profile(
        `[DEFAULT]\n${user}security_token_file=/t\nkey_file=/d\nregion=ord\n[A]\nuser=u\n`,
        "A",
      );
      expect(found).toMatchObject({ user: "u", region: "ord", securityTokenFile: undefined });
    }
  });

  test("authentication_type is not lent to a profile with credentials of its own", () => {
    expect(
      profile("[DEFAULT]\nauthentication_type=instance_principal\n[A]\nuser=u\n", "A").authenticationType,
    ).toBeUndefined();
  });

  test("a key of the profile's own goes with no fingerprint or key of [DEFAULT], but with its pass phrase", () => {
    const found = profile(`${API}[A]\nuser=u2\nkey_content=x\n`, "A");
    expect(found).toMatchObject({ user: "u2", fingerprint: undefined, keyFile: undefined });
    expect(found.passPhrase?.reveal()).toBe("p");
  });
});

describe("reading", () => {
  test("a profile that is not there is refused with the nearest name and the list", () => {
    const file = join(mkdtempSync(join(tmpdir(), "locus-")), "config");
    writeFileSync(file, "[DEFAULT]\nuser=u\n[production]\nuser=v\n");
    try {
      readProfile(file, "prodution");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({
        message: `${file} has no profile "prodution"; did you mean "production"?`,
        hint: expect.stringContaining("DEFAULT, production"),
      });
    }
  });

  test("a file that is not there is refused with what to do", () => {
    expect(() => readProfile("/nowhere/config", "DEFAULT")).toThrow(/\/nowhere\/config cannot be read/);
  });

  test("a profile printed in any way shows no pass phrase and no key", () => {
    const found = profile("[DEFAULT]\npass_phrase=hunter2\nkey_content=hunter2\n");
    for (const text of [
      inspect(found, { depth: 9 }),
      JSON.stringify(found),
      String(found.passPhrase?.toString()),
    ]) {
      expect(text).not.toContain("hunter2");
    }
  });
});
