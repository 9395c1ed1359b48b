import type { Answers, Order } from "./order.ts";
import type { Row } from "./rows.ts";
import {
  type Distances,
  type Stage,
  TARGET_HOST,
  TARGET_PORT,
} from "./stage.ts";
import { Unavailable } from "./systems.ts";

/** What came of one row on one stage. */
export interface Measured extends Distances, Answers {
  /** The row's short name. */
  row: string;
  /** Why there are no samples. */
  skipped?: string;
}

/** The longest that all requests of one row may take, in milliseconds. */
const DEADLINE_MS = 180_000;
/** The kernel asks for a cookie with the first request and has it then; the
 * second finds out whether it is good. */
const WARM_UP = 3;
/** What is left of a request after the last packet about it has arrived. */
const AFTERMATH_MS = 10;

/** Has the app make `samples` requests. Never rejects for what a system does. */
export async function measure(
  stage: Stage,
  row: Row,
  samples: number,
): Promise<Measured> {
  const measured: Measured = {
    ...{ row: row.id, ...stage.distances },
    ...{ samplesMs: [], failures: [] },
  };
  try {
    await using system = await row.start(stage);
    const { socksPort, client } = system;
    const order: Order = {
      target: [TARGET_HOST, TARGET_PORT],
      fastOpen: row.fastOpen ?? false,
      forget: (row.forget ?? []).map((host) => stage.namespaceOf(host)),
      ...(socksPort === undefined ? {} : { socksPort }),
      ...(client === undefined ? {} : { client }),
      ...{ warmUp: WARM_UP, samples },
      // The end of a request travels from the app to the target, and is acknowledged.
      pauseMs: stage.distances.t + stage.distances.d + AFTERMATH_MS,
    };
    await using app = stage.runDeno("client", "app.ts", [
      JSON.stringify(order),
    ]);
    const [, text] = await app.find(/result (\{.*\})\n/, DEADLINE_MS);
    const answers: Answers = JSON.parse(text!);
    return { ...measured, ...answers };
  } catch (error) {
    if (error instanceof Unavailable) {
      return { ...measured, skipped: error.message };
    }
    const text = error instanceof Error ? error.message : String(error);
    return { ...measured, failures: [text] };
  }
}
