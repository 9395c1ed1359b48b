import type { Scenario } from "../scenario.ts";
import { bulk } from "./bulk.ts";
import { churn } from "./churn.ts";
import { echoBesideBulk } from "./echo_beside_bulk.ts";
import { halfClose } from "./half_close.ts";
import { idle } from "./idle.ts";
import { requests } from "./requests.ts";
import { slowReader } from "./slow_reader.ts";
import { workers } from "./workers.ts";

/** All loads by name, in the order in which they run. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  requests,
  bulk,
  "slow-reader": slowReader,
  "echo-beside-bulk": echoBesideBulk,
  "half-close": halfClose,
  idle,
  churn,
  workers,
};
