/** Two API keys take turns when one is refused. */
import { expect, test } from "vitest";
import { recordingServer } from "../../test/recording-server.ts";
import { createOciFetch } from "../http/signed-fetch.ts";

test("a key that is refused gives way to the other one, for everybody and for good", async () => {
  let good = "Bearer sk-2";
  await using server = await recordingServer(({ headers }, response) => {
    response.statusCode = headers.authorization === good ? 200 : 401;
    response.end("{}");
  });
  const fetch = createOciFetch({ apiKey: ["sk-1", "sk-2"], endpoint: server.url, env: {} });
  const ask = async () => (await fetch(`${server.url}/x`)).status;
  expect(await Promise.all(Array.from({ length: 8 }, ask))).toEqual(Array(8).fill(200));
  const before = server.arrivals.length;
  expect([await ask(), server.arrivals.length - before]).toEqual([200, 1]);
  good = "Bearer sk-1";
  expect(await ask()).toBe(200);
  good = "neither";
  expect(await ask()).toBe(401);
});
