import type { Backend } from "../net/backend.ts";
import type { Resolver } from "../net/resolver.ts";
import { AddressRace } from "./address_race.ts";
import type { Dialer } from "./dialer.ts";
import { FastOpenDialer, type FastOpenPolicy } from "./fast_open_dialer.ts";

/** The chain that dials names and addresses without a proxy. */
export function directDialer(
  backend: Backend,
  resolver: Resolver,
  policy: FastOpenPolicy = {},
): Dialer {
  return new AddressRace(resolver, new FastOpenDialer(backend, policy));
}
