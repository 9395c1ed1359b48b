import { wrapText } from "../base/wrap_text.ts";
import type { CheckGroup, CheckResult, CheckStatus } from "./check.ts";
import type { DoctorReport } from "./diagnose.ts";

/** Maximum line length, except for long commands. */
const WIDTH = 80;
/** Where the explanations start. */
const COLUMN = 24;
const FIX = "        fix: ";

const WORDS: Readonly<Record<CheckStatus, string>> = {
  pass: "ok",
  warn: "warn",
  fail: "FAIL",
  skip: "-",
};

const HEADINGS: readonly (readonly [CheckGroup, string])[] = [
  ["system", "This machine"],
  ["loopback", "Round trip on loopback"],
  ["server", "The server"],
  ["target", "Targets"],
];

/** The report for people. */
export function reportText(report: DoctorReport): string {
  const lines: string[] = [];
  for (const [group, heading] of HEADINGS) {
    const results = report.checks.filter((check) => check.group === group);
    if (results.length === 0) continue;
    lines.push(heading, ...results.flatMap(checkLines), "");
  }
  lines.push(...counterLines(report), ...verdictLines(report));
  return lines.join("\n");
}

function checkLines(check: CheckResult): string[] {
  const head = `  ${WORDS[check.status].padEnd(4)}  ${check.title}`;
  const text = wrapText(check.detail, WIDTH - COLUMN)
    .map((line) => " ".repeat(COLUMN) + line);
  const lines = head.length < COLUMN - 1
    ? [head.padEnd(COLUMN) + text[0]!.trimStart(), ...text.slice(1)]
    : [head, ...text];
  return check.fix === undefined ? lines : [...lines, ...fixLines(check.fix)];
}

function fixLines(fix: string): string[] {
  return wrapText(fix, WIDTH - FIX.length)
    .map((line, at) => (at === 0 ? FIX : " ".repeat(FIX.length)) + line);
}

function counterLines({ counters }: DoctorReport): string[] {
  const changed = Object.entries(counters)
    .filter(([, { before, after }]) => before !== after);
  if (changed.length === 0) return [];
  return [
    "Counters of the kernel that moved meanwhile (all programs)",
    ...changed.map(([name, { before, after }]) =>
      `  ${name.padEnd(28)}${before} -> ${after}`
    ),
    "",
  ];
}

function verdictLines(report: DoctorReport): string[] {
  const about = report.asked.includes("system") ? "here" : "as asked";
  const counts = (status: CheckStatus) =>
    report.checks.filter((check) => check.status === status).length;
  const head = report.ok
    ? `TCP Fast Open works ${about}.`
    : `TCP Fast Open does not work ${about}.`;
  const fixable = report.checks.some(({ status, settings }) =>
    settings !== undefined && status !== "pass"
  );
  return [
    `${head} ${counts("fail")} failed, ${counts("warn")} warned.`,
    ...(fixable ? ["Kernel settings can be changed with the flag --fix."] : []),
  ];
}
