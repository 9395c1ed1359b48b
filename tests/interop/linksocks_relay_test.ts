import { testCasts } from "./_casts.ts";
import { LINKSOCKS } from "./_foreign.ts";
import { findReference } from "./_packages.ts";

testCasts(LINKSOCKS, await findReference(), false);
