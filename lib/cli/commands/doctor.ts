import { errorText } from "../../base/errors.ts";
import type { DiagnoseOptions, DoctorReport } from "../../doctor/diagnose.ts";
import type { Settings } from "../../doctor/fix_settings.ts";
import { ANONYMOUS_TOKEN } from "../../wire/token.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import type { FlagValues } from "../flags.ts";
import { readCaFile } from "../read_ca_file.ts";
import { redact } from "../redact.ts";
import { onSignals } from "../signals.ts";
import { UsageError } from "../usage_error.ts";
import { DOCTOR_FLAGS } from "./doctor_flags.ts";

/** The command `doctor`. */
export const DOCTOR_COMMAND: Command<typeof DOCTOR_FLAGS> = {
  name: "doctor",
  summary: "Check if TCP Fast Open works, here and on the way",
  description:
    "Checks if TCP Fast Open works: the kernel, a round trip on loopback, and " +
    "with --url or --target the way to a server. The exit code is 0 if what " +
    "was asked for works: the server and the targets, or without these this " +
    "machine. Needs -A to see all.",
  flags: DOCTOR_FLAGS,
  run: runDoctor,
};

type DoctorValues = FlagValues<typeof DOCTOR_FLAGS>;

async function runDoctor(
  values: DoctorValues,
  context: CommandContext,
): Promise<number> {
  if (values.fix && values.json && !values.yes) {
    throw new UsageError("--fix --json needs --yes: there is nobody to ask");
  }
  // Loaded only now, so that --help is quick.
  const { diagnose } = await import("../../doctor/diagnose.ts");
  const options = await diagnoseOptions(values);
  let isStopped = false;
  const look = () =>
    untilSignal(context, (signal) => {
      signal.addEventListener("abort", () => isStopped = true);
      return diagnose({ ...options, signal });
    });
  let report = await look();
  const fixes = values.fix && !isStopped;
  if (fixes && await fixSettings(report, values, context)) {
    report = await look();
  }
  await print(report, values, context);
  return report.ok ? EXIT.ok : EXIT.fatal;
}

/**
 * The first signal stops the checks, which then clean up and report what they
 * have; the next one ends the process.
 */
async function untilSignal<T>(
  { signals }: CommandContext,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const ignore = onSignals(signals, signals.names, () => {
    ignore();
    stop.abort();
  });
  try {
    return await run(stop.signal);
  } finally {
    if (!stop.signal.aborted) ignore();
  }
}

async function diagnoseOptions(values: DoctorValues): Promise<DiagnoseOptions> {
  const { parseTarget } = await import("../../doctor/target_check.ts");
  const { normalizeTunnelUrl } = await import("../../transport/tunnel_url.ts");
  const targets = values.target.map(parseTarget);
  if (values.url === "") return { targets };
  normalizeTunnelUrl(values.url); // A wrong one is an error of usage.
  const caCerts = values.caFile === ""
    ? {}
    : { caCerts: [await readCaFile(values.caFile)] };
  const token = values.token.trim() || ANONYMOUS_TOKEN;
  return { server: { url: values.url, token, ...caCerts }, targets };
}

async function print(
  report: DoctorReport,
  { json }: DoctorValues,
  { output }: CommandContext,
): Promise<void> {
  if (json) return output.out(redact(JSON.stringify(report, null, 2)));
  const { reportText } = await import("../../doctor/report_text.ts");
  output.out(redact(reportText(report)));
}

/** Whether something was changed. */
async function fixSettings(
  report: DoctorReport,
  { yes }: DoctorValues,
  { output }: CommandContext,
): Promise<boolean> {
  const { SYSCTL_FILE, sysctlFileText, wantedSettings, writeSettings } =
    await import("../../doctor/fix_settings.ts");
  const settings = wantedSettings(report);
  if (Object.keys(settings).length === 0) {
    output.err("No kernel setting stands in the way: nothing to fix.");
    return false;
  }
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) {
    output.err(
      "Cannot change kernel settings: needs root. Run it with sudo, or:",
    );
    for (const line of byHand(settings)) output.err(`  ${line}`);
    return false;
  }
  output.err(`To be written to ${SYSCTL_FILE} and applied:`);
  for (const line of sysctlFileText(settings).trimEnd().split("\n")) {
    output.err(`  ${line}`);
  }
  if (!yes && !Deno.stdin.isTerminal()) {
    output.err(
      "Nothing was changed: no terminal to ask at; --yes does not ask.",
    );
    return false;
  }
  if (!yes && !confirm("Change these settings?")) {
    output.err("Nothing was changed.");
    return false;
  }
  try {
    await writeSettings(settings);
    return true;
  } catch (error) {
    output.err(`Cannot change kernel settings: ${errorText(error)}. By hand:`);
    for (const line of byHand(settings)) output.err(`  ${line}`);
    return true;
  }
}

function byHand(settings: Settings): string[] {
  return Object.entries(settings)
    .map(([name, value]) => `sysctl -w ${name}=${value}`);
}
