import { expect, it } from "vitest";
import { CheckpointError, SchemaVersionError } from "../errors/errors.ts";
import { SCHEMA_VERSION } from "../events/types.ts";
import { noteEvent } from "../testing/checkpointer-events.ts";
import { readStoredEvent } from "./stored.ts";

const event = noteEvent("t", 1, "hi");

it("reads an event of today's schema version, frozen", () => {
  const read = readStoredEvent(event, { threadId: "t", schemaVersion: SCHEMA_VERSION });
  expect(read).toEqual(event);
  expect(Object.isFrozen(read) && !Object.isFrozen(event)).toBe(true);
});

it("migrates an older event step by step before it is checked", () => {
  const older = { ...event, type: "note", text: "hi" };
  const read = readStoredEvent(older, {
    threadId: "t",
    schemaVersion: SCHEMA_VERSION - 2,
    migrations: {
      [SCHEMA_VERSION - 2]: ({ text, ...rest }) => ({ ...rest, message: { role: "user", content: text } }),
      [SCHEMA_VERSION - 1]: (previous) => ({ ...previous, type: "message_added" }),
    },
  });
  expect(read).toEqual(event);
});

it("refuses a newer version, naming both and what to do", () => {
  const read = (): unknown => readStoredEvent(event, { threadId: "t", schemaVersion: SCHEMA_VERSION + 1 });
  expect(read).toThrow(SchemaVersionError);
  expect(read).toThrow(
    `schema version ${SCHEMA_VERSION + 1}; this version of Locus reads up to ${SCHEMA_VERSION}`,
  );
  try {
    read();
  } catch (error) {
    expect(error).toMatchObject({
      code: "schema_version",
      hint: expect.stringContaining("Update @locus-sdk/core"),
    });
  }
});

it("refuses an older version that no migration leads from", () => {
  const read = (): unknown => readStoredEvent(event, { threadId: "t", schemaVersion: SCHEMA_VERSION - 1 });
  expect(read).toThrow(SchemaVersionError);
  expect(read).toThrow(`no migration leads from ${SCHEMA_VERSION - 1} to ${SCHEMA_VERSION}`);
});

it("says what is not an event, and where it was found", () => {
  const read = (): unknown =>
    readStoredEvent(
      { ...event, sequence: 0 },
      { threadId: "t", schemaVersion: SCHEMA_VERSION, where: "row 7" },
    );
  expect(read).toThrow(CheckpointError);
  expect(read).toThrow(/thread "t" holds what is not an event at row 7: sequence: /);
});
