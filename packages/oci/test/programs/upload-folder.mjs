// Uploads a folder as it is told to in JSON, and prints the counts of the report. Made to be killed.

import { uploadFolder } from "../../src/building/index.ts";
import { createOciOpenAI } from "../../src/client.ts";

const { client, upload } = JSON.parse(process.argv[2]);
const { files, ...counts } = await uploadFolder(createOciOpenAI(client), upload);
const failures = files
  .filter(({ status }) => status === "failed")
  .map(({ path, error }) => `${path}: ${error.message}`);
process.stdout.write(JSON.stringify({ ...counts, total: files.length, failures: failures.slice(0, 5) }));
