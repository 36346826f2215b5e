// The files that writeTestConfig leaves behind.
import { stat } from "node:fs/promises";
import path from "node:path";
import { ConfigFileAuthenticationDetailsProvider, SessionAuthDetailProvider } from "oci-common";
import { describe, expect, it } from "vitest";
import {
  model,
  openaiClient,
  say,
  signedFetch,
  temporaryDirectory,
  testConfig,
} from "../../test/support/client.ts";
import { EmulatorError, startOciEmulator, type Trust, writeTestConfig } from "../index.ts";

describe("writeTestConfig", () => {
  it("writes files that only their owner can read", async () => {
    await using config = await testConfig();
    const files = Object.values(config.profiles).flatMap(({ keyFile, securityTokenFile }) => [
      keyFile,
      securityTokenFile ?? keyFile,
    ]);
    for (const file of [config.configFile, ...files]) {
      expect([path.basename(file), (await stat(file)).mode & 0o777]).toEqual([path.basename(file), 0o600]);
    }
  });

  it("tightens the mode of files that were there before", async () => {
    await using directory = await temporaryDirectory();
    const { chmod } = await import("node:fs/promises");
    const first = await writeTestConfig(directory.path);
    await chmod(first.configFile, 0o644);
    const again = await writeTestConfig(directory.path);
    expect((await stat(again.configFile)).mode & 0o777).toBe(0o600);
  });

  it("of a running emulator is accepted by it at once, also a second time, and names its address", async () => {
    await using emulator = await startOciEmulator();
    await using directory = await temporaryDirectory();
    for (const name of ["one", "two"]) {
      const config = await emulator.writeTestConfig(path.join(directory.path, name), { profile: "SESSION" });
      expect(config.env).toMatchObject({
        OCI_ENDPOINT: emulator.url,
        OCI_CONFIG_FILE: config.configFile,
        OCI_PROFILE: "SESSION",
        OCI_AUTH_TYPE: "security_token",
        OCI_COMPARTMENT: config.compartmentId,
      });
      const completion = await openaiClient(emulator, config).chat.completions.create({
        model,
        messages: say("Hi"),
      });
      expect(completion.choices).toHaveLength(1);
    }
    expect(emulator.trust.keys).toHaveLength(2);
  });

  it("survives being written to JSON and read back", async () => {
    await using config = await testConfig();
    const trust: Trust = JSON.parse(JSON.stringify(config.trust));
    await using emulator = await startOciEmulator({ trust });
    const fetch = signedFetch(
      new SessionAuthDetailProvider(config.configFile, "SESSION"),
      config.compartmentId,
    );
    const completion = await openaiClient(emulator, config, { fetch }).chat.completions.create({
      model,
      messages: say("Hi"),
    });
    expect(completion.choices).toHaveLength(1);
  });

  it("can write a session that has already expired", async () => {
    await using config = await testConfig({ tokenLifeMs: -60_000 });
    await using emulator = await startOciEmulator({ trust: config.trust });
    const { readFileSync } = await import("node:fs");
    const provider = new ConfigFileAuthenticationDetailsProvider(config.configFile, "DEFAULT");
    const token = readFileSync(config.profiles.SESSION.securityTokenFile ?? "", "utf8");
    provider.getKeyId = () => Promise.resolve(`ST$${token}`);
    await expect(
      openaiClient(emulator, config, {
        fetch: signedFetch(provider, config.compartmentId),
      }).chat.completions.create({ model, messages: say("Hi") }),
    ).rejects.toMatchObject({ status: 401 });
    expect(emulator.requests[0]?.refusal).toMatch(/expired/);
  });
});

describe("startOciEmulator", () => {
  it.each(["0.0.0.0", "::", "localhost", "192.168.0.1"])("refuses to listen on %s", async (hostname) => {
    await expect(startOciEmulator({ hostname })).rejects.toMatchObject({ code: "hostname_refused" });
  });

  it("says which port is taken, and leaves nothing open when the second one is", async () => {
    await using first = await startOciEmulator();
    const port = Number(new URL(first.url).port);
    await expect(startOciEmulator({ port })).rejects.toMatchObject({ code: "port_unavailable" });
    await expect(startOciEmulator({ controlPort: port })).rejects.toBeInstanceOf(EmulatorError);
  });

  it("refuses a trust that it cannot use, by field", async () => {
    const trust = JSON.parse('{"tenancyId":"t"}') as Trust;
    await expect(startOciEmulator({ trust })).rejects.toThrow(/userId/);
  });
});
