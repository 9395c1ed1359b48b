import type { Session } from "../session/session.ts";
import { AgentRelay } from "./agent_relay.ts";
import type { Providers } from "./providers.ts";
import {
  type AdmittedClient,
  openSession,
  type ServerContext,
} from "./server_context.ts";

/** Serves a connector: one of `providers` dials what it asks for. */
export function serveConnector(
  context: ServerContext,
  client: AdmittedClient,
  providers: Providers,
): Session {
  const relay = new AgentRelay({
    providers,
    waitMs: context.connectorWaitMs,
    logger: client.logger,
  });
  return openSession(context, client, {
    accept: (channel, target) => relay.accept(channel, target),
    acceptDatagrams: (channel) => relay.acceptDatagrams(channel),
    // A connector may not manage tokens; like the reference, send no answer.
    control() {},
  });
}
