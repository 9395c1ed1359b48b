/*
 * What `lib/net/conn.ts` promises, held to by each backend: one table, all rows
 * with each of them.
 */
import { ACCEPT_CASES } from "./_accept_cases.ts";
import { testCases } from "./_backends.ts";
import { DIAL_CASES } from "./_dial_cases.ts";
import { END_CASES } from "./_end_cases.ts";
import { LOOP_CASES } from "./_loop_cases.ts";
import { STREAM_CASES } from "./_stream_cases.ts";

testCases([
  ...DIAL_CASES,
  ...ACCEPT_CASES,
  ...STREAM_CASES,
  ...END_CASES,
  ...LOOP_CASES,
]);
