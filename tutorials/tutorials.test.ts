// Every tutorial, run as its readers run it, shows what its first lines promise.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startOciEmulator } from "locus-sdk/emulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home without any configuration, which also takes what is temporary. */
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "locus-tutorials-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function node(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const heard = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      heard[name] += text;
    });
  }
  await once(child, "close");
  return { code: child.exitCode, ...heard };
}

const tutorial = (name: string): Promise<Finished> => node("run.ts", [name]);

/** One line on stderr says who answers; a tutorial itself writes nothing there. */
const notice = /^No OCI configuration found .*not a model's\.\n$/;

describe("the tutorials, offline", { timeout: 60_000 }, () => {
  it("01: an answer from a tool's result, and what else a result holds", async () => {
    const { code, stdout, stderr } = await tutorial("01");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(/^answer: .*light rain.*\(offline emulator\)$/m);
    expect(stdout).toMatch(/^success: +true \(complete\)$/m);
    expect(stdout).toContain('get_weather {"city":"Chicago"} → {"city":"Chicago","condition":"light rain"');
    expect(stdout).toMatch(/^iterations: +2$/m);
    expect(stdout.match(/^message: +(\w+)/gm)?.map((line) => line.split(/ +/)[1])).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
    for (const city of ["Oslo", "Lima", "Tokyo"])
      expect(stdout).toContain(`${city}: Here is what the tools say.`);
    expect(code).toBe(0);
  });

  it("02: two tools for one question, a default, a call that is not repeated, one that is approved", async () => {
    const { code, stdout, stderr } = await tutorial("tools");
    expect(stderr).toMatch(notice);
    expect(stdout).toContain('… convert_currency {"askingFor":"today\'s rate","customer":"Ada"}');
    expect(stdout).toContain('called get_weather {"city":"Oslo","unit":"celsius"}');
    expect(stdout).toContain(
      'called convert_currency {"amount":250,"fromCurrency":"NOK","toCurrency":"EUR"}',
    );
    expect(stdout).toContain('book_hotel {"city":"Oslo","booking":"B-101"} (answered from the first call)');
    expect(stdout).toContain("bookings made: 1");
    expect(stdout).toContain("stopped: interrupted");
    expect(stdout).toContain('question: May refund_order be called? refund_order {"orderId":"A-1047"}');
    expect(stdout).toMatch(/^after yes: .*status refunded/m);
    expect(code).toBe(0);
  });

  it("03: text and progress as they come, durable events without gaps, an answer that is cut off", async () => {
    const { code, stdout, stderr } = await tutorial("03-streaming");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(
      /\[search_flights \{"from":"Chicago","to":"Oslo"\}\]\n {2}… \{"searching":"Northern Air"\}\n/,
    );
    expect(stdout).toMatch(/flights id NA 417.*\n\[complete, 2 iterations, \d+ tokens\]$/m);
    expect(stdout).toContain(
      "1 run_start, 2 model_complete, 3 tool_start, 4 tool_complete, 5 model_complete, 6 terminate",
    );
    expect(stdout).toContain("the text came in many pieces; the result: complete");
    expect(stdout).toContain("the run ended: cancelled");
    expect(code).toBe(0);
  });

  it("04: threads in memory and in files, their events, a fork, and a run that goes on", async () => {
    const { code, stdout, stderr } = await tutorial("4");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(/^ada: +Your name is Ada\./m);
    expect(stdout).toMatch(/^bob: +You have not told me your name\./m);
    expect(stdout).toMatch(/^kept: Your favourite city is Oslo\./m);
    expect(stdout).toContain('stored: thread "trip", 6 events');
    expect(stdout).toContain("messages after the first run: 2, now: 4");
    expect(stdout).toMatch(/^trip-to-lima: Your favourite city is Lima/m);
    expect(stdout).toMatch(/^trip: Your favourite city is Oslo/m);
    expect(stdout).toContain('the other: the thread "trip" has a run under way');
    expect(stdout).toContain("complete; reports written by the resumed run: 1");
    expect(code).toBe(0);
  });

  it("05: a call denied, a number never seen, the order of priorities, a guard that fails closed", async () => {
    const { code, stdout, stderr } = await tutorial("05");
    expect(stderr).toMatch(notice);
    expect(stdout).toContain("[observer] find_customer: executed");
    expect(stdout).toContain("[check] temperature is 0");
    expect(stdout).toContain("card [card number]");
    expect(stdout).toContain("the tool returned the card: true\nthe conversation holds it:  false");
    expect(stdout).toContain("delete_customer → denied: records are read-only here; ask an administrator");
    expect(stdout).toContain("records deleted: 0");
    expect(stdout).toContain(
      "→ security  → observability  → business  business →  observability →  security →",
    );
    expect(stdout).toContain("success: false, guardrail: policy-service failed in beforeRun; model calls: 0");
    expect(code).toBe(0);
  });

  it("06: nine failures, each of its kind", async () => {
    const { code, stdout, stderr } = await tutorial("06");
    expect(stderr).toMatch(notice);
    const chapters = stdout.split(/^(?=\d\. )/m);
    for (const [index, shown] of [
      /the model says: .*order A-1047 is not in the system.*\n {2}success: true/,
      /tries: 3; the model saw 1 call: .*"status":"cancelled"/,
      /timeout: sales_report failed: timed out after 50 ms/,
      /ToolError \(tool_error\): .*the payment service is down[\s\S]*so far: 1 model call, stopped by error/,
      /success: false, max_iterations\n {2}it still says: .*[\s\S]*success: false, token_budget[\s\S]*TimeoutError \(timeout\)/,
      /CancelledError \(cancelled\)[\s\S]*the same thread, afterwards: .*cancelled/,
      /did you mean "oci"\?\n.*did you mean "maxIterations"\?/,
      /PermissionOrNotFoundError[\s\S]*hint: [\s\S]*status 404, request id: yes/,
      /ConnectionError \(connection\)[\s\S]*worth trying again: true/,
    ].entries()) {
      expect(chapters[index]).toMatch(shown);
    }
    expect(stdout).toMatch(/all of it met, none of it fatal\n$/);
    expect(code).toBe(0);
  });

  it("07: every step on record first, a snapshot, lists, a thread that is busy, keys that change, threads that go", async () => {
    const { code, stdout, stderr } = await tutorial("07");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(/at version 2: tool_start\n {2}the tool runs\n {2}at version 3: tool_complete\n/);
    expect(stdout).toContain("81 events; loading it takes a snapshot at 75 and 6 events");
    expect(stdout).toMatch(/and it knows: Your name is Ada\./);
    expect(stdout).toContain('{"metadata":{"tenant":"acme"}} → long, trip/1, trip/3');
    expect(stdout).toContain('{"prefix":"trip/","limit":2} → trip/1, trip/2\n  the next page → trip/3');
    expect(stdout).toContain('the hasty one: the thread "trip/1" has a run under way in another process');
    expect(stdout).toMatch(/the patient one: Your favourite city is Oslo\./);
    expect(stdout).toMatch(
      /can read it: true\n {2}encrypted: 1\d\d events and snapshots; .* can read it: false\n {2}with the new key alone: Your name is Ada\..*\n {2}without any key: encryption_key_missing/,
    );
    expect(stdout).toMatch(/is there: false\n {2}cleared away: 4 threads\n$/);
    expect(code).toBe(0);
  });

  it("08: a question, an approval from another process, a no, a yes that covers nothing else, a hook and an agent that ask", async () => {
    const { code, stdout, stderr } = await tutorial("08");
    expect(stderr).toMatch(notice);
    expect(stdout).toContain('the tool\'s result: {"city":"Oslo","hotel":"Harbour","booking":"B-101"}');
    expect(stdout).toContain('which is a call of refund_customer {"customer":"Ada","euros":500}');
    expect(stdout).toMatch(/after the clerk's yes: .*refunded 150/);
    expect(stdout).toContain(
      "open: Pay 300 euros back to Bob? | Which hotel in Lima?\n  open: Which hotel in Lima?\n  refund_customer, denied: The order was delivered.",
    );
    expect(stdout).toMatch(
      /is for another call than the one that waits.*\n {2}asked again: Pay 450 euros back to Carol\?/,
    );
    expect(stdout).toContain("It is late. Shall refund_customer really be called?\n  after yes: executed");
    expect(stdout).toContain("interrupted: Which colour do you like?\n  after the answer: terminal_tool");
    expect(code).toBe(0);
  });

  it("09: a thread's versions, its state in between, a copy, and runs again from its beginning and its middle", async () => {
    const { code, stdout, stderr } = await tutorial("time-travel");
    expect(stderr).toMatch(notice);
    expect(stdout.match(/^ +\d \w+ /gm)?.map((line) => line.trim().split(/ +/)[1])).toEqual([
      "input",
      "think",
      "execute",
      "execute",
      "think",
      "terminate",
      "input",
      "think",
      "terminate",
    ]);
    expect(stdout).toContain(
      "messages: 2, calls without a result: track_order\n  now: 6 messages, version 9",
    );
    expect(stdout).toMatch(/case-of-bob: Your name is Bob\..*\n {2}case: Your name is Ada\./);
    expect(stdout.match(/\(on a copy: true\)/g)).toHaveLength(2);
    expect(stdout).toContain("the thread itself is where it was: true");
    expect(stdout).toMatch(/stuck in customs.*\n {2}the tool ran again: false\n.*it ran: 1 time, executed/);
    expect(stdout).toMatch(/at version 6: no run was under way at version 6/);
    expect(code).toBe(0);
  });

  it("10: workers killed while the model thinks and while the bank is paid, and what each promise makes of it", async () => {
    const { code, stdout, stderr } = await tutorial("10");
    expect(stderr).toMatch(notice);
    expect(stdout.match(/ended by SIGKILL/g)).toHaveLength(5);
    expect(stdout.match(/the last thing on record: 3 tool_start/g)).toHaveLength(4);
    expect(stdout).toMatch(/record: 1 run_start\n {2}resumed: 17 \* 23 = 391\./);
    expect(stdout).toContain("resumed: executed; charged: 2 times");
    expect(stdout).toMatch(
      /resumed: unknown_outcome; the model reads: .*no outcome of it is on record\.\n {2}and looks: \{"orderId":"B-2","payments":1\}; charged: 1 time\n/,
    );
    expect(stdout).toMatch(
      /unknown_outcome: charge_card was begun, .* May it be run again\?\n.*I looked: the card was charged\.\n {2}charged: 1 time\n/,
    );
    expect(stdout).toContain(
      'resumed: {"orderId":"D-4","status":"charged before, and not again"}; charged: 1 time',
    );
    expect(code).toBe(0);
  });

  it("11: notes kept by a tool, shown to a new conversation, learned and corrected, shown to nobody else, deleted", async () => {
    const { code, stdout, stderr } = await tutorial("11");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(/remember: new\n2\. .*\n {2}Your favourite city is Oslo\./);
    expect(stdout).toMatch(
      /it was shown: \{"id":"fact_…","date":"[\d-]+","note":"my favourite city is Oslo\."\}/,
    );
    expect(stdout).toMatch(/learned: 1 note\n {2}corrected: 1 note\n {2}Your home town is Tromsø\./);
    const bob = stdout.split(/^4\. /m)[1]?.split(/^5\. /m)[0];
    expect(bob).not.toContain("Tromsø");
    expect(stdout).toMatch(/^5\. [^\n]*\n[^\n]*Oslo\.\n[^\n]*Tromsø\.\n {2}left: 0\n$/m);
    expect(code).toBe(0);
  });

  it("12: an object, with a tool's help, as it grows, at the second try, never, and past a gate", async () => {
    const { code, stdout, stderr } = await tutorial("12");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(/success: true; Oslo: wind (?:calm|breeze|storm), umbrella (?:true|false)\n/);
    expect(stdout).toContain("called: get_weather; city: Lima");
    expect(stdout).toContain("in several steps: true; the last one is the output: true");
    expect(stdout).toMatch(/ {2}retry: why: .*\n {2}accept\n {2}yes, because: It rains\./);
    expect(stdout).toContain(
      "success: false, output_invalid (the answer holds no JSON object) after 3 answers",
    );
    expect(stdout).toMatch(/ {2}Rain, 4 °C\.\n$/);
    expect(code).toBe(0);
  });

  it("13: a run looked back on, a loop left, a judge, what led to what, and answers that nothing bears out", async () => {
    const { code, stdout, stderr } = await tutorial("13");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(/^1\. looking back\n {2}new_findings: .*\n {2}confidence: 0\.15$/m);
    expect(stdout).toContain('loop_detected: You have called find_trains({"town":"Bergn"}) 2 times in a row');
    expect(stdout).toContain("  At 07:10, from platform 4.\n  four pages: new_findings\n");
    expect(stdout).toContain("stuck, because: Trains do not cross the sea.\n  Look for ferries.\n4.");
    expect(stdout).toContain("  answer:3 → call:call_3: the answer asks for the call\n");
    expect(stdout).toContain(
      "  retry: The train leaves at 09:45.\n  accept\n  The train leaves at 07:10. (complete)\n",
    );
    expect(stdout).toMatch(/ {2}success: false \(grounding_failed\)\n$/);
    expect(code).toBe(0);
  });

  it("14: a score by hand, a diagnosis that is recovered, an invented reference, and what never holds", async () => {
    const { code, stdout } = await tutorial("gsar");
    expect(stdout).toContain("1.0 of 1.0 + 0.6 is 0.625: replan");
    expect(stdout).toMatch(
      /0\.63 replan: A leak did it\.\n {2}0\.76 regenerate: .* The pool has 200\.\n {2}1\.00 proceed\n/,
    );
    expect(stdout).toContain("success: true; replans: 1, regenerations: 1");
    expect(stdout).toContain('replan: no source says "disk failure on node 7"');
    expect(stdout).toMatch(/grounding_failed, success: false, degraded: true, answers: 2$/m);
    expect(stdout).toMatch(/complete, success: true, degraded: true, answers: 2$/m);
    expect(code).toBe(0);
  });

  it("15: what is taken out, what ends a run, what is denied, and what a person is asked about", async () => {
    const { code, stdout, stderr } = await tutorial("guardrails");
    expect(stderr).toMatch(notice);
    expect(stdout).toContain("pii: redact in input: payment card");
    expect(stdout).toContain("My card is [redacted payment card], my order is 4155552671. R&D; thanks!");
    expect(stdout).not.toContain("4111");
    expect(stdout).toMatch(/guardrail: guardrails: the input held instruction override; model calls: 0$/m);
    expect(stdout).toMatch(/80 degrees\.\n {2}\[redacted request to send data out\]\n {2}Black tea/);
    expect(stdout).toContain("its host is of a metadata network\n  the run goes on: I may not read that.");
    expect(stdout).toMatch(/May send_mail be called\? .*e-mail address\.\n {2}It is sent\.$/m);
    expect(stdout).toContain("[redacted codename] ships in May.");
    expect(code).toBe(0);
  });

  it("16: a log without what was said, spans as a tree, runs at once apart, metrics, content where asked for", async () => {
    const { code, stdout, stderr } = await tutorial("16");
    expect(stderr).toMatch(notice);
    expect(stdout).toContain("info  tool done       tool=get_weather source=executed");
    expect(stdout).toContain("info  run ended       reason=complete iterations=2");
    expect(stdout).toMatch(
      /^ {2}POST \/ask\n {4}invoke_agent front .*\n {6}chat .*\n {6}execute_tool find_customer\n {8}invoke_agent clerk .*\n {10}chat .*\n {10}execute_tool get_weather\n {12}SELECT weather\n {10}chat .*\n {6}chat /m,
    );
    expect(stdout).toContain("traces: 10  each of one thread: true");
    expect(stdout).toContain("gen_ai.client.operation.duration [s]: chat 26");
    expect(stdout).toContain("gen_ai.invoke_agent.duration [s]: invoke_agent 13");
    expect(stdout).toContain("gen_ai.execute_tool.duration [s]: execute_tool 13");
    expect(stdout).toContain("captureContent false: the prompt is told: false, its password: false");
    expect(stdout).toContain("captureContent true: the prompt is told: true, its password: false");
    expect(stdout).toContain("after nothing: run_start, model_complete, terminate");
    expect(stdout).toContain("after 1: model_complete, terminate");
    expect(code).toBe(0);
  });

  it("20: the same agent, race, list and fork on every store, and a thread that moves through all of them", async () => {
    const { LOCUS_TEST_POSTGRES_URL, LOCUS_TEST_REDIS_URL } = process.env;
    const { code, stdout, stderr } = await node("run.ts", ["20"], {
      LOCUS_TEST_POSTGRES_URL,
      LOCUS_TEST_REDIS_URL,
    });
    expect(stderr).toMatch(notice);
    const stores = [
      "memory",
      "files",
      "sqlite",
      "http",
      ...(LOCUS_TEST_POSTGRES_URL ? ["postgres"] : []),
      ...(LOCUS_TEST_REDIS_URL ? ["redis"] : []),
    ];
    const [tours = "", moved = ""] = stdout.split(/^moved from files\n/m);
    const sections = tours.split(/^(?=\w+$)/m);
    expect(sections.map((section) => section.split("\n", 1)[0])).toEqual(stores);
    for (const section of sections) {
      expect(section).toContain('approved: {"city":"Oslo","booking":"B-101"}');
      expect(section).toContain("two writers: 1 wins\n");
      expect(section).toContain("listed: race (1), user:42/trip (9)\n  forked, deleted: true, true\n");
    }
    expect(moved.match(/^ {2}\w+: the same state: true; Your name is Ada\./gm)).toHaveLength(
      stores.length - 1,
    );
    expect(code).toBe(0);
  });

  it("00: the same two answers over three transports, by the same events, and a thread that changes its transport", async () => {
    const { code, stdout, stderr } = await tutorial("00");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(/^cohere\.command-a-03-2025 → sdk, on-demand: /m);
    expect(stdout).toMatch(/^ocid1\.generativeaiendpoint\.\S+ → sdk, dedicated: /m);
    const parts = stdout.split(/^(?=v1$|sdk$|responses$|the )/m).slice(1);
    expect(parts.map((part) => part.split("\n", 1)[0])).toEqual([
      "v1",
      "sdk",
      "responses",
      parts[3]?.trimEnd(),
    ]);
    const told = (part: string | undefined, name: string): readonly string[] =>
      [...(part ?? "").matchAll(new RegExp(`^ {2}${name}: +(.*)$`, "gm"))].map(([, text = ""]) => text);
    for (const part of parts.slice(1, 3)) {
      expect(told(part, "answer")).toEqual(told(parts[0], "answer"));
      expect(told(part, "events")).toEqual(told(parts[0], "events"));
    }
    expect(told(parts[0], "answer")).toEqual([
      expect.stringContaining("light rain"),
      expect.stringContaining("Your name is Ada."),
    ]);
    const secondTurn = parts.slice(0, 3).map((part) => Number.parseInt(told(part, "bytes")[1] ?? "", 10));
    expect(secondTurn[2]).toBeLessThan(Math.min(secondTurn[0] ?? 0, secondTurn[1] ?? 0));
    expect(parts.slice(0, 3).map((part) => told(part, "state")[0])).toEqual([
      "none: the whole conversation is sent",
      "none: the whole conversation is sent",
      "a response's id",
    ]);
    expect(parts[3]).toMatch(/^the Responses thread, over chat completions: Your name is Ada\./);
    expect(code).toBe(0);
  });

  it("40: an endpoint that does not stream is asked once in vain, and calls are read out of its text", async () => {
    const { code, stdout, stderr } = await tutorial("40-oci-dac");
    expect(stderr).toMatch(notice);
    expect(stdout).toContain("route: sdk, dedicated");
    expect(stdout).toMatch(
      /^refused: a dedicated endpoint needs the compartment it lives in\. .*OCI_COMPARTMENT/m,
    );
    expect(stdout.match(/retry: this endpoint does not stream/g)).toHaveLength(1);
    expect(stdout).toMatch(/^What is my name\? → Your name is Ada\..* \(pieces: 1\)$/m);
    expect(stdout).toContain('called check_stock {"product":"lamp"} → {"product":"lamp","pieces":12}');
    expect(stdout).toMatch(/^answer: .*pieces 12/m);
    expect(code).toBe(0);
  });

  it("57: who is calling, an answer of a shape, a setting that is not taken, three kinds of failure", async () => {
    const { code, stdout, stderr } = await tutorial("oci-openai-chat");
    expect(stderr).toMatch(notice);
    expect(stdout).toContain("auth type: api_key, from environment variable OCI_AUTH_TYPE");
    expect(stdout).toMatch(
      /^streamed: .*Ada.*\n {2}more than one piece: true, \d+ tokens, request id: true$/m,
    );
    expect(stdout).toContain("trip: city, days, museums; days is a number");
    expect(stdout).toMatch(/^warning: .*temperature: it was not sent$/m);
    expect(stdout).toMatch(
      /^no such model: PermissionOrNotFoundError .*status 404\n {2}hint: .*\n {2}for support: true$/m,
    );
    expect(stdout).toMatch(
      /^a wrong key: AuthenticationError .*status 401\n[\s\S]*an AuthenticationError: true$/m,
    );
    expect(stdout).toMatch(
      /^another API's model: ConfigurationError \(responses_only\)[\s\S]*a ConfigurationError: true$/m,
    );
    expect(code).toBe(0);
  });

  it("58: little is sent where the service keeps the thread, everything where it keeps nothing or has forgotten", async () => {
    const { code, stdout, stderr } = await tutorial("58");
    expect(stderr).toMatch(notice);
    const [first = 0, second = 0] = [...stdout.matchAll(/sent (\d+) bytes/g)].map(([, bytes]) =>
      Number(bytes),
    );
    expect(second).toBeLessThan(first / 3);
    expect(stdout).toMatch(/^two turns: Your name is Ada\./m);
    expect(stdout).toMatch(
      /after book_hotel: executed\n[\s\S]*after book_hotel: cached\n[\s\S]*bookings made: 1$/m,
    );
    expect(stdout).toMatch(
      /^nothing kept: Your name is Bob\..*\n.*1 of the conversation, from its beginning\n.*3 of the conversation, from its beginning$/m,
    );
    expect(stdout).toMatch(/^streamed: .*391.*\(more than one piece: true\)$/m);
    expect(stdout).toMatch(
      /the service forgets:\n {2}retry: the server no longer has the conversation.*\nand is told again: Your name is Ada\..*\n.*1 of the conversation, behind a response\n.*7 of the conversation, from its beginning\nand goes on as before:\n.*1 of the conversation, behind a response\n$/,
    );
    expect(code).toBe(0);
  });

  it("59: one client, two hosts, seven kinds of credentials, one request sent again, and a log without secrets", async () => {
    const { code, stdout, stderr } = await tutorial("59");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(/^whole: 17 \* 23 = 391\..*\nstreamed: more than one piece: true$/m);
    expect(stdout).toMatch(
      /POST \S+\/20231130\/openai\/v1\/vector_stores 200\n {2}GET \S+\/openai\/v1\/vector_stores\/\{id\}\/files 200\n[\s\S]*hosts that were asked: 2$/m,
    );
    expect(stdout.match(/^ {2}\w+ +was recognised as: \w+$/gm)?.map((line) => line.split(/ +/)[1])).toEqual([
      "api_key",
      "session_token",
      "instance_principal",
      "resource_principal",
      "oke_workload_identity",
      "delegation_token",
      "genai_api_key",
    ]);
    expect(stdout).toMatch(/^sent again: 503, 200: Here I am again\.\n {2}request ids: 2$/m);
    expect(stdout).toMatch(/^not sent: example\.com is no OCI host.*\(requests: 0\)$/m);
    expect(stdout).toMatch(/NotFoundError → PermissionOrNotFoundError, status 404$/m);
    expect(stdout).toContain("for support, opc-request-id: true");
    expect(stdout).toMatch(/^log: sending POST[\s\S]*content-type: application\/json/m);
    expect(stdout.match(/credentials in it: false/g)).toHaveLength(2);
    expect(stdout).not.toContain("credentials in it: true");
    expect(code).toBe(0);
  });

  it("60: a folder uploaded, only its changes the second time, searched by hand and by an agent, deleted", async () => {
    const { code, stdout, stderr } = await tutorial("oci-vector-stores");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(/^first upload:[\s\S]*uploaded 4, failed 0, \d+ bytes$/m);
    expect(stdout).toMatch(
      /second upload:[\s\S]* {2}laptops\.md: removed\n {2}leave\.md: completed\n {2}travel\/hotels\.md: skipped\n {2}travel\/trains\.md: skipped$/m,
    );
    expect(stdout).toMatch(/^found in travel\/hotels\.md: .*1,800 NOK/m);
    expect(stdout).toMatch(
      /file_search: completed\n {2}How many days of leave.* leave\.md says: .*thirty-one/,
    );
    expect(stdout).toMatch(/travel\/trains\.md says: /);
    expect(stdout).toContain("deleted: the store, and 3 files");
    expect(code).toBe(0);
  });

  it("61: one conversation, asked at once, by an agent and by another process, and gone", async () => {
    const { code, stdout, stderr } = await tutorial("61");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(/^asked at once: Your name is Ada\./m);
    expect(stdout.match(/^ {2}(?:user|assistant): /gm)).toHaveLength(4);
    expect(stdout).toMatch(/^an agent: Your name is Ada\./m);
    expect(stdout).toMatch(/^the agent again: Your favourite city is Oslo\./m);
    expect(stdout).toMatch(/^another process: Your name is Ada\./m);
    expect(stdout).toContain("all of it is in one conversation: 12 items");
    expect(stdout).toMatch(/^deleted: ServerStateLostError; /m);
    expect(stdout).toMatch(
      / {2}retry: .*sending the whole history\nthe agent, all the same: Your favourite city is Oslo\./,
    );
    expect(code).toBe(0);
  });

  it("62: totals worked out and brought home; a server's tool called once it may be, and not when it may not", async () => {
    const { code, stdout, stderr } = await tutorial("62");
    expect(stderr).toMatch(notice);
    expect(stdout).toContain("in the container: /mnt/data/sales.csv");
    expect(stdout).toContain("code_interpreter: completed, ran code: true, told what it printed: true");
    expect(stdout).toMatch(/brought home: \/mnt\/data\/totals\.txt → totals\.txt: .*60/);
    expect(stdout.match(/^asked: May mcp:deepwiki\.\w+ be called\? \(interrupted\)$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/mcp:deepwiki\.\w+: completed\nyes: /);
    expect(stdout).toMatch(/^no: .*declined/m);
    expect(code).toBe(0);
  });

  it("31: a run recorded and replayed, whole and streamed, a question that was not, a failure, no secret, a call left over", async () => {
    const { code, stdout, stderr } = await tutorial("31");
    expect(stderr).toMatch(notice);
    expect(stdout).toMatch(
      /^1\. recorded: .*light rain.*\n {2}lines: a header and 2 calls; the tool ran: 1 time$/m,
    );
    expect(stdout).toMatch(
      /the same answer: true\n {2}calls left: 0; the tool ran: 2 times\n.*the same: true$/m,
    );
    expect(stdout).toContain(
      'replay_mismatch: messages[1].content: "What is the weather in Oslo?" → "What is the weather in Lima?"',
    );
    expect(stdout).toContain(
      "RateLimitError, status 429, again in 2000 ms\n  the secret is in the file: false",
    );
    expect(stdout).toContain("2 of the 2 recorded calls in weather.jsonl were not made");
    expect(code).toBe(0);
  });

  it("29: four providers, one agent, a thread that goes from one to the next", async () => {
    const { code, stdout, stderr } = await tutorial("29");
    expect(stderr).toMatch(notice);
    const models = [
      "oci:openai.gpt-oss-120b",
      "openai:gpt-5-mini",
      "anthropic:claude-haiku-4-5",
      "ollama:qwen3:8b",
    ];
    const [, question, thread, abilities] = stdout.split(/^\d\. .*\n/m);
    for (const model of models) {
      expect(question).toMatch(new RegExp(`^  ${model}: .*light rain in Oslo`, "m"));
      expect(abilities).toMatch(new RegExp(`^  ${model}: tools, parallelToolCalls, .*streaming`, "m"));
    }
    expect(question?.match(/get_weather \{"city":"Oslo"\}; tokens counted/g)).toHaveLength(4);
    expect(thread?.match(/, after (\d) messages: Your name is Ada\. \(stand-in\)/g)).toEqual(
      [4, 6, 8].map((count) => `, after ${count} messages: Your name is Ada. (stand-in)`),
    );
    expect(stdout).not.toContain("left out");
    expect(code).toBe(0);
  });

  it("30: another model where one is down, a cost that is known or not, a limit and a budget that are kept", async () => {
    const { code, stdout, stderr } = await tutorial("30");
    expect(stderr).toMatch(notice);
    const [, down, cost, limit, budget] = stdout.split(/^\d\. .*\n/m);
    expect(down?.match(/503/g)).toHaveLength(2);
    expect(down).toMatch(/ {2}answered by meta\.llama-3\.3-70b-instruct\n$/);
    expect(cost).toContain("without a price: undefined; unpriced: oci:meta.llama-3.3-70b-instruct");
    expect(cost).toContain("with one: true, unpriced: 0");
    expect(limit).toContain(
      "cost_budget after 1 call, success: false\n  costLimit(0.0001): … of $0.00010 used",
    );
    expect(budget).toMatch(/ {2}run 1: answered; \d+ of 25 tokens used\n/);
    expect(budget).toMatch(/run \d: budget_exceeded; it renews: true\n.*as many were sent: true\n$/);
    expect(code).toBe(0);
  });

  it("leave nothing behind", async () => {
    expect(await readdir(home)).toEqual([]);
  });
});

describe("the tutorials, on OCI", { timeout: 60_000 }, () => {
  it("00 and 57 to 62 need nothing but the environment, whichever way they go", async () => {
    await using emulator = await startOciEmulator();
    const directory = await mkdtemp(join(tmpdir(), "locus-tutorials-oci-"));
    try {
      const { env } = await emulator.writeTestConfig(directory);
      const files = [
        "00-oci-transports.ts",
        "57-oci-openai-chat.ts",
        "58-oci-responses.ts",
        "59-oci-openai-client.ts",
        "60-oci-vector-stores.ts",
        "61-oci-conversations.ts",
        "62-oci-code-interpreter-and-mcp.ts",
      ];
      const finished = await Promise.all(files.map((file) => node(file, [], env)));
      expect(finished.map(({ code, stderr }) => [code, stderr])).toEqual(files.map(() => [0, ""]));
      expect(emulator.violations).toEqual([]);
      // Without a project, the rest of the first one still runs.
      const { OCI_PROJECT: _, ...without } = env;
      const partly = await node("00-oci-transports.ts", [], without);
      expect(partly.stdout).toMatch(/left out: .*OCI_PROJECT/);
      expect(partly.stdout).toMatch(/the native thread, over chat completions: Your name is Ada\./);
      expect([partly.code, partly.stderr]).toEqual([0, ""]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("40 goes to the endpoint that the environment names", async () => {
    const endpoint = "ocid1.generativeaiendpoint.oc1.us-chicago-1.amaaaaaayours";
    await using emulator = await startOciEmulator({ endpoints: { [endpoint]: { streaming: false } } });
    const directory = await mkdtemp(join(tmpdir(), "locus-tutorials-oci-"));
    try {
      const { env } = await emulator.writeTestConfig(directory);
      const { code, stdout, stderr } = await node("40-oci-dac.ts", [], {
        ...env,
        OCI_DAC_ENDPOINT_OCID: endpoint,
      });
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).not.toContain("played");
      expect(stdout).toMatch(/^refused: a dedicated endpoint needs the compartment/m);
      expect(emulator.generations).toBe(4);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("go where the environment says, without a change and without a word about an emulator", async () => {
    await using emulator = await startOciEmulator();
    const directory = await mkdtemp(join(tmpdir(), "locus-tutorials-oci-"));
    try {
      const { env } = await emulator.writeTestConfig(directory);
      const through = await node("run.ts", ["01"], env);
      const alone = await node("01-first-agent.ts", [], env);
      for (const { code, stdout, stderr } of [through, alone]) {
        expect(stdout).toContain("light rain");
        expect([code, stderr]).toEqual([0, ""]);
      }
      expect(emulator.generations).toBe(16);
      expect(emulator.violations).toEqual([]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe("pnpm tutorial", { timeout: 60_000 }, () => {
  it("lists what there is, by title", async () => {
    const { code, stdout } = await node("run.ts", []);
    expect(stdout).toMatch(/^ {2}01-first-agent +A first agent: a model, a tool, an answer$/m);
    const files = await readdir(new URL("./", import.meta.url));
    const tutorials = files.filter((name) => /^\d\d-[\w-]+\.ts$/.test(name));
    expect(stdout.match(/^ {2}\d\d-[\w-]+ +\S/gm)).toHaveLength(tutorials.length);
    expect(code).toBe(0);
  });

  it("refuses an unknown one, suggests the nearest, and fails when the tutorial fails", async () => {
    const unknown = await tutorial("streeming");
    expect(unknown.stderr).toContain('There is no tutorial "streeming". Did you mean "streaming"?');
    expect(unknown.code).toBe(2);
    const failed = await node("run.ts", ["01"], { LOCUS_MODEL: "nobody:model" });
    expect(failed.stderr).toContain('no provider is registered for "nobody:"');
    expect(failed.code).toBe(1);
  });
});
