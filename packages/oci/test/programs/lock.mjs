// Takes a lock when told to on its input, prints how that went, and holds it until its input ends.
import { once } from "node:events";
import { lockFile } from "../../src/building/upload/lock.ts";

process.stdout.write("ready\n");
await once(process.stdin, "data");
const lock = await lockFile(process.argv[2]).catch(({ code }) => code);
process.stdout.write(typeof lock === "string" ? `${lock}\n` : "held\n");
process.stdin.resume();
await once(process.stdin, "end");
if (typeof lock !== "string") await lock.release();
