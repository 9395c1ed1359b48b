import { assertEquals } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { diagnose } from "../../lib/doctor/diagnose.ts";
import { sharedBackend } from "../../lib/net/shared_backend.ts";
import { within } from "../ffi/within.ts";
import { faultsOf, reportSchema } from "./_schema_check.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

const SCHEMA = reportSchema();
const CHECK = {
  id: "a-check",
  title: "a check",
  group: "system",
  status: "pass",
  detail: "well",
};
const REPORT = {
  version: 1,
  ok: true,
  asked: ["system"],
  checks: [CHECK],
  counters: {},
};

Deno.test("report.schema.json holds for this machine's report", async () => {
  const report = JSON.parse(JSON.stringify(await within(diagnose(), 25_000)));
  assertEquals(faultsOf(report, SCHEMA), []);
  await within(sharedBackend().backend.idle());
});

for (
  const { name, value, fault } of [
    { name: "a good report", value: REPORT, fault: undefined },
    {
      name: "a report without checks",
      value: { ...REPORT, checks: [] },
      fault: "$.checks has too few",
    },
    {
      name: "another version",
      value: { ...REPORT, version: 2 },
      fault: "$.version differs",
    },
    {
      name: "a report without a verdict",
      value: { ...REPORT, ok: undefined },
      fault: "$.ok is no boolean",
    },
    {
      name: "a status that does not exist",
      value: { ...REPORT, checks: [{ ...CHECK, status: "good" }] },
      fault: "$.checks[0].status is none of pass,warn,fail,skip",
    },
    {
      name: "a check without a text",
      value: { ...REPORT, checks: [{ ...CHECK, detail: "" }] },
      fault: "$.checks[0].detail is too short",
    },
    {
      name: "a field that nobody knows",
      value: { ...REPORT, checks: [{ ...CHECK, key: "secret" }] },
      fault: "$.checks[0].key is not known",
    },
    {
      name: "a counter below zero",
      value: { ...REPORT, counters: { A: { before: -1, after: 0 } } },
      fault: "$.counters.A.before is too small",
    },
    {
      name: "a counter without its end",
      value: { ...REPORT, counters: { A: { before: 1 } } },
      fault: "$.counters.A.after is missing",
    },
  ]
) {
  const judges = fault === undefined ? "accepts" : "refuses";
  Deno.test(`report.schema.json ${judges} ${name}`, () => {
    assertEquals(faultsOf(value, SCHEMA), fault === undefined ? [] : [fault]);
  });
}
