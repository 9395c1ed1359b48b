import type { FastOpenOutcome, Support } from "../../mod.ts";

/** What `_fast_open_library_main.ts` prints. */
export interface LibraryReport {
  /** `FastOpenListener.fastOpen`. */
  listener: Support;
  /** With Fast Open, again, and without. */
  visits: {
    /** At the dialing end. */
    near: FastOpenOutcome;
    /** At the accepting end. */
    far: FastOpenOutcome;
    /** What the accepting end read. */
    received: string;
  }[];
}
