import type { ProviderGroup } from "./provider_groups.ts";
import {
  type ConnectorToken,
  type Membership,
  NO_PORT,
  type ReverseToken,
  type Token,
} from "./token.ts";

/** One line of a snapshot. */
export interface TokenStatus {
  /** The secret; or the internal token of an autonomous provider's group. */
  token: string;
  /** Connector tokens are listed with the token that they lead to. */
  type: "forward" | "reverse";
  /** Forward clients, or providers, that are connected now. */
  clientsCount: number;
  /** The SOCKS port of a reverse token, -1 if it has none. */
  port?: number;
  /** The connector tokens that lead here. */
  connectorTokens?: string[];
}

/**
 * Lists tokens with what belongs to them. Each group of autonomous providers is
 * a line of its own behind its reverse token, as in LinkSocks.
 *
 * @returns Reverse tokens first, then forward tokens, each in their given order.
 */
export function snapshotTokens(
  tokens: readonly Token[],
  groups: readonly ProviderGroup[],
  members: readonly Membership[],
): TokenStatus[] {
  const connectors = tokens.filter((one) => one.kind === "connector");
  const lines: TokenStatus[] = [];
  for (const token of tokens) {
    if (token.kind !== "reverse") continue;
    lines.push(reverseLine(token, connectors, members));
    for (const group of groups) {
      if (group.reverse === token) {
        lines.push(groupLine(group, connectors, members));
      }
    }
  }
  for (const token of tokens) {
    if (token.kind !== "forward") continue;
    const clientsCount = members.filter((one) => one.token === token).length;
    lines.push({ token: token.token, type: "forward", clientsCount });
  }
  return lines;
}

function reverseLine(
  reverse: ReverseToken,
  connectors: readonly ConnectorToken[],
  members: readonly Membership[],
): TokenStatus {
  return {
    token: reverse.token,
    type: "reverse",
    clientsCount: members.filter((one) => one.token === reverse).length,
    port: reverse.port,
    ...listed(
      connectors.filter((one) =>
        one.reverse === reverse && one.group === undefined
      ),
    ),
  };
}

function groupLine(
  { id }: ProviderGroup,
  connectors: readonly ConnectorToken[],
  members: readonly Membership[],
): TokenStatus {
  return {
    token: id,
    type: "reverse",
    clientsCount: members.filter((one) => one.group === id).length,
    port: NO_PORT,
    ...listed(connectors.filter((one) => one.group === id)),
  };
}

function listed(
  connectors: readonly ConnectorToken[],
): { connectorTokens?: string[] } {
  if (connectors.length === 0) return {};
  return { connectorTokens: connectors.map((one) => one.token) };
}
