// Starts and stops an emulator: two listeners over one shared state.
import type { IncomingMessage, ServerResponse } from "node:http";
import { offline } from "./answers/offline/index.ts";
import { ScriptQueue } from "./answers/scripted.ts";
import { createTrust, newApiKey, TrustStore } from "./auth/trust.ts";
import { createClock } from "./clock.ts";
import { writeConfigFiles } from "./config/write-test-config.ts";
import { ContainerStore } from "./containers/store.ts";
import { retentionMs } from "./control/projects.ts";
import { ControlPlane } from "./control/resources.ts";
import { ConversationStore } from "./conversations/store.ts";
import { EmulatorError } from "./errors.ts";
import { FileStore } from "./files/store.ts";
import { RequestFaults } from "./http/faults.ts";
import { controlRoutes, dataRoutes } from "./http/routes.ts";
import { type Serving, serve } from "./http/serve.ts";
import { type Listener, listen, loopback } from "./http/server.ts";
import { createPrincipals } from "./identity/principals.ts";
import { identityRoutes, workloadRoutes } from "./identity/routes.ts";
import { IdentityService } from "./identity/service.ts";
import { Journal, type Plane } from "./journal.ts";
import type { OciEmulator, OciEmulatorOptions } from "./options.ts";
import { ResponseStore } from "./responses/store.ts";
import { settingsOf } from "./settings.ts";
import type { EmulatorState } from "./state.ts";
import { storedIn } from "./stored.ts";
import { VectorStores } from "./vector-stores/store.ts";

/**
 * Starts OCI Generative AI on loopback.
 *
 * @throws EmulatorError if a hostname other than 127.0.0.1 is asked for, a port is taken or the trust is unusable
 *
 * @example
 * ```ts
 * import { startOciEmulator } from "@locus-sdk/oci-emulator";
 *
 * await using emulator = await startOciEmulator();
 * const config = await emulator.writeTestConfig("./.oci-test");
 * process.stdout.write(`${emulator.url} ${config.env.OCI_CONFIG_FILE}\n`);
 * ```
 */
export async function startOciEmulator(options: OciEmulatorOptions = {}): Promise<OciEmulator> {
  const { hostname = loopback } = options;
  if (hostname !== loopback) {
    throw new EmulatorError(
      "hostname_refused",
      `The emulator does not listen on ${hostname}.`,
      `It serves this machine only: leave hostname out, or use ${loopback}.`,
    );
  }
  const clock = createClock();
  const settings = settingsOf(options);
  const files = new FileStore(clock);
  const trust = new TrustStore(options.trust ?? createTrust(options.region));
  const controlPlane = new ControlPlane(clock, options.control);
  trust.lookUpMinted((secret) => controlPlane.secrets.lookUp(secret, trust.current.region));
  const state: EmulatorState = {
    clock,
    settings,
    responses: new ResponseStore(clock, (scope) =>
      retentionMs(controlPlane, scope, "responsesRetentionInHours", settings.responseTtlMs),
    ),
    conversations: new ConversationStore(clock, (scope) =>
      retentionMs(controlPlane, scope, "conversationsRetentionInHours", settings.conversationTtlMs),
    ),
    files,
    vectorStores: new VectorStores(clock, files, options.vectorStores),
    containers: new ContainerStore(clock),
    control: controlPlane,
    trust,
    identity: new IdentityService(clock, trust),
    journal: new Journal({
      entries: options.journalSize ?? 10_000,
      bytes: options.journalBytes ?? 64 * 1024 * 1024,
    }),
    violations: [],
    script: new ScriptQueue(),
    faults: new RequestFaults(),
    answers: options.answers ?? offline(),
    models: options.models,
    strictness: options.strictness ?? "documented",
    wire: options.wire ?? {},
  };
  const closing = new AbortController();
  const serving = {
    state,
    maxBodyBytes: options.maxBodyBytes ?? 50 * 1024 * 1024,
    onRequest: options.onRequest,
    closing: closing.signal,
  };
  const inFlight = new Set<Promise<void>>();
  const listeners: Listener[] = [];
  const open = async (
    plane: Plane,
    routes: Serving["routes"],
    port = 0,
    tls?: { readonly key: string; readonly cert: string },
  ): Promise<Listener> => {
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      const served = serve({ plane, routes, ...serving }, request, response);
      inFlight.add(served);
      void served.finally(() => inFlight.delete(served));
    };
    const listener = await listen(port, handle, tls);
    // Opened while the emulator was being closed: nobody else would close it.
    if (closing.signal.aborted) await listener.close();
    listeners.push(listener);
    return listener;
  };
  const data = await open("data", dataRoutes, options.port);
  const control = await open("control", controlRoutes, options.controlPort).catch(async (error: unknown) => {
    await data.close();
    throw error;
  });

  const idle = async (): Promise<void> => {
    while (inFlight.size > 0) await Promise.all(inFlight);
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      closing.abort();
      await Promise.all(listeners.map((listener) => listener.close()));
      await idle();
    })();
    return closed;
  };
  const writeTestConfig: OciEmulator["writeTestConfig"] = async (directory, configOptions = {}) => {
    const config = await writeConfigFiles(directory, {
      endpoint: data.url,
      controlEndpoint: control.url,
      now: clock.now(),
      ...configOptions,
      trust: trust.current,
    });
    trust.extend(config.trust);
    return config;
  };
  let identityListener: Promise<Listener> | undefined;
  let workloadListener: Promise<Listener> | undefined;
  const principals = createPrincipals({
    state,
    endpoint: data.url,
    controlEndpoint: control.url,
    identityListener: () => {
      identityListener ??= open("identity", identityRoutes);
      return identityListener;
    },
    workloadListener: () => {
      workloadListener ??= state.identity.serverCertificate(loopback).then(({ pem, privateKey }) =>
        open("workload", workloadRoutes, 0, {
          cert: pem,
          key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
        }),
      );
      return workloadListener;
    },
    writeConfig: writeTestConfig,
  });
  return {
    url: data.url,
    controlUrl: control.url,
    clock: state.clock,
    get requests() {
      return state.journal.entries;
    },
    get violations() {
      return state.violations;
    },
    get generations() {
      return state.journal.generations;
    },
    get generationsByCall() {
      return state.journal.generationsByCall;
    },
    get zeroDataRetention() {
      return settings.zeroDataRetention;
    },
    set zeroDataRetention(on) {
      settings.zeroDataRetention = on;
    },
    get trust() {
      return state.trust.current;
    },
    get stored() {
      return storedIn(state);
    },
    script: (...turns) => state.script.push(turns),
    fault: (fault) => state.faults.add(fault),
    reset: () => {
      state.journal.clear();
      state.violations.length = 0;
      state.script.clear();
      state.faults.clear();
      state.answers.reset();
      state.clock.reset();
      state.responses.clear();
      state.conversations.clear();
      state.files.clear();
      state.vectorStores.clear();
      state.containers.clear();
      state.control.clear();
      state.identity.reset();
      settings.zeroDataRetention = options.serverState?.zeroDataRetention ?? false;
    },
    idle,
    createApiKey: (keyOptions) => {
      const key = newApiKey(state.trust.current, state.clock.now(), keyOptions);
      state.trust.putApiKey(key);
      return key;
    },
    deactivateApiKey: (id) => {
      const key = state.trust.current.apiKeys.find((candidate) => candidate.id === id);
      if (key === undefined) {
        throw new EmulatorError(
          "invalid_option",
          `There is no API key ${id}.`,
          "Use the id of createApiKey().",
        );
      }
      state.trust.putApiKey({ ...key, active: false });
    },
    writeTestConfig,
    principals,
    close,
    [Symbol.asyncDispose]: close,
  };
}
