import { testCasts } from "./_casts.ts";
import { PYWSSOCKS } from "./_foreign.ts";
import { findPywssocks } from "./_packages.ts";

testCasts(PYWSSOCKS, await findPywssocks(), true);
