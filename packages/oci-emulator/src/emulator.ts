// Starts and stops an emulator: two listeners over one shared state.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { offline } from "./answers/offline/index.ts";
import { ScriptQueue } from "./answers/scripted.ts";
import { createTrust, newApiKey, TrustStore } from "./auth/trust.ts";
import { createClock } from "./clock.ts";
import { writeConfigFiles } from "./config/write-test-config.ts";
import { ConversationStore } from "./conversations/store.ts";
import { EmulatorError } from "./errors.ts";
import { dispatch, refusal } from "./http/dispatch.ts";
import { errorReplies } from "./http/envelopes.ts";
import { type RawRequest, readRequest } from "./http/request.ts";
import type { OpenRoute, Route } from "./http/route.ts";
import { controlRoutes, dataRoutes } from "./http/routes.ts";
import { sendReply } from "./http/send.ts";
import { type Listener, listen, loopback } from "./http/server.ts";
import { createPrincipals } from "./identity/principals.ts";
import { identityRoutes, workloadRoutes } from "./identity/routes.ts";
import { IdentityService } from "./identity/service.ts";
import { Journal, type OpenEntry, type Plane } from "./journal.ts";
import type { OciEmulator, OciEmulatorOptions } from "./options.ts";
import { ResponseStore } from "./responses/store.ts";
import { settingsOf } from "./settings.ts";
import type { EmulatorState } from "./state.ts";

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
  const trust = new TrustStore(options.trust ?? createTrust(options.region));
  const state: EmulatorState = {
    clock,
    settings,
    responses: new ResponseStore(clock, settings.responseTtlMs),
    conversations: new ConversationStore(clock, settings.conversationTtlMs),
    trust,
    identity: new IdentityService(clock, trust),
    journal: new Journal({
      entries: options.journalSize ?? 10_000,
      bytes: options.journalBytes ?? 64 * 1024 * 1024,
    }),
    violations: [],
    script: new ScriptQueue(),
    answers: options.answers ?? offline(),
    models: options.models,
    strictness: options.strictness ?? "documented",
    wire: options.wire ?? {},
  };
  const closing = new AbortController();
  const inFlight = new Set<Promise<void>>();
  const listeners: Listener[] = [];
  const open = async (
    plane: Plane,
    routes: Serving["routes"],
    port = 0,
    tls?: { readonly key: string; readonly cert: string },
  ): Promise<Listener> => {
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      const served = serve({ plane, routes, state, options, closing: closing.signal }, request, response);
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
    get zeroDataRetention() {
      return settings.zeroDataRetention;
    },
    set zeroDataRetention(on) {
      settings.zeroDataRetention = on;
    },
    get trust() {
      return state.trust.current;
    },
    script: (...turns) => state.script.push(turns),
    reset: () => {
      state.journal.clear();
      state.violations.length = 0;
      state.script.clear();
      state.answers.reset();
      state.clock.reset();
      state.responses.clear();
      state.conversations.clear();
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

interface Serving {
  readonly plane: Plane;
  readonly routes: readonly (Route | OpenRoute)[];
  readonly state: EmulatorState;
  readonly options: OciEmulatorOptions;
  readonly closing: AbortSignal;
}

async function serve(serving: Serving, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { state, options } = serving;
  const startedAt = performance.now();
  let request: RawRequest & { readonly tooLarge: boolean };
  try {
    request = await readRequest(incoming, options.maxBodyBytes ?? 50 * 1024 * 1024);
  } catch {
    // The client left in the middle of its own request: there is nothing to record and nobody to answer.
    return;
  }
  const id = request.headers.first("opc-request-id") ?? randomUUID().replaceAll("-", "").toUpperCase();
  const entry = state.journal.open(request, id, serving.plane, state.clock.now());
  const left = new AbortController();
  const onClosing = (): void => left.abort();
  serving.closing.addEventListener("abort", onClosing, { once: true });
  const elapsed = (): number => Math.round((performance.now() - startedAt) * 1000) / 1000;
  const ended = new Promise<void>((resolve) => {
    response.once("close", () => {
      entry.durationMs = elapsed();
      if (!response.writableFinished && !entry.cut && !serving.closing.aborted) {
        entry.aborted = true;
        entry.abortedAfterMs = entry.durationMs;
      }
      left.abort();
      resolve();
    });
  });
  try {
    response.sendDate = false;
    response.setHeader("date", state.clock.now().toUTCString());
    response.setHeader("opc-request-id", id);
    await answer(serving, request, { entry, response, signal: left.signal });
    await ended;
  } finally {
    serving.closing.removeEventListener("abort", onClosing);
  }
  options.onRequest?.(entry);
}

async function answer(
  serving: Serving,
  request: RawRequest & { readonly tooLarge: boolean },
  to: { readonly entry: OpenEntry; readonly response: ServerResponse; readonly signal: AbortSignal },
): Promise<void> {
  const { state } = serving;
  const { entry, response, signal } = to;
  try {
    const reply = request.tooLarge
      ? refusal(errorReplies.RequestEntityTooLarge, "the body exceeds maxBodyBytes")
      : await dispatch(request, serving.routes, state, entry, signal);
    await sendReply(reply, {
      response,
      signal,
      onStatus: (status) => {
        entry.status = status;
        entry.refusal = reply.refusal;
        if (reply.charged) state.journal.charge(entry);
        reply.onSent?.();
      },
      onCut: () => {
        entry.cut = true;
      },
    });
  } catch (error) {
    if (signal.aborted) return;
    // A function in a script threw, or an answer source failed: the client gets an error, the journal the reason.
    entry.refusal = error instanceof Error ? error.message : String(error);
    if (response.headersSent) {
      entry.cut = true;
      response.destroy();
      return;
    }
    entry.status = 500;
    response.writeHead(500, { "content-type": "application/json", "x-should-retry": "false" });
    response.end(JSON.stringify({ code: "EmulatorFailure", message: entry.refusal }));
  }
}
